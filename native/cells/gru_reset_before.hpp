// The gated recurrent unit, reset gate before the product; the equations are those of
// src/elman/cells/gru_reset_before.py. It takes a step in two parts, because the candidate multiplies
// r * h_prev, which needs the reset gates of all units.
#pragma once

#include "../math.hpp"

namespace ELMAN_ISA {

struct GruResetBefore {
  static constexpr int G = 3, S = 1, E = 1, BIASES = 1, ROWS = 8, BACK_ROWS = 12;  // extra: r * h_prev
  static constexpr int PARTS = 2;
  static constexpr int first(int part) { return part == 0 ? 0 : part + 1; }  // z and r, then the candidate
  // Which gates' gradients a part of the backward pass makes: z and the candidate first, then r.
  static constexpr bool made(int part, int gate) { return (part == 0) == (gate == 1); }

  template <int PART, class T>
  static void forward(int phi, int sigma, const Vec<T>* x, const Vec<T>* q, const Vec<T>* prev, Vec<T>* gates,
                      Vec<T>* extra, Vec<T>* state) {
    if constexpr (PART == 0) {
      gates[0] = activate(sigma, x[0] + q[0]);
      gates[1] = activate(sigma, x[1] + q[1]);
      extra[0] = gates[1] * prev[0];
    } else {
      const Vec<T> z = gates[0], k = activate(phi, x[0] + q[0]);
      gates[2] = k;
      state[0] = fma(z, prev[0] - k, k);  // z h_prev + (1 - z) k
    }
  }

  template <int PART, class T>
  static void backward(int phi, int sigma, const Vec<T>* gates, const Vec<T>*, const Vec<T>* prev, const Vec<T>* ds,
                       Vec<T>* dx, Vec<T>*, Vec<T>* dprev) {
    const Vec<T> z = gates[0], r = gates[1], k = gates[2];
    if constexpr (PART == 1) {
      const Vec<T> dh = ds[0];
      dx[2] = derive(phi, dh - dh * z, k);
      dx[0] = derive(sigma, dh * (prev[0] - k), z);
      dprev[0] = dh * z;
    } else {
      const Vec<T> drh = ds[0];  // d(r * h_prev)
      dx[1] = derive(sigma, drh * prev[0], r);
      dprev[0] = fma(drh, r, dprev[0]);
    }
  }
};

}  // namespace ELMAN_ISA
