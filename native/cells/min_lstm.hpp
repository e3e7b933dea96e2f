// The minimal LSTM; the equations are those of
// src/elman/cells/min_lstm.py.
#pragma once

#include "_cell.hpp"

namespace ELMAN_ISA {

struct MinLstm : Cell<3, 1, 1> {  // in the gates' places: f', sigmoid(-a_i) and k; extra: sigmoid(-a_f)
  static constexpr bool PRODUCT = false, SIGMA = false;
  static constexpr int PHI = LINEAR;

  template <int, class Phi, class Sigma, class V>
  static ELMAN_INLINE void forward(Phi phi, Sigma, const V* x, const V*, const V* prev, const V*, V* gates, V* extra,
                                   V* state, V* a) {
    for (int n = 0; n < G; ++n) a[n] = x[n];
    // sigmoid(a_f) / (sigmoid(a_f) + sigmoid(a_i)) = (1 + e^-a_i) / (1 + e^-a_i + 1 + e^-a_f), each times e^-most, so
    // that none overflows and one of them is 1. Where d_f or d_i vanishes f' is 1 or 0, and all gradients are zero.
    const V zero = V::zero(), tiny = constant<V>(1e-30);
    const V most = max(zero, max(zero - x[0], zero - x[1])), one = exp_below_zero(zero - most);
    const V e_f = exp_below_zero(zero - x[0] - most), e_i = exp_below_zero(zero - x[1] - most);
    const V d_f = one + e_f, d_i = one + e_i;
    const V f = divide(d_i, d_i + d_f), k = activate(phi, a[2]);
    gates[0] = f, gates[1] = divide(e_i, max(tiny, d_i)), gates[2] = k, extra[0] = divide(e_f, max(tiny, d_f));
    state[0] = fma(f, prev[0] - k, k);  // f' h_prev + (1 - f') k
  }

  template <int, class Phi, class Sigma, class V>
  static ELMAN_INLINE void backward(Phi phi, Sigma, const V* gates, const V* extra, const V* prev, const V*,
                                    const V* ds, const V* a, V* dx, V*, V* dprev, V*) {
    const V f = gates[0], k = gates[2], dh = ds[0];
    const V du = dh * (prev[0] - k) * (f - f * f);  // u = log sigmoid(a_f) - log sigmoid(a_i), f' = sigmoid(u)
    dx[0] = du * extra[0];
    dx[1] = V::zero() - du * gates[1];
    dprev[0] = dh * f;
    dx[2] = derive(phi, dh - dprev[0], k, a[2]);
  }
};

}  // namespace ELMAN_ISA
