// The time loop forward, written once for all cells: the twin of `unroll` in src/elman/bptt.py.
//
// Each thread takes rows of the batch and runs them through all timesteps, so that threads never wait for
// each other inside a sequence.
#pragma once

#include "math.hpp"
#include "sequence.hpp"

namespace ELMAN_ISA {

// xw = x W + b of rows [first, last), for all timesteps, into `gates`.
template <class T, class C>
void project(const Sequence<T>& s, const Buffer<T>& panels, int first, int last) {
  constexpr int L = Vec<T>::N, G = C::G;
  const int P = s.P(), blocks = P / L;
  Buffer<T> bias(size_t(G) * P, T(0));
  if (s.bias)
    for (int g = 0; g < G; ++g) std::copy_n(s.bias + g * s.U, s.U, bias.data() + g * P);
  const int begin = first * s.T_, end = last * s.T_;
  const int copies = s.input_drops;
  Buffer<T> dropped(size_t(copies) * (end - begin) * s.F);
  for (int d = 0; d < copies; ++d)
    for (int m = begin; m < end; ++m)
      for (int f = 0; f < s.F; ++f)
        dropped[(size_t(d) * (end - begin) + m - begin) * s.F + f] =
            s.x[ptrdiff_t(m) * s.F + f] * s.input_drop[d][ptrdiff_t(m / s.T_) * s.F + f];
  for (int block = 0; block < blocks; ++block) {
    const T* panel = panels.data() + size_t(block) * s.F * G * L;
    by_rows<C::ROWS>(begin, end, [&](auto height, int row) {
      constexpr int MR = decltype(height)::value;
      Vec<T> acc[MR][G];
      for (int r = 0; r < MR; ++r)
        for (int g = 0; g < G; ++g) acc[r][g] = Vec<T>::load(bias.data() + g * P + block * L);
      const T* own = dropped.data() + ptrdiff_t(row - begin) * s.F;
      if (copies <= 1) {
        tile<T, MR, G>(s.F, copies ? own : s.x + ptrdiff_t(row) * s.F, s.F, panel, acc);
      } else {  // a gate reads the inputs through a mask of its own
        for (int k = 0; k < s.F; ++k)
          for (int r = 0; r < MR; ++r)
            for (int g = 0; g < G; ++g)
              acc[r][g] = fma(Vec<T>::set(own[(ptrdiff_t(g) * (end - begin) + r) * s.F + k]),
                              Vec<T>::load(panel + (ptrdiff_t(k) * G + g) * L), acc[r][g]);
      }
      for (int r = 0; r < MR; ++r)
        for (int g = 0; g < G; ++g) acc[r][g].store(s.gates + (ptrdiff_t(row + r) * G + g) * P + block * L);
    });
  }
}

// One part of a cell's step, of rows [row, row + MR) for one block of units: the product of `source` rows
// with the part's gates, then the cell in registers. All cells but one have a single part.
template <class T, class C, int PART, int MR, int PHI, int SIGMA>
void step(const Sequence<T>& s, const T* panel, const T* bias, const T* dropped, int turn, int row, int block) {
  constexpr int L = Vec<T>::N, G = C::G, S = C::S, FIRST = C::first(PART), N = C::first(PART + 1) - FIRST;
  const int P = s.P(), t = s.time(turn);
  const int phi = PHI < 0 ? s.phi : PHI, sigma = SIGMA < 0 ? s.sigma : SIGMA;
  bool any = false;
  for (int r = 0; r < MR; ++r) any = any || s.taken(row + r, t);
  if (!any) return;
  Vec<T> q[MR][N];
  for (int r = 0; r < MR; ++r)
    for (int g = 0; g < N; ++g) q[r][g] = Vec<T>::load(bias + (FIRST + g) * P + block * L);
  if (!dropped) {
    tile<T, MR, N>(s.U, s.template source<PART>(row, turn), s.template source_stride<PART>(), panel, q);
  } else {  // a gate reads its source through a mask of its own
    for (int k = 0; k < s.U; ++k)
      for (int r = 0; r < MR; ++r)
        for (int g = 0; g < N; ++g)
          q[r][g] = fma(Vec<T>::set(dropped[(ptrdiff_t(row + r) * G + FIRST + g) * P + k]),
                        Vec<T>::load(panel + (ptrdiff_t(k) * N + g) * L), q[r][g]);
  }
  for (int r = 0; r < MR; ++r) {
    if (!s.taken(row + r, t)) continue;
    Vec<T> x[N], gates[G], extra[1], prev[S], next[S];
    T* at = s.template gate<C>(row + r, t) + block * L;
    for (int g = 0; g < N; ++g) x[g] = Vec<T>::load(at + (FIRST + g) * P);
    for (int g = 0; g < FIRST; ++g) gates[g] = Vec<T>::load(at + g * P);
    for (int k = 0; k < S; ++k) prev[k] = Vec<T>::load(s.state(k, row + r, turn) + block * L);
    C::template forward<PART>(phi, sigma, x, q[r], prev, gates, extra, next);
    for (int g = FIRST; g < FIRST + N; ++g) gates[g].store(at + g * P);
    if constexpr (C::E > 0 && PART == 0) extra[0].store(s.extra_at(row + r, t) + block * L);
    if constexpr (FIRST + N == G)
      for (int k = 0; k < S; ++k) next[k].store(s.state(k, row + r, turn + 1) + block * L);
  }
}

// One part of a step for rows [first, last). A block of units goes over all rows before the next one, so
// that its panel of weights is read from the cache.
template <class T, class C, int PART, int PHI, int SIGMA>
void run_part(const Sequence<T>& s, const Buffer<T>& panels, const Buffer<T>& bias, Buffer<T>& dropped, int turn,
              int first, int last) {
  constexpr int L = Vec<T>::N, G = C::G, FIRST = C::first(PART), LAST = C::first(PART + 1);
  const int P = s.P(), U = s.U, blocks = P / L;
  const T* masked = nullptr;
  if (s.recurrent_drops) {
    for (int b = first; b < last; ++b)
      for (int g = FIRST; g < LAST; ++g)
        for (int u = 0; u < U; ++u)
          dropped[(size_t(b - first) * G + g) * P + u] =
              s.template source<PART>(b, turn)[u] * s.recurrent_drop[g][ptrdiff_t(b) * U + u];
    masked = dropped.data() - ptrdiff_t(first) * G * P;
  }
  for (int block = 0; block < blocks; ++block) {
    const T* panel = panels.data() + size_t(block) * U * (LAST - FIRST) * L;
    by_rows<C::ROWS>(first, last, [&](auto height, int row) {
      step<T, C, PART, decltype(height)::value, PHI, SIGMA>(s, panel, bias.data(), masked, turn, row, block);
    });
  }
}

// Rows [first, last) through all turns.
template <class T, class C, int PHI, int SIGMA>
void run(const Sequence<T>& s, const std::vector<Buffer<T>>& panels, int first, int last, T* outputs) {
  constexpr int G = C::G, S = C::S;
  const int P = s.P(), U = s.U, rows = last - first;
  Buffer<T> output(size_t(rows) * P, T(0)), bias(G * P, T(0));
  Buffer<T> dropped(s.recurrent_drops ? size_t(rows) * G * P : 0);
  if (s.bias && C::BIASES == 2)
    for (int g = 0; g < G; ++g) std::copy_n(s.bias + (G + g) * U, U, bias.data() + g * P);
  for (int turn = 0; turn < s.T_; ++turn) {
    const int t = s.time(turn);
    run_part<T, C, 0, PHI, SIGMA>(s, panels[0], bias, dropped, turn, first, last);
    if constexpr (C::PARTS == 2) run_part<T, C, 1, PHI, SIGMA>(s, panels[1], bias, dropped, turn, first, last);
    for (int b = first; b < last; ++b) {
      const bool taken = s.taken(b, t);
      T* out = output.data() + size_t(b - first) * P;
      if (!taken)
        for (int k = 0; k < S; ++k) std::copy_n(s.state(k, b, turn), P, s.state(k, b, turn + 1));
      if (taken) std::copy_n(s.state(0, b, turn + 1), P, out);
      else if (s.zero_output) std::fill_n(out, P, T(0));
      if (s.sequences) std::copy_n(out, U, outputs + (ptrdiff_t(b) * s.T_ + turn) * U);
      else if (turn == s.T_ - 1) std::copy_n(out, U, outputs + ptrdiff_t(b) * U);
    }
  }
}

template <class T, class C>
void forward(const Sequence<T>& s, const T* const* start, T* outputs, T* const* final) {
  const int P = s.P(), U = s.U, jobs = std::max(1, std::min(s.threads, s.B));
  const Buffer<T> kernel = pack_gates(s.kernel, s.F, U, C::G, 0, C::G);
  std::vector<Buffer<T>> recurrent;
  for (int part = 0; part < C::PARTS; ++part)
    recurrent.push_back(pack_gates(s.recurrent, U, U, C::G, C::first(part), C::first(part + 1)));
  s.parallel(s.threads, jobs, [&](int job) {
    const int first = int(ptrdiff_t(s.B) * job / jobs), last = int(ptrdiff_t(s.B) * (job + 1) / jobs);
    project<T, C>(s, kernel, first, last);
    for (int b = first; b < last; ++b)
      for (int k = 0; k < C::S; ++k) {
        std::fill_n(s.state(k, b, 0), P, T(0));
        std::copy_n(start[k] + ptrdiff_t(b) * U, U, s.state(k, b, 0));
      }
    if (s.phi == TANH && s.sigma == SIGMOID) run<T, C, TANH, SIGMOID>(s, recurrent, first, last, outputs);
    else run<T, C, -1, -1>(s, recurrent, first, last, outputs);
    for (int b = first; b < last; ++b)
      for (int k = 0; k < C::S; ++k) std::copy_n(s.state(k, b, s.T_), U, final[k] + ptrdiff_t(b) * U);
  });
}

}  // namespace ELMAN_ISA
