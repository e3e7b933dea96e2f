// The gradients of the weights: sums over all rows of all turns, added up a window at a time.
//
// Members split units and never rows, and rows come turn by turn, slot by slot: every sum has one order, however
// the rows were shared out.
#pragma once

#include "tape.hpp"

namespace ELMAN_ISA {

template <class T, class C>
class WeightGradients {
 public:
  WeightGradients(const Sequence<T>& s, int threads) : s_(s) {
    const int V = s.vectors(), G = C::G;
    kernel_ = Buffer<T>(V * panel_size<T>(s.F, G));
    for (int p = 0; C::PRODUCT && p < C::PARTS; ++p) recurrent_[p] = Buffer<T>(V * panel_size<T>(s.U, C::gates(p)));
    bias_ = Buffer<T>(V * panel_size<T>(1, G)), recurrent_bias_ = Buffer<T>(V * panel_size<T>(1, G));
    runs_ = Buffer<Run>(threads * most_runs());
  }

  // A member's part of clearing the sums.
  void clear(const elman::Member& member) {
    const Range own = part_of(s_.vectors(), member);
    const auto clear = [&](const Buffer<T>& sums, ptrdiff_t size) {
      fill(sums.at() + own.begin * size, (own.end - own.begin) * size, T(0));
    };
    clear(kernel_, panel_size<T>(s_.F, C::G));
    for (int p = 0; C::PRODUCT && p < C::PARTS; ++p) clear(recurrent_[p], panel_size<T>(s_.U, C::gates(p)));
    clear(bias_, panel_size<T>(1, C::G)), clear(recurrent_bias_, panel_size<T>(1, C::G));
  }

  // A member's part of what turns [first, after), of one window, add: `inputs` and, where dropout changed what the
  // gates multiplied, `sources` are planes of that window.
  void add(const Tape<T, C>& tape, int first, int after, const T* inputs, const T* sources,
           const elman::Member& member) {
    Run* const runs = runs_.at() + member.id * most_runs();
    const Window window{tape.all_records(first), runs, list(first, after, runs), part_of(s_.vectors(), member)};
    const ptrdiff_t copies = std::max(1, s_.input_drops), blocks = blocks_of<T>(s_.F);
    ptrdiff_t gates[C::G];
    for (int g = 0; g < C::G; ++g) gates[g] = g * s_.blocks();
    add_product(Planes<T>{inputs, copies * blocks, 0}, copies > 1 ? blocks : 0, s_.F, gates, window, kernel_.at());
    if (!C::NORMALISED) add_bias(gates, window, bias_.at());
    if constexpr (C::PRODUCT) add_recurrent<0>(tape, first, sources, window);
    if constexpr (C::PARTS == 2) add_recurrent<1>(tape, first, sources, window);
  }

  // A member's part of the gradients, to where the user wants them.
  void unpack(const elman::Member& member, const elman::Backward& out) const {
    const int U = s_.U, G = C::G;
    const Range own = part_of(s_.vectors(), member);
    T* bias = static_cast<T*>(out.dbias);
    for (int v = own.begin; v < own.end; ++v) {
      unpack_gates(kernel_.at() + v * panel_size<T>(s_.F, G), s_.F, U, G, 0, G, v, static_cast<T*>(out.dkernel));
      for (int p = 0; C::PRODUCT && p < C::PARTS; ++p)
        unpack_gates(recurrent_[p].at() + v * panel_size<T>(U, C::gates(p)), U, U, G, C::first(p), C::gates(p), v,
                     static_cast<T*>(out.drecurrent));
      if (bias) unpack_gates(bias_.at() + v * panel_size<T>(1, G), 1, U, G, 0, G, v, bias);
      if (bias && C::BIASES == 2)
        unpack_gates(recurrent_bias_.at() + v * panel_size<T>(1, G), 1, U, G, 0, G, v, bias + ptrdiff_t(G) * U);
    }
  }

 private:
  // The gates' gradients, over which rows the sums go, and for which vectors of units.
  struct Window {
    Planes<T> records;
    const Run *runs, *end;
    Range own;
  };

  template <int PART>
  void add_recurrent(const Tape<T, C>& tape, int first, const T* sources, const Window& window) {
    constexpr int N = C::gates(PART);
    const ptrdiff_t blocks = s_.blocks();
    ptrdiff_t gates[N];
    for (int n = 0; n < N; ++n) gates[n] = C::product_field(C::first(PART) + n) * blocks;
    Planes<T> source = PART == 0 ? tape.all_states(first) : window.records;
    if (PART == 1) source.first += C::G * blocks;
    if (sources) source = {sources, C::G * blocks, C::first(PART) * blocks};
    add_product(source, sources ? blocks : 0, s_.U, gates, window, recurrent_[PART].at());
    if constexpr (C::BIASES == 2) add_bias(gates, window, recurrent_bias_.at());
  }

  // sums += left^T x gates. Where the gates multiplied different things, each has a left factor `apart` planes after
  // the one before it.
  template <int N>
  void add_product(const Planes<T>& left, ptrdiff_t apart, int columns, const ptrdiff_t (&gates)[N],
                   const Window& window, T* sums) {
    const Sums<T> all{sums, panel_size<T>(columns, N), panel_size<T>(1, N)};
    if (N == 1 || apart == 0) {
      by_groups<N>(window.own.begin, window.own.end, [&](auto group, int v) {
        const Columns<T, N, decltype(group)::value> right{window.records, gates, v};
        gradient(left, columns, right, window.runs, window.end, all);
      });
      return;
    }
    by_groups<1>(window.own.begin, window.own.end, [&](auto group, int v) {
      for (int n = 0; n < N; ++n) {
        const Planes<T> one{left.at, left.count, left.first + n * apart};
        const Columns<T, 1, decltype(group)::value> right{window.records, gates + n, v};
        gradient(one, columns, right, window.runs, window.end, {sums + n * Vec<T>::N, all.panel, all.step});
      }
    });
  }

  template <int N>
  void add_bias(const ptrdiff_t (&gates)[N], const Window& window, T* sums) {
    by_groups<N>(window.own.begin, window.own.end, [&](auto group, int v) {
      add_rows(Columns<T, N, decltype(group)::value>{window.records, gates, v}, window.runs, window.end, sums);
    });
  }

  ptrdiff_t most_runs() const { return ptrdiff_t(s_.window) * (s_.shares + s_.B / CHUNK) + 1; }

  // The rows that take steps, in the order of turns and slots, CHUNK at most in a run; returns the end.
  Run* list(int first, int after, Run* end) const {
    const auto add = [&](const Share& share, ptrdiff_t from, ptrdiff_t rows) {
      const ptrdiff_t turn = ptrdiff_t(s_.window) * W<T>;  // numbers in a row of a plane, of all turns
      for (; rows > 0; from += CHUNK, rows -= CHUNK)
        *end++ = {share.first * turn, share.rows * turn, from, std::min(rows, CHUNK)};
    };
    if (s_.shares == 1 && !s_.mask) return add(s_.share(0), 0, ptrdiff_t(after - first) * s_.B), end;
    for (int turn = first; turn < after; ++turn)
      for (int id = 0; id < s_.shares; ++id) {
        const Share share = s_.share(id);
        add(share, ptrdiff_t(turn - first) * share.rows, s_.active(share, turn));
      }
    return end;
  }

  const Sequence<T>& s_;
  Buffer<T> kernel_, recurrent_[C::PARTS], bias_, recurrent_bias_;
  Buffer<Run> runs_;
};

}  // namespace ELMAN_ISA
