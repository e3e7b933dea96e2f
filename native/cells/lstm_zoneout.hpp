// The LSTM that keeps some units' states by chance; the equations are those of
// src/elman/cells/lstm_zoneout.py.
#pragma once

#include "_cell.hpp"

namespace ELMAN_ISA {

struct LstmZoneout : Cell<4, 2, 1> {            // extra: y = phi(c)
  static constexpr int STREAMS = 2, WORDS = 2;  // how much is kept of c and of h

  template <int, class Phi, class Sigma, class V>
  static ELMAN_INLINE void forward(Phi phi, Sigma sigma, const V* x, const V* q, const V* prev, const V* w, V* gates,
                                   V* extra, V* state, V* a) {
    for (int n = 0; n < G; ++n) a[n] = x[n] + q[n];
    const V i = activate(sigma, a[0]), f = activate(sigma, a[1]), g = activate(phi, a[2]), o = activate(sigma, a[3]);
    const V c = fma(f, prev[1], i * g), y = activate(phi, c), h = o * y;
    gates[0] = i, gates[1] = f, gates[2] = g, gates[3] = o, extra[0] = y;
    state[0] = fma(w[1], prev[0] - h, h), state[1] = fma(w[0], prev[1] - c, c);  // z old + (1 - z) new
  }

  template <int, class Phi, class Sigma, class V>
  static ELMAN_INLINE void backward(Phi phi, Sigma sigma, const V* gates, const V* extra, const V* prev, const V* w,
                                    const V* ds, const V* a, V* dx, V*, V* dprev, V*) {
    const V i = gates[0], f = gates[1], g = gates[2], o = gates[3], y = extra[0], c = fma(f, prev[1], i * g);
    const V kept_h = ds[0] * w[1], dh = ds[0] - kept_h, kept_c = ds[1] * w[0];
    const V dc = ds[1] - kept_c + derive(phi, dh * o, y, c);
    dx[0] = derive(sigma, dc * g, i, a[0]);
    dx[1] = derive(sigma, dc * prev[1], f, a[1]);
    dx[2] = derive(phi, dc * i, g, a[2]);
    dx[3] = derive(sigma, dh * y, o, a[3]);
    dprev[0] = kept_h;
    dprev[1] = fma(dc, f, kept_c);
  }
};

}  // namespace ELMAN_ISA
