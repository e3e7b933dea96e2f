// The Elman cell; the equations are those of src/elman/cells/simple_rnn.py.
#pragma once

#include "_cell.hpp"

namespace ELMAN_ISA {

struct SimpleRnn : Cell<1, 1> {
  static constexpr bool MUCH_USED = true;
  template <int, class Phi, class Sigma, class V>
  static ELMAN_INLINE void forward(Phi phi, Sigma, const V* x, const V* q, const V*, const V*, V* gates, V*, V* state,
                                   V* a) {
    a[0] = x[0] + q[0];
    gates[0] = activate(phi, a[0]);
    state[0] = gates[0];
  }

  template <int, class Phi, class Sigma, class V>
  static ELMAN_INLINE void backward(Phi phi, Sigma, const V* gates, const V*, const V*, const V*, const V* ds,
                                    const V* a, V* dx, V* dq, V* dprev, V*) {
    dx[0] = dq[0] = derive(phi, ds[0], gates[0], a[0]);
    dprev[0] = V::zero();
  }
};

}  // namespace ELMAN_ISA
