// The leaky, continuous-time network; the equations are those of
// src/elman/cells/leaky.py.
#pragma once

#include "_cell.hpp"

namespace ELMAN_ISA {

struct Leaky : Cell<1, 1> {
  static constexpr int VECTORS = 1, STREAMS = 2, WORDS = 3;  // alpha; noise before and after phi

  template <int, class Phi, class Sigma, class V>
  static ELMAN_INLINE void forward(Phi phi, Sigma, const V* x, const V* q, const V* prev, const V* w, V* gates, V*,
                                   V* state, V* a) {
    a[0] = x[0] + q[0] + w[1];
    gates[0] = activate(phi, a[0]);
    state[0] = fma(w[0], gates[0] - prev[0], prev[0]) + w[2];
  }

  template <int, class Phi, class Sigma, class V>
  static ELMAN_INLINE void backward(Phi phi, Sigma, const V* gates, const V*, const V* prev, const V* w, const V* ds,
                                    const V* a, V* dx, V*, V* dprev, V* dw) {
    const V f = gates[0], dh = ds[0], pulled = dh * w[0];
    dx[0] = derive(phi, pulled, f, a[0]);
    dw[0] = dh * (f - prev[0]);
    dprev[0] = dh - pulled;
  }
};

}  // namespace ELMAN_ISA
