// One step of a stream's normalised cell: the products of all units first, then row by row what they are normalised
// with, the gates, and where the cell has one the same of its state.
//
//   scratch[0], scratch[1]   x W and h R, [gates][batch][P] each
#pragma once

#include "row_moments.hpp"
#include "stream.hpp"

namespace ELMAN_ISA {

// One vector of each of the cell's own weights.
template <class T>
struct WordsAt {
  const T* at;
  std::ptrdiff_t size;  // of each

  ELMAN_INLINE Vec<T> operator[](int n) const { return Vec<T>::load(at + n * size); }
};

template <class T, class C, int NB, int MR>
inline void multiply_units(const Stage& s, const T* in, std::ptrdiff_t stride, int block, int row) {
  constexpr int L = Vec<T>::N, G = C::G, MANY = MR * NB;
  Several<T, MANY> products[2][G];
  for (auto& of_gates : products)
    for (auto& product : of_gates) product = Several<T, MANY>::zero();
  const T* panel = as<T>(s.panel[0]) + std::ptrdiff_t(block) * (s.F + s.U) * G * L;
  panel = multiply<T, MR, NB>(s.F, in + row * stride, stride, panel, products[0]);
  multiply<T, MR, NB>(s.U, as<T>(s.now[0]) + std::ptrdiff_t(row) * s.P, s.P, panel, products[1]);
  for (int j = 0; j < 2; ++j)
    for (int g = 0; g < G; ++g)
      for (int i = 0; i < MANY; ++i)
        vector(products[j][g], i)
            .store(as<T>(s.scratch[j]) + (std::ptrdiff_t(g) * s.batch + row + i / NB) * s.P + (block + i % NB) * L);
}

template <class T, class C, class Phi, class Sigma>
inline void take_row(Phi phi, Sigma sigma, const Stage& s, const RowShape<T>& shape, int row) {
  constexpr int L = Vec<T>::N, G = C::G, S = C::S, GROUPS = C::GROUPS;
  const std::ptrdiff_t field = std::ptrdiff_t(s.batch) * s.P, here = std::ptrdiff_t(row) * s.P;
  T numbers[2 * GROUPS + 1][2];
  for (int j = 0; j < 2; ++j)
    for (int i = 0, g = 0; i < GROUPS; g += C::group(i), ++i) {
      const RowFields<T> products{as<T>(s.scratch[j]) + g * field + here, field, W<T>};
      Moments<T>{numbers[j * GROUPS + i]}.template take<Vec<T>>(products, C::group(i), shape);
    }
  for (int u = 0; u < s.P; u += L) {
    const std::ptrdiff_t at = here + u;
    Vec<T> hats[2][G], prev[S], gates[G], state[S];
    for (int j = 0; j < 2; ++j)
      for (int g = 0; g < G; ++g) {
        const Moments<T> moments{numbers[j * GROUPS + C::group_of(g)]};
        const Vec<T> a = Vec<T>::load(as<T>(s.scratch[j]) + g * field + at);
        hats[j][g] = (a - moments.template mean<Vec<T>>()) * moments.template scale<Vec<T>>();
      }
    for (int k = 0; k < S; ++k) prev[k] = Vec<T>::load(as<T>(s.now[k]) + at);
    C::forward(phi, sigma, hats[0], hats[1], prev, WordsAt<T>{as<T>(s.words) + u, s.P}, gates, state);
    state[S - 1].store(as<T>(s.next[S - 1]) + at);
    if constexpr (C::STATE) gates[G - 1].store(as<T>(s.scratch[0]) + (G - 1) * field + at);
  }
  if constexpr (C::STATE) {
    const Moments<T> moments{numbers[2 * GROUPS]};
    const T* const c = as<T>(s.next[S - 1]);
    moments.template take<Vec<T>>({as<T>(s.next[S - 1]) + here, 0, W<T>}, 1, shape);
    for (int u = 0; u < s.P; u += L) {
      const std::ptrdiff_t at = here + u;
      Vec<T> gates[G], y, h;
      gates[G - 1] = Vec<T>::load(as<T>(s.scratch[0]) + (G - 1) * field + at);
      const Vec<T> chat = (Vec<T>::load(c + at) - moments.template mean<Vec<T>>()) * moments.template scale<Vec<T>>();
      C::output(phi, gates, chat, WordsAt<T>{as<T>(s.words) + u, s.P}, y, h);
      h.store(as<T>(s.next[0]) + at);
    }
  }
}

template <class T, class C, bool USUAL, bool GROUPED>
void normalised(Stage& s, const void* in, std::ptrdiff_t stride) {
  constexpr int NB = GROUPED ? 1 : BLOCKS<C::G>;
  by_blocks<NB>(0, s.P / Vec<T>::N, s.up, [&](auto width, int block) {
    by_rows<GROUPED>(s.batch, [&](auto height, int row) {
      multiply_units<T, C, decltype(width)::value, decltype(height)::value>(s, static_cast<const T*>(in), stride, block,
                                                                            row);
    });
  });
  const RowShape<T> shape{s.U};
  for (int row = 0; row < s.batch; ++row) {
    if constexpr (USUAL) take_row<T, C>(Known<C::PHI>{}, Known<SIGMOID>{}, s, shape, row);
    else take_row<T, C>(s.phi, s.sigma, s, shape, row);
  }
  take_next<C>(s);
}

template <class T, class C, bool USUAL, bool GROUPED>
void pack_normalised(Stage& s, const elman::Weights& w) {
  s.run = normalised<T, C, USUAL, GROUPED>;
  pack_gates<T, GROUPED ? 1 : BLOCKS<C::G>>(s, w, C::G, 0, C::G, as<T>(s.panel[0]));
  pack_words<T, C>(s, w);
}

template <class T, class C>
void pack_normalised(Stage& s, const elman::Weights& w) {
  const bool usual = s.phi == C::PHI && s.sigma == SIGMOID;
  if (s.batch >= GROUP) return (usual ? pack_normalised<T, C, true, true> : pack_normalised<T, C, false, true>)(s, w);
  (usual ? pack_normalised<T, C, true, false> : pack_normalised<T, C, false, false>)(s, w);
}

}  // namespace ELMAN_ISA
