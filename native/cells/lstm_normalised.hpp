// The layer-normalised LSTM; the equations are those of src/elman/cells/lstm_normalised.py.
#pragma once

#include "_cell.hpp"

namespace ELMAN_ISA {

struct LstmNormalised : NormalisedCell<4, 2, 11> {
  static constexpr int VECTORS = 14, WORDS = 14;  // gain_x [4], gain_h [4], gain_c, bias_c, b [4]
  static constexpr int GROUPS = 1;
  static constexpr int group(int) { return G; }
  static constexpr int group_of(int) { return 0; }
  static constexpr bool STATE = true;

  template <class Phi, class Sigma, class V, class Words>
  static ELMAN_INLINE void forward(Phi phi, Sigma sigma, const V* x, const V* q, const V* prev, const Words& w,
                                   V* gates, V* state) {
    V a[G];
    activations(x, q, w, a);
    gates[0] = activate(sigma, a[0]), gates[1] = activate(sigma, a[1]);
    gates[2] = activate(phi, a[2]), gates[3] = activate(sigma, a[3]);
    state[1] = fma(gates[1], prev[1], gates[0] * gates[2]);
  }
  template <class Phi, class V, class Words>
  static ELMAN_INLINE void output(Phi phi, const V* gates, V chat, const Words& w, V& y, V& h) {
    y = activate(phi, fma(w[8], chat, w[9]));
    h = gates[3] * y;
  }

  template <class Phi, class V, class Words, class Sums>
  static ELMAN_INLINE void output_back(Phi phi, const V* gates, V chat, V y, const Words& w, V dh, V& dchat,
                                       const Sums& dw) {
    const V dn = derive(phi, dh * gates[3], y, fma(w[8], chat, w[9]));
    dw.add(8, dn * chat), dw.add(9, dn);
    dchat = dn * w[8];
  }
  // `further` is what reaches c through its normalised form.
  template <class Phi, class Sigma, class V, class Words, class Sums>
  static ELMAN_INLINE void backward(Phi phi, Sigma sigma, const V* gates, const V* x, const V* q, const V* prev,
                                    const Words& w, V y, const V* ds, V further, V* dx, V* dq, V* dprev,
                                    const Sums& dw) {
    const V i = gates[0], f = gates[1], g = gates[2], o = gates[3], dc = ds[1] + further;
    V a[G], da[G];
    activations(x, q, w, a);
    da[0] = derive(sigma, dc * g, i, a[0]), da[1] = derive(sigma, dc * prev[1], f, a[1]);
    da[2] = derive(phi, dc * i, g, a[2]), da[3] = derive(sigma, ds[0] * y, o, a[3]);
    for (int n = 0; n < G; ++n) {
      dw.add(n, da[n] * x[n]), dw.add(G + n, da[n] * q[n]), dw.add(10 + n, da[n]);
      dx[n] = da[n] * w[n], dq[n] = da[n] * w[G + n];
    }
    dprev[0] = V::zero();
    dprev[1] = dc * f;
  }

 private:
  template <class V, class Words>
  static ELMAN_INLINE void activations(const V* x, const V* q, const Words& w, V* a) {
    for (int n = 0; n < G; ++n) a[n] = fma(w[n], x[n], fma(w[G + n], q[n], w[10 + n]));
  }
};

}  // namespace ELMAN_ISA
