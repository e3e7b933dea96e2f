// What a GRU-D reads in place of values that are missing, both ways: the twin of `fill` and `dfill` in
// src/elman/layers/recurrence/imputation.py.
#pragma once

#include "block.hpp"
#include "math.hpp"
#include "planes.hpp"
#include "rest.hpp"

namespace ELMAN_ISA {

// No two of these overlap: without it the loops over features would go number by number.
template <class T>
using Alone = T* __restrict;

// x <- exp(x) of numbers that are not above zero
template <class T>
void exp_below_zero_of(T* x, size_t count) {
  for (size_t i = 0; i < count; i += Block<T>::N) {
    const size_t n = count - i;
    map([](Vec<T> v) { return exp_below_zero(v); }, Block<T>::load(x + i, n, T(0))).store(x + i, n);
  }
}

// Rows begin to end, step by step: of each feature the last value and its time go along.
template <class T>
void fill_in(const elman::Imputation<T>& a, size_t begin, size_t end) {
  const size_t F = a.features;
  const Buffer<T> carried{ptrdiff_t(2 * F)};
  const Alone<T> last = carried.at(), since = last + F;
  for (size_t row = begin; row < end; ++row) {
    for (size_t f = 0; f < F; ++f) last[f] = a.mean[f], since[f] = a.start[row];
    for (size_t t = 0, i = row * a.timesteps; t < a.timesteps; ++t, ++i) {
      const Alone<const T> x = a.x + i * F, mean = a.mean, w = a.w, b = a.b;
      const Alone<T> xhat = a.inputs + 2 * i * F, m = xhat + F;
      const Alone<T> apart = a.apart + i * F, d = a.d + i * F, g = a.g + i * F;
      const T s = a.times[i];
      const T taken = a.taken[i] ? T(1) : T(0);
      for (size_t f = 0; f < F; ++f) {
        const bool seen = taken != T(0) && x[f] == x[f];
        const T ago = taken != T(0) ? s - since[f] : T(0), r = w[f] * ago + b[f];
        d[f] = ago, g[f] = r <= T(0) ? T(0) : -r;  // a NaN stays
        apart[f] = last[f] - mean[f];
        m[f] = seen ? T(1) : T(0);
        last[f] = seen ? x[f] : last[f];
        since[f] = seen ? s : since[f];
      }
      exp_below_zero_of(g, F);
      for (size_t f = 0; f < F; ++f) xhat[f] = m[f] != T(0) ? x[f] : g[f] * apart[f] + mean[f];
    }
  }
}

// The gradients, last step first: a value's is the sum of those of all steps that read it.
template <class T>
void fill_in_back(const elman::ImputationBack<T>& a, size_t begin, size_t end) {
  const size_t F = a.features;
  const Buffer<T> carried{ptrdiff_t(F)};
  const Alone<T> dlast = carried.at();
  for (size_t row = begin; row < end; ++row) {
    const Alone<T> dsince = a.dx ? a.dstart + row * F : nullptr;
    for (size_t f = 0; f < F; ++f) dlast[f] = T(0);
    for (size_t f = 0; a.dx && f < F; ++f) dsince[f] = T(0);
    for (size_t t = a.timesteps; t-- > 0;) {
      const size_t i = row * a.timesteps + t;
      const Alone<const T> dxhat = a.dinputs + 2 * i * F, m = a.inputs + 2 * i * F + F, w = a.w, b = a.b;
      const Alone<const T> apart = a.apart + i * F, d = a.d + i * F, g = a.g + i * F;
      const Alone<T> dr = a.dr + i * F;
      for (size_t f = 0; f < F; ++f) {
        const T missing = m[f] != T(0) ? T(0) : dxhat[f] * g[f];
        dr[f] = w[f] * d[f] + b[f] <= T(0) ? T(0) : -(missing * apart[f]);
      }
      if (!a.dx) continue;
      const Alone<T> dx = a.dx + i * F, dh = a.dd + i * F;
      const T taken = a.taken[i] ? T(1) : T(0);
      for (size_t f = 0; f < F; ++f) {
        const bool seen = m[f] != T(0);
        dx[f] = seen ? dlast[f] + dxhat[f] : T(0);
        dlast[f] = seen ? T(0) : dlast[f] + dxhat[f] * g[f];
        const T dd = (dr[f] * w[f] + dh[f]) * taken;
        dh[f] = seen ? dd + dsince[f] : dd;  // what reaches the time of this step
        dsince[f] = (seen ? T(0) : dsince[f]) - dd;
      }
    }
  }
}

}  // namespace ELMAN_ISA
