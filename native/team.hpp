// A callable on each member of a team of threads, and a member's part of the work.
#pragma once

#include <cstddef>

#include "pool.hpp"

namespace ELMAN_ISA {

template <class F>
void run_team(int threads, F&& f) {
  elman::team(threads, [](void* context, elman::Member& member) { (*static_cast<F*>(context))(member); }, &f);
}

// From `begin` to `end` of something that is counted.
struct Range {
  int begin, end;
};

inline Range part_of(int count, const elman::Member& member) {
  return {int(std::ptrdiff_t(count) * member.id / member.size),
          int(std::ptrdiff_t(count) * (member.id + 1) / member.size)};
}

}  // namespace ELMAN_ISA
