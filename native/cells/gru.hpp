// The gated recurrent unit, reset gate after the product; the equations are those of
// src/elman/cells/gru.py.
#pragma once

#include "_cell.hpp"

namespace ELMAN_ISA {

struct Gru : Cell<3, 1, 1> {  // extra: q_h
  static constexpr bool MUCH_USED = true;
  static constexpr int BIASES = 2;
  // Where the gradient of a gate's product stands: the candidate's in the place of q_h.
  static constexpr int product_field(int gate) { return gate == 2 ? 3 : gate; }

  template <int, class Phi, class Sigma, class V>
  static ELMAN_INLINE void forward(Phi phi, Sigma sigma, const V* x, const V* q, const V* prev, const V*, V* gates,
                                   V* extra, V* state, V* a) {
    a[0] = x[0] + q[0], a[1] = x[1] + q[1];
    const V z = activate(sigma, a[0]), r = activate(sigma, a[1]);
    a[2] = fma(r, q[2], x[2]);
    const V k = activate(phi, a[2]);
    gates[0] = z, gates[1] = r, gates[2] = k, extra[0] = q[2];
    state[0] = fma(z, prev[0] - k, k);  // z h_prev + (1 - z) k
  }

  template <int, class Phi, class Sigma, class V>
  static ELMAN_INLINE void backward(Phi phi, Sigma sigma, const V* gates, const V* extra, const V* prev, const V*,
                                    const V* ds, const V* a, V* dx, V* dq, V* dprev, V*) {
    const V z = gates[0], r = gates[1], k = gates[2], q_h = extra[0], dh = ds[0];
    const V da_h = derive(phi, dh - dh * z, k, a[2]);
    dx[0] = dq[0] = derive(sigma, dh * (prev[0] - k), z, a[0]);
    dx[1] = dq[1] = derive(sigma, da_h * q_h, r, a[1]);
    dx[2] = da_h;
    dq[2] = da_h * r;
    dprev[0] = dh * z;
  }
};

}  // namespace ELMAN_ISA
