// The functions of rest.hpp that run, and how the callers of Python's side share their work out to threads.
#pragma once

#include <algorithm>
#include <cstddef>

#include "instruction_set.hpp"
#include "pool.hpp"
#include "rest.hpp"

namespace elman {

template <class T>
inline const RestOf<T>& functions() {
  if constexpr (sizeof(T) == sizeof(float)) return chosen().rest->f32;
  else return chosen().rest->f64;
}

// Run job(begin, end) over parts of `part` of `count`, on as many threads as the work is worth.
template <class F>
void split(int threads, size_t count, size_t part, F job) {
  struct Work {
    F& job;
    size_t count, part;
  } work{job, count, part};
  const size_t parts = (count + part - 1) / part;
  team(
      int(std::min(size_t(std::max(threads, 1)), std::max<size_t>(parts, 1))),
      [](void* context, Member& member) {
        const Work& w = *static_cast<Work*>(context);
        const size_t stride = size_t(member.size) * w.part;
        for (size_t begin = size_t(member.id) * w.part; begin < w.count; begin += stride)
          w.job(begin, std::min(w.count, begin + w.part));
      },
      &work);
}

}  // namespace elman
