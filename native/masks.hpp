// Which timesteps count, as `Masking` asks: the twin of src/elman/layers/masking.py.
#pragma once

#include <cstddef>

#include "simd.hpp"

namespace ELMAN_ISA {

// Whether any of `width` numbers is not `value`, as the first one mostly says. The last vector reaches back to be
// whole, and may look twice.
template <class T>
inline bool differs(const T* x, size_t width, T value) {
  using V = Vec<T>;
  constexpr size_t N = V::N;
  if (width < N) {
    for (size_t i = 0; i < width; ++i)
      if (x[i] != value) return true;
    return false;
  }
  if (x[0] != value) return true;
  const V values = V::set(value);
  for (size_t i = 0; i + N < width; i += N)
    if (differ(V::load(x + i), values)) return true;
  return differ(V::load(x + width - N), values);
}

// keep [rows] = whether any number of the row of x [rows][width] is not `value`
template <class T>
void find_mask(const T* x, size_t rows, size_t width, T value, bool* keep) {
  for (size_t i = 0; i < rows; ++i) keep[i] = differs(x + i * width, width, value);
}

}  // namespace ELMAN_ISA
