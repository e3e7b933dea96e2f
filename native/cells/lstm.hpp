// The long short-term memory cell; the equations are those of src/elman/cells/lstm.py.
#pragma once

#include "_cell.hpp"

namespace ELMAN_ISA {

struct Lstm : Cell<4, 2, 1> {  // extra: y = phi(c)
  static constexpr bool MUCH_USED = true;
  template <int, class Phi, class Sigma, class V>
  static ELMAN_INLINE void forward(Phi phi, Sigma sigma, const V* x, const V* q, const V* prev, const V*, V* gates,
                                   V* extra, V* state, V* a) {
    for (int n = 0; n < G; ++n) a[n] = x[n] + q[n];
    const V i = activate(sigma, a[0]), f = activate(sigma, a[1]), g = activate(phi, a[2]), o = activate(sigma, a[3]);
    const V c = fma(f, prev[1], i * g), y = activate(phi, c);
    gates[0] = i, gates[1] = f, gates[2] = g, gates[3] = o, extra[0] = y;
    state[0] = o * y, state[1] = c;
  }

  template <int, class Phi, class Sigma, class V>
  static ELMAN_INLINE void backward(Phi phi, Sigma sigma, const V* gates, const V* extra, const V* prev, const V*,
                                    const V* ds, const V* a, V* dx, V* dq, V* dprev, V*) {
    const V i = gates[0], f = gates[1], g = gates[2], o = gates[3], y = extra[0], c = fma(f, prev[1], i * g);
    const V dc = ds[1] + derive(phi, ds[0] * o, y, c);  // c is read by step t+1 and, through phi, by h
    dx[0] = dq[0] = derive(sigma, dc * g, i, a[0]);
    dx[1] = dq[1] = derive(sigma, dc * prev[1], f, a[1]);
    dx[2] = dq[2] = derive(phi, dc * i, g, a[2]);
    dx[3] = dq[3] = derive(sigma, ds[0] * y, o, a[3]);
    dprev[0] = V::zero();
    dprev[1] = dc * f;
  }
};

}  // namespace ELMAN_ISA
