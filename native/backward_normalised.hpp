// One turn of a normalised cell in reverse: the gradients of both products, that of x W over the gates, that of h R
// over qhat.
#pragma once

#include "normalised.hpp"
#include "own_weights.hpp"

namespace ELMAN_ISA {

// `p` is the pass that the turn is of, see backward.hpp.
template <class C, class Pass, class T, class Phi, class Sigma>
void take_back_normalised(const Pass& p, Phi phi, Sigma sigma, const Turn<T>& at, int turn) {
  constexpr int G = C::G, S = C::S;
  const Sequence<T>& s = p.s;
  const Share& share = p.share;
  const NormalisedTurn<T, C> here{s, share, at, turn};
  T *const dstate = p.dstate, *const dproducts = p.memory.dproducts.at() + G * p.before;
  const ptrdiff_t plane = p.plane;
  const bool above = p.has_dout(turn);
  const auto dh_of = [&](auto vectors, ptrdiff_t i) {
    using V = decltype(vectors);
    const V dh = V::load(dstate + i, W<T>);
    return above ? dh + V::load(p.dout + i, W<T>) : dh;
  };
  if constexpr (C::STATE) {
    for (int v = share.begin; v < share.end; ++v)
      by_taken(s, share, turn, [&](auto vectors, ptrdiff_t row) {
        using V = decltype(vectors);
        const ptrdiff_t i = vector_at<T>(v, plane) + row * W<T>, in = vector_at<T>(v, here.plane) + row * W<T>;
        const VectorsAt<V> w{p.own.vectors, v};
        V gates[G], dchat;
        gates[G - 1] = V::load(here.record(G - 1) + in, W<T>);
        const V chat = V::load(here.record(here.CHAT) + in, W<T>), y = V::load(here.record(here.Y) + in, W<T>);
        C::output_back(phi, gates, chat, y, w, dh_of(vectors, i), dchat, p.memory.vectors.place(share, v, row));
        dchat.store(dproducts + i, W<T>);
      });
    here.undo_state(dproducts, plane);
  }
  for (int v = share.begin; v < share.end; ++v) {
    by_taken(s, share, turn, [&](auto vectors, ptrdiff_t row) {
      using V = decltype(vectors);
      const ptrdiff_t i = vector_at<T>(v, plane) + row * W<T>, in = vector_at<T>(v, here.plane) + row * W<T>;
      const T* const states = at.states + vector_at<T>(v, at.state_plane) + row * W<T>;
      V gates[G], x[G], q[G], prev[S], ds[S], dx[G], dq[G], dprev[S];
      V y = V::zero(), further = V::zero();
      const VectorsAt<V> w{p.own.vectors, v};
      for (int g = 0; g < G; ++g) {
        gates[g] = V::load(here.record(g) + in, W<T>);
        x[g] = V::load(here.record(here.X + g) + in, W<T>), q[g] = V::load(here.record(here.Q + g) + in, W<T>);
      }
      for (int k = 0; k < S; ++k) {
        prev[k] = V::load(states + k * s.blocks() * at.state_plane, W<T>);
        ds[k] = k == 0 ? dh_of(vectors, i) : V::load(dstate + k * p.field + i, W<T>);
      }
      if constexpr (C::STATE) y = V::load(here.record(here.Y) + in, W<T>), further = V::load(dproducts + i, W<T>);
      C::backward(phi, sigma, gates, x, q, prev, w, y, ds, further, dx, dq, dprev,
                  p.memory.vectors.place(share, v, row));
      for (int g = 0; g < G; ++g)
        dx[g].store(here.record(g) + in, W<T>), dq[g].store(dproducts + g * p.field + i, W<T>);
      dprev[0].store(p.direct + i, W<T>);
      for (int k = 1; k < S; ++k) dprev[k].store(dstate + k * p.field + i, W<T>);
    });
    p.pass_on(at, turn, v);
  }
  here.undo_products(dproducts, plane);
}

}  // namespace ELMAN_ISA
