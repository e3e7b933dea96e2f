// The LSTM whose gates see the cell state; the equations are those of
// src/elman/cells/lstm_peephole.py.
#pragma once

#include "_cell.hpp"

namespace ELMAN_ISA {

struct LstmPeephole : Cell<4, 2, 1> {           // extra: y = phi(c)
  static constexpr int VECTORS = 3, WORDS = 3;  // p_i, p_f, p_o

  template <int, class Phi, class Sigma, class V>
  static ELMAN_INLINE void forward(Phi phi, Sigma sigma, const V* x, const V* q, const V* prev, const V* w, V* gates,
                                   V* extra, V* state, V* a) {
    a[0] = fma(w[0], prev[1], x[0] + q[0]), a[1] = fma(w[1], prev[1], x[1] + q[1]), a[2] = x[2] + q[2];
    const V i = activate(sigma, a[0]), f = activate(sigma, a[1]), g = activate(phi, a[2]);
    const V c = fma(f, prev[1], i * g), y = activate(phi, c);
    a[3] = fma(w[2], c, x[3] + q[3]);
    const V o = activate(sigma, a[3]);
    gates[0] = i, gates[1] = f, gates[2] = g, gates[3] = o, extra[0] = y;
    state[0] = o * y, state[1] = c;
  }

  template <int, class Phi, class Sigma, class V>
  static ELMAN_INLINE void backward(Phi phi, Sigma sigma, const V* gates, const V* extra, const V* prev, const V* w,
                                    const V* ds, const V* a, V* dx, V*, V* dprev, V* dw) {
    const V i = gates[0], f = gates[1], g = gates[2], o = gates[3], y = extra[0], c = fma(f, prev[1], i * g);
    const V da_o = derive(sigma, ds[0] * y, o, a[3]);
    const V dc = fma(da_o, w[2], ds[1] + derive(phi, ds[0] * o, y, c));  // c is read by the output gate as well
    const V da_i = derive(sigma, dc * g, i, a[0]), da_f = derive(sigma, dc * prev[1], f, a[1]);
    dx[0] = da_i, dx[1] = da_f, dx[2] = derive(phi, dc * i, g, a[2]), dx[3] = da_o;
    dw[0] = da_i * prev[1], dw[1] = da_f * prev[1], dw[2] = da_o * c;
    dprev[0] = V::zero();
    dprev[1] = fma(da_f, w[1], fma(da_i, w[0], dc * f));
  }
};

}  // namespace ELMAN_ISA
