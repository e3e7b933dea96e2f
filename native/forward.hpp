// The time loop forward, written once for all cells: the twin of `unroll` in src/elman/bptt.py.
//
// Each member of the team takes rows of the batch through all timesteps without waiting for the others; where
// there are few rows, or weights that one core's cache cannot hold, it takes some of the units instead.
#pragma once

#include "sequence.hpp"

namespace ELMAN_ISA {

// The weights as the products read them, and the masks of recurrent dropout as planes.
template <class T, class C>
struct ForwardWeights {
  Buffer<T> kernel, recurrent[C::PARTS], bias, recurrent_bias, drop;

  explicit ForwardWeights(const Sequence<T>& s) {
    const int V = s.vectors();
    kernel = Buffer<T>(V * panel_size<T>(s.F, C::G));
    for (int p = 0; p < C::PARTS; ++p) recurrent[p] = Buffer<T>(V * panel_size<T>(s.U, C::gates(p)));
    if (s.bias) bias = Buffer<T>(V * panel_size<T>(1, C::G));
    if (s.bias && C::BIASES == 2) recurrent_bias = Buffer<T>(V * panel_size<T>(1, C::G));
    if (s.recurrent_drops) drop = Buffer<T>(ptrdiff_t(C::G) * s.blocks() * s.B * W<T>);
  }

  // A member's part of the packing.
  void pack(const Sequence<T>& s, const elman::Member& member) {
    const int V = s.vectors(), U = s.U, G = C::G;
    for (int v = V * member.id / member.size; v < V * (member.id + 1) / member.size; ++v) {
      pack_gates(s.kernel, s.F, U, G, 0, G, v, kernel.at() + v * panel_size<T>(s.F, G));
      for (int p = 0; p < C::PARTS; ++p)
        pack_gates(s.recurrent, U, U, G, C::first(p), C::gates(p), v,
                   recurrent[p].at() + v * panel_size<T>(U, C::gates(p)));
      if (bias) pack_gates(s.bias, 1, U, G, 0, G, v, bias.at() + v * panel_size<T>(1, G));
      if (recurrent_bias)
        pack_gates(s.bias + ptrdiff_t(G) * U, 1, U, G, 0, G, v, recurrent_bias.at() + v * panel_size<T>(1, G));
    }
    const ptrdiff_t plane = ptrdiff_t(s.B) * W<T>;
    for (int slot = s.B * member.id / member.size; slot < s.B * (member.id + 1) / member.size; ++slot)
      for (int g = 0; g < s.recurrent_drops; ++g)
        put_row(s.recurrent_drop[g] + ptrdiff_t(s.row(slot)) * U, U,
                drop.at() + g * s.blocks() * plane + ptrdiff_t(slot) * W<T>, plane);
  }
};

// The inputs of turns [begin, end) of one window and of slots [first, last) as planes: a copy for each mask of
// input dropout. A masked step has zeros.
template <class T>
void pack_inputs(const Sequence<T>& s, int begin, int end, int first, int last, T* planes) {
  const ptrdiff_t plane = ptrdiff_t(s.window) * s.B * W<T>, copy = blocks_of<T>(s.F) * plane;
  for (int turn = begin; turn < end; ++turn)
    for (int slot = first; slot < last; ++slot) {
      const ptrdiff_t row = s.row(slot);
      const T* x = s.x + (row * s.T_ + s.time(turn)) * s.F;
      T* to = planes + (ptrdiff_t(turn - begin) * s.B + slot) * W<T>;
      for (int d = 0; d < std::max(1, s.input_drops); ++d, to += copy) {
        if (!s.taken(slot, turn)) fill_row(T(0), s.F, to, plane);
        else put_row(x, s.F, to, plane);
        if (s.input_drops && s.taken(slot, turn))
          for (int f = 0; f < s.F; ++f) to[f / W<T> * plane + f % W<T>] *= s.input_drop[d][row * s.F + f];
      }
    }
}

template <class T>
ptrdiff_t inputs_size(const Sequence<T>& s) {
  return ptrdiff_t(std::max(1, s.input_drops)) * blocks_of<T>(s.F) * s.window * s.B * W<T>;
}

// One member's pass over a sequence.
template <class T, class C>
struct Forward {
  const Sequence<T>& s;
  const ForwardWeights<T, C>& weights;
  const Share share;
  elman::Member& member;
  T* inputs;   // of one window, shared by the team
  T* scratch;  // of this member

  static ptrdiff_t product_size(const Sequence<T>& s) {  // of the products of one group of vectors
    const ptrdiff_t alone = at_once_alone(1) / PARTS_OF_BLOCK<T> + 2, group = at_once(1) / PARTS_OF_BLOCK<T> + 2;
    return std::max(alone, group * s.B) * C::G * W<T>;
  }
  static ptrdiff_t scratch_size(const Sequence<T>& s) {
    return product_size(s) + (s.recurrent_drops ? C::G * s.blocks() * ptrdiff_t(s.B) * W<T> : 0);
  }

  // Turns [begin, end), a segment of whole windows, into the store; emit(turn, at) sees each when it is done.
  template <class Emit>
  void run(int begin, int end, const Store<T, C>& store, Emit&& emit) const {
    if (usual<C>(s)) run_with(Known<TANH>{}, Known<SIGMOID>{}, begin, end, store, emit);
    else run_with(s.phi, s.sigma, begin, end, store, emit);
  }

 private:
  template <class Phi, class Sigma, class Emit>
  void run_with(Phi phi, Sigma sigma, int begin, int end, const Store<T, C>& store, Emit&& emit) const {
    for (int window = begin; window < end; window += s.window) {
      const int after = std::min(window + s.window, end);
      if (share.by_units) {
        pack_inputs(s, window, after, s.B * member.id / member.size, s.B * (member.id + 1) / member.size, inputs);
        member.wait();
      } else {
        pack_inputs(s, window, after, share.first, share.last, inputs);
      }
      project(store.at(window), window, after);
      for (int turn = window; turn < after; ++turn) {
        const Turn<T> at = store.at(turn);
        if (share.by_units) member.wait();
        step<0>(phi, sigma, at, turn);
        if constexpr (C::PARTS == 2) {
          if (share.by_units) member.wait();
          step<1>(phi, sigma, at, turn);
        }
        emit(turn, at);
      }
    }
  }

  // xw = x W + b for a window's turns, into the records.
  void project(const Turn<T>& at, int begin, int end) const {
    const ptrdiff_t plane = at.record_plane;
    const Rows<T> x{inputs, plane, s.F, {0}, 1, s.input_drops > 1 ? blocks_of<T>(s.F) * plane : 0};
    const Place<T> xw{at.records, plane, W<T>, s.blocks() * plane};
    const bool whole = !s.mask && share.first == 0 && share.last == s.B;  // the turns' rows are one range
    const ptrdiff_t rows = whole ? ptrdiff_t(end - begin) * s.B : share.last - share.first;
    by_groups<C::G>(rows, share.begin, share.end, [&](auto group, int v) {
      for (int turn = begin; turn < end; ++turn) {
        const ptrdiff_t row = ptrdiff_t(turn - begin) * s.B;
        const ptrdiff_t first = whole ? 0 : row + share.first;
        const ptrdiff_t last = whole ? rows : row + std::min(share.last, s.active(turn));
        product<T, C::G, decltype(group)::value>(x, first, last, weights.kernel.at(), panel_size<T>(s.F, C::G),
                                                 weights.bias.at(), nullptr, xw, v);
        if (whole) break;
      }
    });
  }

  // One part of a step: the product of its source with its gates, and then the cell, a few units at a time.
  template <int PART, class Phi, class Sigma>
  void step(Phi phi, Sigma sigma, const Turn<T>& at, int turn) const {
    constexpr int N = C::gates(PART);
    const int last = std::min(share.last, s.active(turn)), rows = last - share.first;
    const ptrdiff_t plane = ptrdiff_t(std::max(0, rows)) * N * W<T>;
    Rows<T> source{at.states, at.state_plane, s.U, {0}, 1, 0};
    if (PART == 1) source.at = at.records + C::G * s.blocks() * at.record_plane, source.plane = at.record_plane;
    if (s.recurrent_drops) drop<PART>(source, last);
    by_groups<N>(rows, share.begin, share.end, [&](auto group, int v) {
      constexpr int S = decltype(group)::value;
      T* products = scratch - v / PARTS_OF_BLOCK<T> * plane - ptrdiff_t(share.first) * N * W<T>;
      product<T, N, S>(source, share.first, last, weights.recurrent[PART].at(), panel_size<T>(s.U, N),
                       weights.recurrent_bias.at(), nullptr, Place<T>{products, plane, N * W<T>, W<T>}, v);
      for (int i = v; i < v + S; ++i) apply<PART>(phi, sigma, at, turn, products + vector_at<T>(i, plane), i, last);
    });
  }

  // The source as each gate reads it, through a mask of its own.
  template <int PART>
  void drop(Rows<T>& source, int last) const {
    const ptrdiff_t plane = ptrdiff_t(s.B) * W<T>, field = s.blocks() * plane;
    T* dropped = scratch + product_size(s);
    for (int g = 0; g < C::gates(PART); ++g)
      for (int v = 0; v < s.vectors(); ++v) {
        const T* from = source.at + vector_at<T>(v, source.plane);
        const ptrdiff_t to = vector_at<T>(v, plane);
        const T* mask = weights.drop.at() + (C::first(PART) + g) * field + to;
        for (ptrdiff_t i = share.first * W<T>; i < ptrdiff_t(last) * W<T>; i += W<T>)
          (Vec<T>::load(from + i) * Vec<T>::load(mask + i)).store(dropped + g * field + to + i);
      }
    source.at = dropped, source.plane = plane, source.own = field;
  }

  // One part of the cell for the rows up to `last`, and one vector of units.
  template <int PART, class Phi, class Sigma>
  void apply(Phi phi, Sigma sigma, const Turn<T>& at, int turn, const T* products, int v, int last) const {
    constexpr int G = C::G, S = C::S, FIRST = C::first(PART), N = C::gates(PART);
    const ptrdiff_t field = s.blocks() * at.record_plane;
    const ptrdiff_t before = s.blocks() * at.state_plane, after = s.blocks() * at.next_plane;
    T* record = at.records + vector_at<T>(v, at.record_plane);
    const T* states = at.states + vector_at<T>(v, at.state_plane);
    T* next = at.next + vector_at<T>(v, at.next_plane);
    const auto rows = [&](auto vectors, ptrdiff_t row) {
      using V = decltype(vectors);
      const ptrdiff_t i = row * W<T>;
      V x[N], q[N], gates[G], extra[1], prev[S], state[S], a[G];
      for (int g = 0; g < N; ++g) x[g] = V::load(record + (FIRST + g) * field + i, W<T>);
      for (int g = 0; g < N; ++g) q[g] = V::load(products + row * N * W<T> + g * W<T>, N * W<T>);
      for (int g = 0; g < FIRST; ++g) gates[g] = V::load(record + g * field + i, W<T>);
      for (int k = 0; k < S; ++k) prev[k] = V::load(states + k * before + i, W<T>);
      C::template forward<PART>(phi, sigma, x, q, prev, gates, extra, state, a);
      for (int g = FIRST; g < FIRST + N; ++g) gates[g].store(record + g * field + i, W<T>);
      if (!KNOWN<Phi> && s.keeps_input)
        for (int g = FIRST; g < FIRST + N; ++g) a[g].store(record + (G + C::E + g) * field + i, W<T>);
      if constexpr (C::E > 0 && PART == 0) extra[0].store(record + G * field + i, W<T>);
      if constexpr (PART == C::PARTS - 1)
        for (int k = 0; k < S; ++k) state[k].store(next + k * after + i, W<T>);
    };
    by_taken(s, turn, share.first, last, rows);
    if (!s.mask) return;
    for (ptrdiff_t row = share.first; row < share.last; ++row)  // the others keep their state
      if (row >= last || !s.taken(int(row), turn))
        for (int k = 0; k < S; ++k) Vec<T>::load(states + k * before + row * W<T>).store(next + k * after + row * W<T>);
  }
};

// The user's states (B, U) each into planes of the slots, zeros where there are none; and out of them, if wanted.
template <class T, int S>
void put_states(const Sequence<T>& s, const T* const* from, T* to, ptrdiff_t plane) {
  for (int k = 0; k < S; ++k, to += s.blocks() * plane)
    for (int slot = 0; slot < s.B; ++slot) {
      T* row = to + ptrdiff_t(slot) * W<T>;
      if (from[k]) put_row(from[k] + ptrdiff_t(s.row(slot)) * s.U, s.U, row, plane);
      else fill_row(T(0), s.U, row, plane);
    }
}
template <class T, int S>
void get_states(const Sequence<T>& s, const T* from, T* const* to) {
  const ptrdiff_t plane = ptrdiff_t(s.B) * W<T>;
  for (int k = 0; k < S && to[k]; ++k, from += s.blocks() * plane)
    for (int slot = 0; slot < s.B; ++slot)
      get_row(from + ptrdiff_t(slot) * W<T>, plane, s.U, to[k] + ptrdiff_t(s.row(slot)) * s.U);
}

// A share's part of the states after a turn, into planes of their own.
template <class T, int S>
void save_states(const Sequence<T>& s, const Share& share, const Turn<T>& at, T* to) {
  const ptrdiff_t plane = ptrdiff_t(s.B) * W<T>;
  for (int k = 0; k < S; ++k, to += s.blocks() * plane)
    for (int v = share.begin; v < share.end; ++v) {
      const T* from = at.next + k * s.blocks() * at.next_plane + vector_at<T>(v, at.next_plane);
      for (ptrdiff_t i = share.first * W<T>; i < ptrdiff_t(share.last) * W<T>; i += W<T>)
        Vec<T>::load(from + i).store(to + vector_at<T>(v, plane) + i);
    }
}

// The outputs of one turn, of a share: the new state, or where no step was taken what `zero_output` says.
template <class T>
void put_outputs(const Sequence<T>& s, const Share& share, int turn, const Turn<T>& at, T* outputs) {
  const int first = share.begin / PARTS_OF_BLOCK<T>, last = ceil_div(share.end, PARTS_OF_BLOCK<T>);
  const int columns = std::min(s.U, last * W<T>) - first * W<T>;
  if (!s.sequences && turn < s.T_ - 1) return;
  for (int slot = share.first; slot < share.last; ++slot) {
    const ptrdiff_t row = s.row(slot);
    T* to = outputs + (s.sequences ? row * s.T_ + turn : row) * s.U + first * W<T>;
    // Before its first step a row has put out nothing, whatever state it started from.
    const bool zero = !s.taken(slot, turn) && (s.zero_output || !s.started(slot, turn));
    if (zero) fill(to, columns, T(0));
    else get_row(at.next + first * at.next_plane + ptrdiff_t(slot) * W<T>, at.next_plane, columns, to);
  }
}

// The reverse of save_states, for all rows and units: planes of their own into the states before a turn.
template <class T, int S>
void load_states(const Sequence<T>& s, const T* from, const Turn<T>& at) {
  const ptrdiff_t plane = ptrdiff_t(s.B) * W<T>;
  for (int i = 0; i < S * s.blocks(); ++i)
    std::memcpy(at.states + i * at.state_plane, from + i * plane, size_t(plane) * sizeof(T));
}

template <class T, class C>
void forward(const elman::Arguments& a, const elman::Forward& f) {
  const Sequence<T> s(a);
  using Tape = Store<T, C>;
  const T* start[2] = {static_cast<const T*>(f.start[0]), static_cast<const T*>(f.start[1])};
  T* final[2] = {static_cast<T*>(f.final[0]), static_cast<T*>(f.final[1])};
  const ptrdiff_t states = Tape::states_size(s), each = Forward<T, C>::scratch_size(s);
  ForwardWeights<T, C> weights(s);
  Buffer<T> inputs(inputs_size(s)), scratch(a.threads * each), last(states), window, pair;
  const bool whole = a.records && !a.checkpoint;
  if (!whole) window = Buffer<T>(Tape::records_size(s, s.window)), pair = Buffer<T>(2 * states);
  const Tape tape{whole ? static_cast<T*>(a.records) : window.at(),
                  whole ? static_cast<T*>(a.states) : pair.at(),
                  last.at(),
                  s.B,
                  s.blocks(),
                  s.window,
                  0,
                  s.T_,
                  !whole,
                  Tape::fields_of(s)};
  T* const checkpoints = a.checkpoint ? static_cast<T*>(a.states) : nullptr;
  run_team(a.threads, [&](elman::Member& member) {
    const Share share = share_of(s, member);
    weights.pack(s, member);
    if (member.id == 0) {
      put_states<T, C::S>(s, start, tape.at(0).states, tape.at(0).state_plane);
      if (checkpoints) put_states<T, C::S>(s, start, checkpoints, ptrdiff_t(s.B) * W<T>);
    }
    member.wait();
    const Forward<T, C> pass{s, weights, share, member, inputs.at(), scratch.at() + member.id * each};
    pass.run(0, s.T_, tape, [&](int turn, const Turn<T>& at) {
      put_outputs(s, share, turn, at, static_cast<T*>(f.outputs));
      if (checkpoints && (turn + 1) % a.checkpoint == 0 && turn + 1 < s.T_)
        save_states<T, C::S>(s, share, at, checkpoints + (turn + 1) / a.checkpoint * states);
    });
    member.wait();
    if (member.id == 0) get_states<T, C::S>(s, last.at(), final);
  });
}

}  // namespace ELMAN_ISA
