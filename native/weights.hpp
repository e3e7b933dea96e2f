// The weights as the products of both passes read them, packed once a call by the whole team.
#pragma once

#include "sequence.hpp"

namespace ELMAN_ISA {

// For the way there: the gates of the same units side by side.
template <class T, class C>
struct ForwardWeights {
  Buffer<T> kernel, recurrent[C::PARTS], bias, recurrent_bias;

  explicit ForwardWeights(const Sequence<T>& s) {
    const int V = s.vectors();
    kernel = Buffer<T>(V * panel_size<T>(s.F, C::G));
    if (C::PRODUCT)
      for (int p = 0; p < C::PARTS; ++p) recurrent[p] = Buffer<T>(V * panel_size<T>(s.U, C::gates(p)));
    if (s.bias && !C::NORMALISED) bias = Buffer<T>(V * panel_size<T>(1, C::G));
    if (s.bias && C::BIASES == 2) recurrent_bias = Buffer<T>(V * panel_size<T>(1, C::G));
  }

  // A member's part of the packing.
  void pack(const Sequence<T>& s, const elman::Member& member) {
    const int U = s.U, G = C::G;
    const Range own = part_of(s.vectors(), member);
    for (int v = own.begin; v < own.end; ++v) {
      pack_gates(s.kernel, s.F, U, G, 0, G, v, kernel.at() + v * panel_size<T>(s.F, G));
      for (int p = 0; C::PRODUCT && p < C::PARTS; ++p)
        pack_gates(s.recurrent, U, U, G, C::first(p), C::gates(p), v,
                   recurrent[p].at() + v * panel_size<T>(U, C::gates(p)));
      if (bias) pack_gates(s.bias, 1, U, G, 0, G, v, bias.at() + v * panel_size<T>(1, G));
      if (recurrent_bias)
        pack_gates(s.bias + ptrdiff_t(G) * U, 1, U, G, 0, G, v, recurrent_bias.at() + v * panel_size<T>(1, G));
    }
  }
};

// For the way back: the recurrent kernel transposed, and the kernel where dx is wanted.
template <class T, class C>
struct BackwardWeights {
  Buffer<T> kernel, recurrent[C::PARTS];

  BackwardWeights(const Sequence<T>& s, bool dx) {
    if (dx) kernel = Buffer<T>(ceil_div(s.F, Vec<T>::N) * panel_size<T>(C::G * s.U, 1));
    for (int p = 0; C::PRODUCT && p < C::PARTS; ++p)
      recurrent[p] = Buffer<T>(s.vectors() * panel_size<T>(C::gates(p) * s.U, 1));
  }

  void pack(const Sequence<T>& s, const elman::Member& member) {
    const int U = s.U, G = C::G;
    const Range inputs = part_of(kernel ? ceil_div(s.F, Vec<T>::N) : 0, member), own = part_of(s.vectors(), member);
    for (int v = inputs.begin; v < inputs.end; ++v)
      pack_transposed(s.kernel, s.F, U, G, 0, G, v, kernel.at() + v * panel_size<T>(G * U, 1));
    for (int p = 0; C::PRODUCT && p < C::PARTS; ++p)
      for (int v = own.begin; v < own.end; ++v)
        pack_transposed(s.recurrent, U, U, G, C::first(p), C::gates(p), v,
                        recurrent[p].at() + v * panel_size<T>(C::gates(p) * U, 1));
  }
};

// The masks of recurrent dropout: [gates][blocks][slots][W].
template <class T, class C>
struct RecurrentMasks {
  Buffer<T> planes;

  explicit RecurrentMasks(const Sequence<T>& s) {
    if (s.recurrent_drops) planes = Buffer<T>(C::G * field(s));
  }

  void pack(const Sequence<T>& s, const elman::Member& member) {
    const Range own = part_of(s.B, member);
    for (int slot = own.begin; slot < own.end; ++slot)
      for (int g = 0; g < s.recurrent_drops; ++g)
        put_row(s.recurrent_drop[g] + ptrdiff_t(s.row(slot)) * s.U, s.U,
                planes.at() + g * field(s) + ptrdiff_t(slot) * W<T>, plane(s));
  }

  // Those of one gate, for row 0 of a share and the units of vector v.
  const T* at(const Sequence<T>& s, const Share& share, int gate, int v) const {
    return planes.at() + gate * field(s) + vector_at<T>(v, plane(s)) + ptrdiff_t(share.first) * W<T>;
  }

 private:
  static ptrdiff_t plane(const Sequence<T>& s) { return ptrdiff_t(s.B) * W<T>; }
  static ptrdiff_t field(const Sequence<T>& s) { return s.blocks() * plane(s); }
};

}  // namespace ELMAN_ISA
