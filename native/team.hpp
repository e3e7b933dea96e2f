// A callable on each member of a team of threads.
#pragma once

#include "pool.hpp"

namespace ELMAN_ISA {

template <class F>
void run_team(int threads, F&& f) {
  elman::team(threads, [](void* context, elman::Member& member) { (*static_cast<F*>(context))(member); }, &f);
}

}  // namespace ELMAN_ISA
