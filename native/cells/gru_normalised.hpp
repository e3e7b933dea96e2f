// The layer-normalised GRU; the equations are those of src/elman/cells/gru_normalised.py.
#pragma once

#include "_cell.hpp"

namespace ELMAN_ISA {

struct GruNormalised : NormalisedCell<3, 1, 7> {
  static constexpr int VECTORS = 10, WORDS = 10;  // gain_x [3], gain_h [3], bias_h, b [3]
  static constexpr int GROUPS = 2;                // z and r together, the candidate alone
  static constexpr int group(int i) { return i == 0 ? 2 : 1; }
  static constexpr int group_of(int gate) { return gate / 2; }
  static constexpr bool STATE = false;

  template <class Phi, class Sigma, class V, class Words>
  static ELMAN_INLINE void forward(Phi phi, Sigma sigma, const V* x, const V* q, const V* prev, const Words& w,
                                   V* gates, V* state) {
    V a[G], q_h;
    gates_of(x, q, w, a, q_h);
    const V z = activate(sigma, a[0]), r = activate(sigma, a[1]), k = activate(phi, fma(r, q_h, a[2]));
    gates[0] = z, gates[1] = r, gates[2] = k;
    state[0] = fma(z, prev[0] - k, k);  // z h_prev + (1 - z) k
  }

  template <class Phi, class Sigma, class V, class Words, class Sums>
  static ELMAN_INLINE void backward(Phi phi, Sigma sigma, const V* gates, const V* x, const V* q, const V* prev,
                                    const Words& w, V, const V* ds, V, V* dx, V* dq, V* dprev, const Sums& dw) {
    const V z = gates[0], r = gates[1], k = gates[2], dh = ds[0];
    V a[G], q_h, dp[G], dr[G];
    gates_of(x, q, w, a, q_h);
    dp[2] = derive(phi, dh - dh * z, k, fma(r, q_h, a[2]));
    dp[0] = derive(sigma, dh * (prev[0] - k), z, a[0]);
    dp[1] = derive(sigma, dp[2] * q_h, r, a[1]);
    dr[0] = dp[0], dr[1] = dp[1], dr[2] = dp[2] * r;
    for (int n = 0; n < G; ++n) {
      dw.add(n, dp[n] * x[n]), dw.add(G + n, dr[n] * q[n]), dw.add(7 + n, dp[n]);
      dx[n] = dp[n] * w[n], dq[n] = dr[n] * w[G + n];
    }
    dw.add(6, dr[2]);
    dprev[0] = dh * z;
  }

 private:
  // What z and r are activations of; of the candidate what the inputs add, and what r is taken times.
  template <class V, class Words>
  static ELMAN_INLINE void gates_of(const V* x, const V* q, const Words& w, V* a, V& q_h) {
    for (int n = 0; n < G; ++n) a[n] = fma(w[n], x[n], w[7 + n]);
    for (int n = 0; n < 2; ++n) a[n] = fma(w[G + n], q[n], a[n]);
    q_h = fma(w[G + 2], q[2], w[6]);
  }
};

}  // namespace ELMAN_ISA
