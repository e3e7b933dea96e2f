// One step of a layer for a few rows, from weights that were packed once.
//
//   panel   [tile of blocks][k][gate][block][lanes]   k: the features, then the units
//
// A block is as many units as a vector has lanes, a tile as many blocks as it takes to keep the
// multipliers busy: each output is one chain of fused multiply-adds in the order of k, as everywhere
// in these kernels, and only other chains can fill the time that each link takes. What a tile's product
// leaves in registers is where the cell goes on. From step to step the tiles are visited in turn upwards
// and downwards, so that those visited last, still in the nearest cache, come first.
#pragma once

#include <cstring>
#include <type_traits>

#include "math.hpp"
#include "stage.hpp"

namespace ELMAN_ISA {

using elman::Stage;

// W vectors as one, so that the long chains of operations in a cell run side by side.
template <class T, int W>
struct SeveralOf {
  using type = Pair<typename SeveralOf<T, W / 2>::type>;
};
template <class T>
struct SeveralOf<T, 1> {
  using type = Vec<T>;
};
template <class T, int W>
using Several = typename SeveralOf<T, W>::type;

// Vector i of several.
template <class V>
inline V& vector(V& a, int) {
  return a;
}
template <class V>
inline auto& vector(Pair<V>& a, int i) {
  return i < V::COUNT ? vector(a.a, i) : vector(a.b, i - V::COUNT);
}

constexpr int CHAINS = 8;  // two multipliers, a latency of four cycles
constexpr int GROUP = 4;   // rows that share the weights that they load

// How many blocks of N gates make a tile.
template <int N>
constexpr int BLOCKS = CHAINS / (N >= 4   ? 4
                                 : N >= 2 ? 2
                                          : 1);

// acc[g] += A panel_g, in the order of k, of MR rows and NB blocks. A's row r begins at a + r * lda.
template <class T, int MR, int NB, int N>
inline const T* multiply(int K, const T* a, std::ptrdiff_t lda, const T* panel, Several<T, MR * NB> (&acc)[N]) {
  constexpr int L = Vec<T>::N;
  for (int k = 0; k < K; ++k, panel += N * NB * L)
    for (int r = 0; r < MR; ++r) {
      const Vec<T> ar = Vec<T>::set(a[r * lda + k]);
      for (int g = 0; g < N; ++g)
        for (int b = 0; b < NB; ++b) {
          Vec<T>& to = vector(acc[g], r * NB + b);
          to = fma(ar, Vec<T>::load(panel + (g * NB + b) * L), to);
        }
    }
  return panel;
}

// Call f(width, block) for blocks [first, last) in tiles of NB, and of half as many for what is left over.
template <int NB, class F>
inline void by_blocks(int first, int last, bool up, F&& f) {
  const int rest = first + (last - first) / NB * NB;
  const auto whole = [&] {
    for (int i = first; i < rest; i += NB) f(std::integral_constant<int, NB>{}, up ? i : first + rest - NB - i);
  };
  if (up) whole();
  if constexpr (NB > 1) by_blocks<NB / 2>(rest, last, up, f);
  if (!up) whole();
}

// Call f(height, row) for all rows, in groups where there are enough of them.
template <bool GROUPED, class F>
inline void by_rows(int rows, F&& f) {
  int row = 0;
  if constexpr (GROUPED)
    for (; row + GROUP <= rows; row += GROUP) f(std::integral_constant<int, GROUP>{}, row);
  for (; row < rows; ++row) f(std::integral_constant<int, 1>{}, row);
}

template <class T>
inline T* as(void* p) {
  return static_cast<T*>(p);
}

// ------------------------------------------------------------------ recurrent layers

// One part of a cell's step for NB blocks of units and MR rows, all of them at once.
template <class T, class C, int PART, int PHI, int SIGMA, int NB, int MR>
inline void cell(const Stage& s, const T* in, std::ptrdiff_t stride, int block, int row) {
  constexpr int L = Vec<T>::N, G = C::G, S = C::S, FIRST = C::first(PART), N = C::first(PART + 1) - FIRST;
  constexpr int W = MR * NB;  // vector i is that of row i / NB and block i % NB
  const auto at = [&](void* p, int i) { return as<T>(p) + std::ptrdiff_t(row + i / NB) * s.P + (block + i % NB) * L; };
  const auto bias = [&](int j, int g, int i) {
    return Vec<T>::load(as<T>(s.bias[j]) + std::ptrdiff_t(FIRST + g) * s.P + (block + i % NB) * L);
  };
  Several<T, W> x[N], q[N], w[C::WORDS], gates[G], extra[1], prev[S], next[S], a[G];
  for (int g = 0; g < N; ++g)
    for (int i = 0; i < W; ++i) vector(x[g], i) = bias(0, g, i), vector(q[g], i) = bias(1, g, i);
  const T* panel = as<T>(s.panel[PART]) + std::ptrdiff_t(block) * (C::PRODUCT ? s.F + s.U : s.F) * N * L;
  panel = multiply<T, MR, NB>(s.F, in + row * stride, stride, panel, x);
  if constexpr (C::PRODUCT)
    multiply<T, MR, NB>(s.U, as<T>(PART ? s.scratch[1] : s.now[0]) + std::ptrdiff_t(row) * s.P, s.P, panel, q);
  for (int i = 0; i < W; ++i) {
    for (int k = 0; k < S; ++k) vector(prev[k], i) = Vec<T>::load(at(s.now[k], i));
    for (int n = 0; n < C::VECTORS + C::STREAMS; ++n)
      vector(w[n], i) = Vec<T>::load(as<T>(s.words) + std::ptrdiff_t(n) * s.P + (block + i % NB) * L);
    if constexpr (C::DROPS) vector(w[C::VECTORS + C::STREAMS], i) = Vec<T>::set(T(1));
    if constexpr (PART == 1) vector(gates[0], i) = Vec<T>::load(at(s.scratch[0], i));
  }
  if constexpr (PHI < 0) C::template forward<PART>(s.phi, s.sigma, x, q, prev, w, gates, extra, next, a);
  else C::template forward<PART>(Known<PHI>{}, Known<SIGMA>{}, x, q, prev, w, gates, extra, next, a);
  for (int i = 0; i < W; ++i) {
    if constexpr (FIRST + N == G) {
      for (int k = 0; k < S; ++k) vector(next[k], i).store(at(s.next[k], i));
    } else {  // what the second part of GRU(reset_after=False) reads: z, and r * h_prev
      vector(gates[0], i).store(at(s.scratch[0], i));
      vector(extra[0], i).store(at(s.scratch[1], i));
    }
  }
}

template <class T, class C, int PART, int PHI, int SIGMA, bool GROUPED>
inline void part(const Stage& s, const T* in, std::ptrdiff_t stride) {
  constexpr int NB = GROUPED ? 1 : BLOCKS<C::first(PART + 1) - C::first(PART)>;
  by_blocks<NB>(0, s.P / Vec<T>::N, s.up, [&](auto width, int block) {
    by_rows<GROUPED>(s.batch, [&](auto height, int row) {
      constexpr int WIDTH = decltype(width)::value, MR = decltype(height)::value;
      cell<T, C, PART, PHI, SIGMA, WIDTH, MR>(s, in, stride, block, row);
    });
  });
}

// What a step has made comes before the next one.
template <class C>
inline void take_next(Stage& s) {
  for (int k = 0; k < C::S; ++k) {
    void* const old = s.now[k];
    s.now[k] = s.next[k], s.next[k] = old;
  }
  s.out = s.now[0];
  s.up = !s.up;
}

template <class T, class C, int PHI, int SIGMA, bool GROUPED>
void recurrent(Stage& s, const void* in, std::ptrdiff_t stride) {
  const T* x = static_cast<const T*>(in);
  part<T, C, 0, PHI, SIGMA, GROUPED>(s, x, stride);
  if constexpr (C::PARTS == 2) part<T, C, 1, PHI, SIGMA, GROUPED>(s, x, stride);
  take_next<C>(s);
}

// ------------------------------------------------------------------ other layers

// The activation of what is in `out`.
template <class T>
inline void activate(const Stage& s) {
  constexpr int L = Vec<T>::N;
  for (int row = 0; row < s.batch; ++row) {
    T* y = as<T>(s.out) + std::ptrdiff_t(row) * s.P;
    if (s.phi != elman::SOFTMAX) {
      if (s.phi != LINEAR)
        for (int u = 0; u < s.P; u += L) activate(s.phi, Vec<T>::load(y + u)).store(y + u);
      continue;
    }
    T most = y[0], sum = T(0);
    for (int u = 1; u < s.U; ++u) most = y[u] < most ? most : y[u];  // a NaN stays
    for (int u = 0; u < s.P; u += L) exp(Vec<T>::load(y + u) - Vec<T>::set(most)).store(y + u);
    for (int u = 0; u < s.U; ++u) sum += y[u];
    for (int u = 0; u < s.P; u += L) (Vec<T>::load(y + u) / Vec<T>::set(sum)).store(y + u);
  }
}

template <class T, bool GROUPED>
void dense(Stage& s, const void* in, std::ptrdiff_t stride) {
  constexpr int L = Vec<T>::N, NB = GROUPED ? 1 : BLOCKS<1>;
  by_blocks<NB>(0, s.P / L, s.up, [&](auto width, int block) {
    by_rows<GROUPED>(s.batch, [&](auto height, int row) {
      constexpr int W = decltype(width)::value, MR = decltype(height)::value;
      Several<T, MR * W> acc[1];
      for (int i = 0; i < MR * W; ++i) vector(acc[0], i) = Vec<T>::load(as<T>(s.bias[0]) + (block + i % W) * L);
      multiply<T, MR, W>(s.F, static_cast<const T*>(in) + row * stride, stride,
                         as<T>(s.panel[0]) + std::ptrdiff_t(block) * s.F * L, acc);
      for (int i = 0; i < MR * W; ++i)
        vector(acc[0], i).store(as<T>(s.out) + std::ptrdiff_t(row + i / W) * s.P + (block + i % W) * L);
    });
  });
  activate<T>(s);
  s.up = !s.up;
}

template <class T>
void activation(Stage& s, const void* in, std::ptrdiff_t stride) {
  for (int row = 0; row < s.batch; ++row)
    std::memcpy(as<T>(s.out) + std::ptrdiff_t(row) * s.P, static_cast<const T*>(in) + row * stride, s.U * sizeof(T));
  activate<T>(s);
}

// Rows of a table for indices, which were checked.
template <class T>
void embedding(Stage& s, const void* in, std::ptrdiff_t stride) {
  const std::int64_t* index = static_cast<const std::int64_t*>(in);
  for (int row = 0; row < s.batch; ++row)
    std::memcpy(as<T>(s.out) + std::ptrdiff_t(row) * s.P, as<T>(s.panel[0]) + index[row * stride] * s.U,
                s.U * sizeof(T));
}

// ------------------------------------------------------------------ packing

// Gates [first, last) of a layer's weights, as tiles of at most NB blocks.
template <class T, int NB>
void pack_gates(const Stage& s, const elman::Weights& w, int G, int first, int last, T* panel) {
  constexpr int L = Vec<T>::N;
  by_blocks<NB>(0, s.P / L, true, [&](auto width, int block) {
    for (int k = 0; k < (w.recurrent ? s.F + s.U : s.F); ++k) {
      const T* weights = static_cast<const T*>(k < s.F ? w.kernel : w.recurrent);
      weights += std::ptrdiff_t(k < s.F ? k : k - s.F) * G * s.U;
      for (int g = first; g < last; ++g)
        for (int b = block; b < block + decltype(width)::value; ++b)
          for (int u = b * L; u < (b + 1) * L; ++u) *panel++ = u < s.U ? weights[g * s.U + u] : T(0);
    }
  });
}

template <class T, class C>
void pack_words(Stage& s, const elman::Weights& w) {
  for (int n = 0; n < C::VECTORS + C::STREAMS; ++n)
    if (w.words[n]) std::memcpy(as<T>(s.words) + std::ptrdiff_t(n) * s.P, w.words[n], s.U * sizeof(T));
}

template <class T, class C, int PHI, int SIGMA, bool GROUPED>
void pack_cell(Stage& s, const elman::Weights& w) {
  constexpr int G = C::G;
  s.run = recurrent<T, C, PHI, SIGMA, GROUPED>;
  pack_gates<T, GROUPED ? 1 : BLOCKS<C::first(1)>>(s, w, G, 0, C::first(1), as<T>(s.panel[0]));
  if constexpr (C::PARTS == 2)
    pack_gates<T, GROUPED ? 1 : BLOCKS<G - C::first(1)>>(s, w, G, C::first(1), G, as<T>(s.panel[1]));
  pack_words<T, C>(s, w);
  if (w.bias)
    for (int i = 0; i < C::BIASES; ++i)
      for (int g = 0; g < G; ++g)
        std::memcpy(as<T>(s.bias[i]) + std::ptrdiff_t(g) * s.P, static_cast<const T*>(w.bias) + (i * G + g) * s.U,
                    s.U * sizeof(T));
}

template <class T, class C>
void pack_cell(Stage& s, const elman::Weights& w) {
  if constexpr (C::MUCH_USED) {
    const bool usual = s.phi == TANH && (s.sigma == SIGMOID || !C::SIGMA);
    if (s.batch >= GROUP) return (usual ? pack_cell<T, C, TANH, SIGMOID, true> : pack_cell<T, C, -1, -1, true>)(s, w);
    if (usual) return pack_cell<T, C, TANH, SIGMOID, false>(s, w);
  }
  pack_cell<T, C, -1, -1, false>(s, w);
}

template <class T>
void pack_dense(Stage& s, const elman::Weights& w) {
  const bool grouped = s.batch >= GROUP;
  s.run = grouped ? dense<T, true> : dense<T, false>;
  if (grouped) pack_gates<T, 1>(s, w, 1, 0, 1, as<T>(s.panel[0]));
  else pack_gates<T, BLOCKS<1>>(s, w, 1, 0, 1, as<T>(s.panel[0]));
  if (w.bias) std::memcpy(s.bias[0], w.bias, s.U * sizeof(T));
}

}  // namespace ELMAN_ISA
