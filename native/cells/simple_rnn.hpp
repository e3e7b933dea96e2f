// The Elman cell; the equations are those of src/elman/cells/simple_rnn.py.
#pragma once

#include "../math.hpp"

namespace ELMAN_ISA {

struct SimpleRnn {
  static constexpr int G = 1, S = 1, E = 0, BIASES = 1;

  static constexpr int PARTS = 1;
  static constexpr int first(int part) { return part * G; }
  static constexpr int gates(int) { return G; }
  static constexpr bool made(int, int) { return true; }
  static constexpr int product_field(int gate) { return gate; }

  template <int, class Phi, class Sigma, class V>
  static ELMAN_INLINE void forward(Phi phi, Sigma, const V* x, const V* q, const V*, V* gates, V*, V* state, V* a) {
    a[0] = x[0] + q[0];
    gates[0] = activate(phi, a[0]);
    state[0] = gates[0];
  }

  template <int, class Phi, class Sigma, class V>
  static ELMAN_INLINE void backward(Phi phi, Sigma, const V* gates, const V*, const V*, const V* ds, const V* a, V* dx,
                                    V* dq, V* dprev) {
    dx[0] = dq[0] = derive(phi, ds[0], gates[0], a[0]);
    dprev[0] = V::zero();
  }
};

}  // namespace ELMAN_ISA
