// The minimal LSTM; the equations are those of
// src/elman/cells/min_lstm.py.
#pragma once

#include "_cell.hpp"

namespace ELMAN_ISA {

struct MinLstm : Cell<3, 1, 1> {  // in the gates' places: f', a_i and k; extra: a_f
  static constexpr bool PRODUCT = false, SIGMA = false;
  static constexpr int PHI = LINEAR;

  template <int, class Phi, class Sigma, class V>
  static ELMAN_INLINE void forward(Phi phi, Sigma, const V* x, const V*, const V* prev, const V*, V* gates, V* extra,
                                   V* state, V* a) {
    for (int n = 0; n < G; ++n) a[n] = x[n];
    // sigmoid(a_f) / (sigmoid(a_f) + sigmoid(a_i)) = (1 + e^-a_i) / (1 + e^-a_i + 1 + e^-a_f), each times e^-most, so
    // that none overflows and one of them is 1.
    const V zero = V::zero(), most = max(zero, max(zero - x[0], zero - x[1])), one = exp(zero - most);
    const V e_f = one + exp(zero - x[0] - most), e_i = one + exp(zero - x[1] - most);
    const V f = divide(e_i, e_i + e_f), k = activate(phi, a[2]);
    gates[0] = f, gates[1] = x[1], gates[2] = k, extra[0] = x[0];
    state[0] = fma(f, prev[0] - k, k);  // f' h_prev + (1 - f') k
  }

  template <int, class Phi, class Sigma, class V>
  static ELMAN_INLINE void backward(Phi phi, Sigma, const V* gates, const V* extra, const V* prev, const V*,
                                    const V* ds, const V* a, V* dx, V*, V* dprev, V*) {
    const V zero = V::zero(), f = gates[0], k = gates[2], dh = ds[0];
    const V du = dh * (prev[0] - k) * (f - f * f);  // u = log sigmoid(a_f) - log sigmoid(a_i), f' = sigmoid(u)
    dx[0] = du * sigmoid(zero - extra[0]);
    dx[1] = zero - du * sigmoid(zero - gates[1]);
    dprev[0] = dh * f;
    dx[2] = derive(phi, dh - dprev[0], k, a[2]);
  }
};

}  // namespace ELMAN_ISA
