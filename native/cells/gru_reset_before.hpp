// The gated recurrent unit, reset gate before the product; the equations are those of
// src/elman/cells/gru_reset_before.py. It takes a step in two parts, because the candidate multiplies
// r * h_prev, which needs the reset gates of all units.
#pragma once

#include "_cell.hpp"

namespace ELMAN_ISA {

struct GruResetBefore : Cell<3, 1, 1> {  // extra: r * h_prev
  static constexpr bool MUCH_USED = true;
  static constexpr int PARTS = 2;
  static constexpr int first(int part) { return part == 0 ? 0 : part + 1; }  // z and r, then the candidate
  static constexpr int gates(int part) { return part == 0 ? 2 : 1; }
  // Which gates' gradients a part of the backward pass makes: z and the candidate first, then r.
  static constexpr bool made(int part, int gate) { return (part == 0) == (gate == 1); }

  template <int PART, class Phi, class Sigma, class V>
  static ELMAN_INLINE void forward(Phi phi, Sigma sigma, const V* x, const V* q, const V* prev, const V*, V* gates,
                                   V* extra, V* state, V* a) {
    if constexpr (PART == 0) {
      a[0] = x[0] + q[0], a[1] = x[1] + q[1];
      gates[0] = activate(sigma, a[0]), gates[1] = activate(sigma, a[1]);
      extra[0] = gates[1] * prev[0];
    } else {
      a[2] = x[0] + q[0];
      const V z = gates[0], k = activate(phi, a[2]);
      gates[2] = k;
      state[0] = fma(z, prev[0] - k, k);  // z h_prev + (1 - z) k
    }
  }

  template <int PART, class Phi, class Sigma, class V>
  static ELMAN_INLINE void backward(Phi phi, Sigma sigma, const V* gates, const V*, const V* prev, const V*,
                                    const V* ds, const V* a, V* dx, V*, V* dprev, V*) {
    const V z = gates[0], r = gates[1], k = gates[2];
    if constexpr (PART == 1) {
      const V dh = ds[0];
      dx[2] = derive(phi, dh - dh * z, k, a[2]);
      dx[0] = derive(sigma, dh * (prev[0] - k), z, a[0]);
      dprev[0] = dh * z;
    } else {
      const V drh = ds[0];  // d(r * h_prev)
      dx[1] = derive(sigma, drh * prev[0], r, a[1]);
      dprev[0] = fma(drh, r, dprev[0]);
    }
  }
};

}  // namespace ELMAN_ISA
