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
template <class N>
struct Part {
  N begin, end;
};
using Range = Part<int>;

template <class N>
inline Part<N> part_of(N count, const elman::Member& member) {
  const std::ptrdiff_t all = count;
  return {N(all * member.id / member.size), N(all * (member.id + 1) / member.size)};
}

}  // namespace ELMAN_ISA
