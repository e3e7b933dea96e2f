// The LSTM whose forget gate is what the input gate leaves; the equations are those of
// src/elman/cells/lstm_coupled.py.
#pragma once

#include "_cell.hpp"

namespace ELMAN_ISA {

struct LstmCoupled : Cell<3, 2, 1> {  // extra: y = phi(c)
  template <int, class Phi, class Sigma, class V>
  static ELMAN_INLINE void forward(Phi phi, Sigma sigma, const V* x, const V* q, const V* prev, const V*, V* gates,
                                   V* extra, V* state, V* a) {
    for (int n = 0; n < G; ++n) a[n] = x[n] + q[n];
    const V i = activate(sigma, a[0]), g = activate(phi, a[1]), o = activate(sigma, a[2]);
    const V c = fma(i, g - prev[1], prev[1]), y = activate(phi, c);  // (1 - i) c_prev + i g
    gates[0] = i, gates[1] = g, gates[2] = o, extra[0] = y;
    state[0] = o * y, state[1] = c;
  }

  template <int, class Phi, class Sigma, class V>
  static ELMAN_INLINE void backward(Phi phi, Sigma sigma, const V* gates, const V* extra, const V* prev, const V*,
                                    const V* ds, const V* a, V* dx, V*, V* dprev, V*) {
    const V i = gates[0], g = gates[1], o = gates[2], y = extra[0], c = fma(i, g - prev[1], prev[1]);
    const V dc = ds[1] + derive(phi, ds[0] * o, y, c);
    dx[0] = derive(sigma, dc * (g - prev[1]), i, a[0]);  // dc/di = g - c_prev
    dx[1] = derive(phi, dc * i, g, a[1]);
    dx[2] = derive(sigma, ds[0] * y, o, a[2]);
    dprev[0] = V::zero();
    dprev[1] = dc - dc * i;
  }
};

}  // namespace ELMAN_ISA
