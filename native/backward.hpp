// The time loop in reverse, written once for all cells: the twin of `backpropagate` in src/elman/bptt.py.
//
// Threads take rows of the batch as in the forward pass. The gradients of the weights come after it, split
// among threads by gates and never along the sum.
#pragma once

#include "weight_gradient.hpp"

namespace ELMAN_ISA {

template <class T>
struct Gradients {
  T* x;         // (B, T, F)
  T* start[2];  // (B, U)
  T *kernel, *recurrent, *bias;
};

template <class T>
struct Scratch {    // what the gates' gradients need: like `gates`, and the product's own where it differs
  T *dx, *dq_last;  // [B][T][G][P]; [B][T][P], the last gate of dq, null where dq is dx
};

// The gradient of what gates [FIRST, LAST) multiplied, of rows [row, row + MR) for one block of units:
// out = start + sum over gates of dq R^T.
template <class T, class C, int FIRST, int LAST, int MR>
void back_step(const Sequence<T>& s, const std::vector<Buffer<T>>& panels, const Scratch<T>& w, int t, int row,
               int block, const T* start, T* out) {
  constexpr int L = Vec<T>::N, G = C::G;
  const int P = s.P();
  Vec<T> sum[MR][1];
  for (int r = 0; r < MR; ++r) sum[r][0] = Vec<T>::load(start + ptrdiff_t(r) * P + block * L);
  for (int g = FIRST; g < LAST; ++g) {
    const bool own = g == G - 1 && w.dq_last;
    const T* dq = own ? w.dq_last + (ptrdiff_t(row) * s.T_ + t) * P : w.dx + ((ptrdiff_t(row) * s.T_ + t) * G + g) * P;
    const ptrdiff_t stride = ptrdiff_t(s.T_) * (own ? 1 : G) * P;
    const T* panel = panels[g].data() + size_t(block) * s.U * L;
    if (!s.recurrent_drops) {
      tile<T, MR, 1>(s.U, dq, stride, panel, sum);
      continue;
    }
    Vec<T> part[MR][1];
    for (int r = 0; r < MR; ++r) part[r][0] = Vec<T>::zero();
    tile<T, MR, 1>(s.U, dq, stride, panel, part);
    for (int r = 0; r < MR; ++r) {
      T padded[L] = {};
      std::copy_n(s.recurrent_drop[g] + ptrdiff_t(row + r) * s.U + block * L, std::min(L, s.U - block * L), padded);
      sum[r][0] = fma(part[r][0], Vec<T>::load(padded), sum[r][0]);
    }
  }
  for (int r = 0; r < MR; ++r)
    if (s.taken(row + r, t)) sum[r][0].store(out + ptrdiff_t(r) * P + block * L);
}

// The same for rows [first, last) and all blocks; `start` and `out` begin with row `first`.
template <class T, class C, int FIRST, int LAST>
void back_product(const Sequence<T>& s, const std::vector<Buffer<T>>& panels, const Scratch<T>& w, int t, int first,
                  int last, const T* start, T* out) {
  const int P = s.P(), blocks = P / Vec<T>::N;
  for (int block = 0; block < blocks; ++block)
    by_rows<C::BACK_ROWS>(first, last, [&](auto height, int row) {
      const ptrdiff_t at = ptrdiff_t(row - first) * P;
      back_step<T, C, FIRST, LAST, decltype(height)::value>(s, panels, w, t, row, block, start + at, out + at);
    });
}

// One part of the cell's backward, for one row at one step: the gates' gradients into the scratch. `ds` is
// the gradient of the part's result; `direct` gets what it passes on without a product.
template <class T, class C, int PART>
void back_cell(const Sequence<T>& s, const Scratch<T>& w, int b, int turn, const T* dout, T* const* dstate, T* direct) {
  constexpr int L = Vec<T>::N, G = C::G, S = C::S;
  constexpr bool LAST = PART == C::PARTS - 1;
  const int P = s.P(), blocks = P / L, t = s.time(turn);
  for (int block = 0; block < blocks; ++block) {
    Vec<T> gates[G], extra[1], prev[S], ds[S], dx[G], dq[G], dprev[S];
    const T* at = s.template gate<C>(b, t) + block * L;
    for (int g = 0; g < G; ++g) gates[g] = Vec<T>::load(at + g * P);
    if constexpr (C::E > 0) extra[0] = Vec<T>::load(s.extra_at(b, t) + block * L);
    for (int k = 0; k < S; ++k) {
      prev[k] = Vec<T>::load(s.state(k, b, turn) + block * L);
      ds[k] = Vec<T>::load(dstate[k] + block * L);
    }
    if constexpr (LAST) ds[0] = ds[0] + Vec<T>::load(dout + block * L);
    else dprev[0] = Vec<T>::load(direct + block * L);
    T* to = w.dx + (ptrdiff_t(b) * s.T_ + t) * G * P + block * L;
    C::template backward<PART>(s.phi, s.sigma, gates, extra, prev, ds, dx, dq, dprev);
    for (int g = 0; g < G; ++g)
      if (C::made(PART, g)) dx[g].store(to + g * P);
    if (w.dq_last && LAST) dq[G - 1].store(w.dq_last + (ptrdiff_t(b) * s.T_ + t) * P + block * L);
    dprev[0].store(direct + block * L);
    if constexpr (LAST)
      for (int k = 1; k < S; ++k) dprev[k].store(dstate[k] + block * L);
  }
}

// Rows [first, last) through all turns in reverse.
template <class T, class C>
void run_back(const Sequence<T>& s, const std::vector<Buffer<T>>& panels, const Scratch<T>& w, int first, int last,
              const T* doutputs, const T* const* dfinal, T* const* dstart) {
  constexpr int G = C::G, S = C::S;
  const int P = s.P(), U = s.U, rows = last - first;
  const size_t size = size_t(rows) * P;
  Buffer<T> dstate[S], direct(size, T(0)), dout(size, T(0)), zeros(C::PARTS == 2 ? size : 0, T(0)), dsource(zeros);
  for (int k = 0; k < S; ++k) {
    dstate[k].assign(size, T(0));
    for (int r = 0; r < rows; ++r)
      std::copy_n(dfinal[k] + ptrdiff_t(first + r) * U, U, dstate[k].data() + size_t(r) * P);
  }
  if (!s.sequences)
    for (int r = 0; r < rows; ++r) std::copy_n(doutputs + ptrdiff_t(first + r) * U, U, dout.data() + size_t(r) * P);
  for (int turn = s.T_ - 1; turn >= 0; --turn) {
    const int t = s.time(turn);
    for (int r = 0; r < rows; ++r) {
      const int b = first + r;
      T* own = dout.data() + size_t(r) * P;
      if (s.sequences) {
        const T* given = doutputs + (ptrdiff_t(b) * s.T_ + turn) * U;
        for (int u = 0; u < U; ++u) own[u] += given[u];
      }
      const bool taken = s.taken(b, t);
      if (taken) {
        T* ds[S];
        for (int k = 0; k < S; ++k) ds[k] = dstate[k].data() + size_t(r) * P;
        back_cell<T, C, C::PARTS - 1>(s, w, b, turn, own, ds, direct.data() + size_t(r) * P);
      } else {
        std::fill_n(w.dx + (ptrdiff_t(b) * s.T_ + t) * G * P, G * P, T(0));
        if (w.dq_last) std::fill_n(w.dq_last + (ptrdiff_t(b) * s.T_ + t) * P, P, T(0));
      }
      // A masked row repeated the output before it, so its gradient waits for that step.
      if (taken || s.zero_output) std::fill_n(own, P, T(0));
    }
    if constexpr (C::PARTS == 2) {
      back_product<T, C, C::first(1), G>(s, panels, w, t, first, last, zeros.data(), dsource.data());
      for (int r = 0; r < rows; ++r) {
        T* ds[S] = {dsource.data() + size_t(r) * P};
        if (s.taken(first + r, t))
          back_cell<T, C, 0>(s, w, first + r, turn, nullptr, ds, direct.data() + size_t(r) * P);
      }
    }
    back_product<T, C, 0, C::first(1)>(s, panels, w, t, first, last, direct.data(), dstate[0].data());
  }
  for (int k = 0; k < S; ++k)
    for (int r = 0; r < rows; ++r)
      std::copy_n(dstate[k].data() + size_t(r) * P, U, dstart[k] + ptrdiff_t(first + r) * U);
}

// dx of rows [begin, end) of (B*T, F), from the gates' gradients.
template <class T, class C>
void back_project(const Sequence<T>& s, const std::vector<Buffer<T>>& panels, const Scratch<T>& w, int begin, int end,
                  T* dx) {
  constexpr int L = Vec<T>::N, G = C::G;
  const int P = s.P(), blocks = round_up(s.F, L) / L;
  for (int block = 0; block < blocks; ++block)
    by_rows<C::BACK_ROWS>(begin, end, [&](auto height, int row) {
      constexpr int MR = decltype(height)::value;
      Vec<T> sum[MR][1];
      for (int r = 0; r < MR; ++r) sum[r][0] = Vec<T>::zero();
      const int n = std::min(L, s.F - block * L);
      for (int g = 0; g < G; ++g) {
        const T* da = w.dx + (ptrdiff_t(row) * G + g) * P;
        const T* panel = panels[g].data() + size_t(block) * s.U * L;
        if (s.input_drops <= 1) {
          tile<T, MR, 1>(s.U, da, ptrdiff_t(G) * P, panel, sum);
          continue;
        }
        Vec<T> part[MR][1];
        for (int r = 0; r < MR; ++r) part[r][0] = Vec<T>::zero();
        tile<T, MR, 1>(s.U, da, ptrdiff_t(G) * P, panel, part);
        for (int r = 0; r < MR; ++r) {
          T padded[L] = {};
          std::copy_n(s.input_drop[g] + ptrdiff_t((row + r) / s.T_) * s.F + block * L, n, padded);
          sum[r][0] = fma(part[r][0], Vec<T>::load(padded), sum[r][0]);
        }
      }
      for (int r = 0; r < MR; ++r) {
        T values[L];
        sum[r][0].store(values);
        if (s.input_drops == 1)
          for (int l = 0; l < n; ++l) values[l] *= s.input_drop[0][ptrdiff_t((row + r) / s.T_) * s.F + block * L + l];
        std::copy_n(values, n, dx + ptrdiff_t(row + r) * s.F + block * L);
      }
    });
}

template <class T, class C>
void backward(const Sequence<T>& s, const Scratch<T>& w, const T* doutputs, const T* const* dfinal,
              const Gradients<T>& out) {
  const int P = s.P(), U = s.U, G = C::G;
  const ptrdiff_t rows = ptrdiff_t(s.B) * s.T_;
  std::vector<Buffer<T>> recurrent, kernel;
  for (int g = 0; g < G; ++g) {
    recurrent.push_back(pack_transposed(s.recurrent, U, U, G, g));
    kernel.push_back(pack_transposed(s.kernel, s.F, U, G, g));
  }
  const int jobs = std::max(1, std::min(s.threads, s.B));
  s.parallel(s.threads, jobs, [&](int job) {
    const int first = int(ptrdiff_t(s.B) * job / jobs), last = int(ptrdiff_t(s.B) * (job + 1) / jobs);
    run_back<T, C>(s, recurrent, w, first, last, doutputs, dfinal, out.start);
    back_project<T, C>(s, kernel, w, first * s.T_, last * s.T_, out.x);
  });
  // What each gate multiplied, in the order of timesteps, dropped where it was dropped; the inputs likewise.
  const int h_copies = s.recurrent_drops ? s.recurrent_drops : C::PARTS, x_copies = s.input_drops;
  Buffer<T> h(size_t(h_copies) * rows * U), x(size_t(x_copies) * rows * s.F);
  auto copy_of = [&](int g) { return s.recurrent_drops ? g : g >= C::first(1) ? 1 : 0; };
  for (int b = 0; b < s.B; ++b)
    for (int turn = 0; turn < s.T_; ++turn) {
      const ptrdiff_t at = ptrdiff_t(b) * s.T_ + s.time(turn);
      if (!s.taken(b, s.time(turn))) continue;
      for (int g = 0; g < G; ++g) {
        if (!s.recurrent_drops && g > 0 && copy_of(g) == copy_of(g - 1)) continue;
        const T* from = g >= C::first(1) ? s.extra_at(b, s.time(turn)) : s.state(0, b, turn);
        T* to = h.data() + (copy_of(g) * rows + at) * U;
        for (int u = 0; u < U; ++u)
          to[u] = s.recurrent_drops ? from[u] * s.recurrent_drop[g][ptrdiff_t(b) * U + u] : from[u];
      }
      for (int d = 0; d < x_copies; ++d)
        for (int f = 0; f < s.F; ++f)
          x[(d * rows + at) * s.F + f] = s.x[at * s.F + f] * s.input_drop[d][ptrdiff_t(b) * s.F + f];
    }
  std::fill_n(out.kernel, ptrdiff_t(s.F) * G * U, T(0));
  std::fill_n(out.recurrent, ptrdiff_t(U) * G * U, T(0));
  if (out.bias) std::fill_n(out.bias, C::BIASES * G * U, T(0));
  s.parallel(s.threads, 2 * G, [&](int job) {
    const int g = job / 2;
    const bool own = g == G - 1 && w.dq_last;
    const T* dx = w.dx + g * P;
    const T* dq = own ? w.dq_last : dx;
    const ptrdiff_t ldx = ptrdiff_t(G) * P, ldq = own ? P : ldx;
    if (job % 2 == 0) {
      const T* a = x_copies ? x.data() + (x_copies > 1 ? g : 0) * rows * s.F : s.x;
      weight_gradient(rows, a, s.F, s.F, dx, ldx, U, s.mask, out.kernel + g * U, ptrdiff_t(G) * U);
      if (out.bias) {
        for (ptrdiff_t m = 0; m < rows; ++m)
          for (int u = 0; u < U; ++u) out.bias[g * U + u] += dx[m * ldx + u];
        if (C::BIASES == 2)
          for (ptrdiff_t m = 0; m < rows; ++m)
            for (int u = 0; u < U; ++u) out.bias[(G + g) * U + u] += dq[m * ldq + u];
      }
    } else {
      const T* a = h.data() + copy_of(g) * rows * U;
      weight_gradient(rows, a, U, U, dq, ldq, U, s.mask, out.recurrent + g * U, ptrdiff_t(G) * U);
    }
  });
}

}  // namespace ELMAN_ISA
