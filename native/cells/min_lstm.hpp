// The minimal LSTM; the equations are those of
// src/elman/cells/min_lstm.py.
#pragma once

#include "cell.hpp"

namespace ELMAN_ISA {

struct MinLstm : Cell<3, 1> {
  static constexpr bool PRODUCT = false;

  template <int, class Phi, class Sigma, class V>
  static ELMAN_INLINE void forward(Phi phi, Sigma sigma, const V* x, const V*, const V* prev, const V*, V* gates, V*,
                                   V* state, V* a) {
    for (int n = 0; n < G; ++n) a[n] = x[n];
    const V f = activate(sigma, a[0]), i = activate(sigma, a[1]), k = activate(phi, a[2]);
    gates[0] = f, gates[1] = i, gates[2] = k;
    state[0] = fma(f / (f + i), prev[0] - k, k);  // f' h_prev + (1 - f') k
  }

  template <int, class Phi, class Sigma, class V>
  static ELMAN_INLINE void backward(Phi phi, Sigma sigma, const V* gates, const V*, const V* prev, const V*,
                                    const V* ds, const V* a, V* dx, V*, V* dprev, V*) {
    const V f = gates[0], i = gates[1], k = gates[2], dh = ds[0], sum = f + i, share = f / sum;
    const V dshare = dh * (prev[0] - k) / sum;  // df'/df = (1 - f') / (f + i), df'/di = -f' / (f + i)
    dx[0] = derive(sigma, dshare - dshare * share, f, a[0]);
    dx[1] = derive(sigma, V::zero() - dshare * share, i, a[1]);
    dprev[0] = dh * share;
    dx[2] = derive(phi, dh - dprev[0], k, a[2]);
  }
};

}  // namespace ELMAN_ISA
