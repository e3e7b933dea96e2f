// The independently recurrent network; the equations are those of
// src/elman/cells/indrnn.py.
#pragma once

#include "_cell.hpp"

namespace ELMAN_ISA {

struct IndRnn : Cell<1, 1> {
  static constexpr int VECTORS = 1, WORDS = 2;  // u, the recurrent weight of each unit
  static constexpr bool PRODUCT = false, DROPS = true;

  template <int, class Phi, class Sigma, class V>
  static ELMAN_INLINE void forward(Phi phi, Sigma, const V* x, const V*, const V* prev, const V* w, V* gates, V*,
                                   V* state, V* a) {
    a[0] = fma(w[0], prev[0] * w[1], x[0]);
    gates[0] = activate(phi, a[0]);
    state[0] = gates[0];
  }

  template <int, class Phi, class Sigma, class V>
  static ELMAN_INLINE void backward(Phi phi, Sigma, const V* gates, const V*, const V* prev, const V* w, const V* ds,
                                    const V* a, V* dx, V*, V* dprev, V* dw) {
    dx[0] = derive(phi, ds[0], gates[0], a[0]);
    dw[0] = dx[0] * (prev[0] * w[1]);
    dprev[0] = dx[0] * w[0] * w[1];
  }
};

}  // namespace ELMAN_ISA
