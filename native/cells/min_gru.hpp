// The minimal gated recurrent unit; the equations are those of
// src/elman/cells/min_gru.py.
#pragma once

#include "_cell.hpp"

namespace ELMAN_ISA {

struct MinGru : Cell<2, 1> {
  static constexpr bool PRODUCT = false;
  static constexpr int PHI = LINEAR;

  template <int, class Phi, class Sigma, class V>
  static ELMAN_INLINE void forward(Phi phi, Sigma sigma, const V* x, const V*, const V* prev, const V*, V* gates, V*,
                                   V* state, V* a) {
    a[0] = x[0], a[1] = x[1];
    const V z = activate(sigma, a[0]), k = activate(phi, a[1]);
    gates[0] = z, gates[1] = k;
    state[0] = fma(z, k - prev[0], prev[0]);  // (1 - z) h_prev + z k
  }

  template <int, class Phi, class Sigma, class V>
  static ELMAN_INLINE void backward(Phi phi, Sigma sigma, const V* gates, const V*, const V* prev, const V*,
                                    const V* ds, const V* a, V* dx, V*, V* dprev, V*) {
    const V z = gates[0], k = gates[1], dh = ds[0];
    dx[0] = derive(sigma, dh * (k - prev[0]), z, a[0]);
    dx[1] = derive(phi, dh * z, k, a[1]);
    dprev[0] = dh - dh * z;
  }
};

}  // namespace ELMAN_ISA
