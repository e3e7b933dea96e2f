// The time loop forward, written once for all cells: the twin of `unroll` in src/elman/bptt.py.
//
// Each member of the team takes rows of the batch through all timesteps without waiting for the others; where
// there are few rows, or weights that one core's cache cannot hold, it takes some of the units instead.
#pragma once

#include "normalised.hpp"
#include "own_weights.hpp"
#include "state_planes.hpp"
#include "tape.hpp"
#include "weights.hpp"

namespace ELMAN_ISA {

// The inputs of turns [begin, end) of one window as planes, for the rows of a share that are its to do: a copy for
// each mask of input dropout. A masked step has zeros, unless it comes after all rows that take one.
template <class T>
void pack_inputs(const Sequence<T>& s, const Share& share, int begin, int end, T* planes) {
  const ptrdiff_t plane = ptrdiff_t(s.window) * share.rows * W<T>, copy = blocks_of<T>(s.F) * plane;
  for (int turn = begin; turn < end; ++turn)
    for (int i = share.from; i < std::min(share.to, s.active(share, turn)); ++i) {
      const int slot = share.first + i;
      const ptrdiff_t row = s.row(slot);
      const T* x = s.x + (row * s.T_ + s.time(turn)) * s.F;
      T* to = planes + (ptrdiff_t(turn - begin) * share.rows + i) * W<T>;
      const bool taken = s.taken(slot, turn);
      for (int d = 0; d < std::max(1, s.input_drops); ++d, to += copy) {
        if (taken) put_row(x, s.F, to, plane);
        else fill_row(T(0), s.F, to, plane);
        if (taken && s.input_drops) multiply_row(s.input_drop[d] + row * s.F, s.F, to, plane);
      }
    }
}

template <class T>
ptrdiff_t inputs_size(const Sequence<T>& s, int rows) {  // of a window
  return ptrdiff_t(std::max(1, s.input_drops)) * blocks_of<T>(s.F) * s.window * rows * W<T>;
}

// The products of one group of vectors of so many gates: for all rows, or for one of several more vectors.
template <class T>
ptrdiff_t products_size(const Sequence<T>& s, int gates) {
  const ptrdiff_t alone = at_once_alone(1) / PARTS_OF_BLOCK<T> + 2, group = at_once(1) / PARTS_OF_BLOCK<T> + 2;
  return std::max(alone, group * s.B) * gates * W<T>;
}

// One member's pass over one share.
template <class T, class C>
struct Forward {
  const Sequence<T>& s;
  const ForwardWeights<T, C>& weights;
  const OwnWeights<T, C>& own;
  const RecurrentMasks<T, C>& masks;
  const Tape<T, C>& tape;
  const Share share;
  elman::Member& member;
  T* inputs;   // of one window of the share
  T* streams;  // of one turn of the share
  T* scratch;  // of this member

  static ptrdiff_t scratch_size(const Sequence<T>& s) {
    return products_size(s, C::G) + (s.recurrent_drops ? C::G * s.blocks() * ptrdiff_t(s.B) * W<T> : 0);
  }

  // All turns of the tape; emit(turn, at) sees each when it is done.
  template <class Emit>
  void run(Emit&& emit) const {
    const int end = tape.first + tape.turns;
    for (int window = tape.first; window < end; window += s.window) {
      const int after = std::min(window + s.window, end);
      pack_inputs(s, share, window, after, inputs);
      meet();
      project(tape.at(share, window), window, after);
      if (!C::PRODUCT) meet();  // before the next window's inputs come
      if constexpr (C::NORMALISED)
        for (int turn = window; turn < after; ++turn) {
          const Turn<T> at = tape.at(share, turn);
          turn_of(at, turn).take_products(C::G, 0);
        }
      for (int turn = window; turn < after; ++turn) {
        const Turn<T> at = tape.at(share, turn);
        if (C::STREAMS > 0) read().put(turn);
        if (s.resets(turn)) reset(at, turn);
        if constexpr (C::DECAYS) decay(at, turn);
        if (C::PRODUCT) meet();
        step<0>(at, turn);
        if constexpr (C::PARTS == 2) {
          meet();
          step<1>(at, turn);
        }
        emit(turn, at);
      }
    }
  }

 private:
  // Where members split units, each reads next what all have written.
  void meet() const {
    if (s.by_units) member.wait();
  }

  StreamPlanes<T, C> read() const { return {s, share, streams}; }

  // States put back before the turn, whether the rows take a step in it or not.
  void reset(const Turn<T>& at, int turn) const {
    for (int i = 0; i < share.rows; ++i)
      if (s.reset(share.first + i, turn))
        for (int k = 0; k < C::S; ++k)
          for (int v = share.begin; v < share.end; ++v)
            Vec<T>::load(own.reset_state.at(k, v))
                .store(at.states + k * s.blocks() * at.state_plane + vector_at<T>(v, at.state_plane) + i * W<T>);
  }

  // The state faded before the step; as it was, for the way back, into the record after the cell's first extra one.
  void decay(const Turn<T>& at, int turn) const {
    T* const records = at.records + (C::G + 1) * s.blocks() * at.record_plane;
    for (int v = share.begin; v < share.end; ++v) {
      T *const record = records + vector_at<T>(v, at.record_plane), *const fade =
                                                                        read().at(0) + vector_at<T>(v, read().plane);
      T* const states = at.states + vector_at<T>(v, at.state_plane);
      for (int i = 0; i < s.active(share, turn) * W<T>; i += W<T>) {
        if (!s.taken(share.first + i / W<T>, turn)) continue;
        const Vec<T> h = Vec<T>::load(states + i);
        h.store(record + i);
        (h * Vec<T>::load(fade + i)).store(states + i);
      }
    }
  }

  // xw = x W + b for a window's turns, into the records.
  void project(const Turn<T>& at, int begin, int end) const {
    const ptrdiff_t plane = at.record_plane;
    const Rows<T> x{inputs, plane, s.F, {0}, 1, s.input_drops > 1 ? blocks_of<T>(s.F) * plane : 0};
    const Panels<T> kernel{weights.kernel.at(), panel_size<T>(s.F, C::G), panel_size<T>(1, C::G), weights.bias.at()};
    const ptrdiff_t skipped = C::NORMALISED ? C::G : 0;  // whose gates have a place beside x W
    const Place<T> xw{at.records + skipped * s.blocks() * plane, plane, W<T>, s.blocks() * plane};
    const auto row = [&](int turn) { return ptrdiff_t(turn - begin) * share.rows; };
    by_groups<C::G>(row(end), x.own, share.begin, share.end, [&](auto own, auto group, int v) {
      constexpr int S = decltype(group)::value;
      for (int turn = begin, last; turn < end; turn = last + 1) {  // turns that all rows take are one range
        for (last = turn; last + 1 < end && s.active(share, last) == share.rows;) ++last;
        const ptrdiff_t after = row(last) + s.active(share, last);
        product<T, C::G, S, decltype(own)::value>(x, row(turn), after, kernel, nullptr, xw, v);
      }
    });
  }

  // One part of a step: the product of its source with its gates, and then the cell, a few units at a time.
  template <int PART>
  void step(const Turn<T>& at, int turn) const {
    if constexpr (C::NORMALISED) {
      multiply_for_moments(at, turn);
      with_activations<C>(s, [&](auto phi, auto sigma) { apply_normalised(phi, sigma, at, turn); });
    } else if constexpr (C::PRODUCT) {
      multiply_and_apply<PART>(at, turn);
    } else {
      with_activations<C>(s, [&](auto phi, auto sigma) {
        for (int v = share.begin; v < share.end; ++v) apply<PART>(phi, sigma, at, turn, nullptr, v);
      });
    }
  }

  template <int PART>
  void multiply_and_apply(const Turn<T>& at, int turn) const {
    constexpr int N = C::gates(PART);
    const int rows = s.active(share, turn);
    const ptrdiff_t plane = ptrdiff_t(rows) * N * W<T>;
    Rows<T> source{at.states, at.state_plane, s.U, {0}, 1, 0};
    if (PART == 1) source.at = at.records + C::G * s.blocks() * at.record_plane, source.plane = at.record_plane;
    if (s.recurrent_drops) drop<PART>(source, rows);
    const Panels<T> recurrent{weights.recurrent[PART].at(), panel_size<T>(s.U, N), panel_size<T>(1, N),
                              weights.recurrent_bias.at()};
    by_groups<N>(rows, source.own, share.begin, share.end, [&](auto own, auto group, int v) {
      constexpr int S = decltype(group)::value;
      const Place<T> products{scratch, plane, N * W<T>, W<T>, block_begin<T>(v)};
      product<T, N, S, decltype(own)::value>(source, 0, rows, recurrent, nullptr, products, v);
      for (int i = v; i < v + S; ++i)
        with_activations<C>(s, [&](auto phi, auto sigma) { apply<PART>(phi, sigma, at, turn, products.row(i, 0), i); });
    });
  }

  NormalisedTurn<T, C> turn_of(const Turn<T>& at, int turn) const { return {s, share, at, turn}; }

  // h R and its moments into the records.
  void multiply_for_moments(const Turn<T>& at, int turn) const {
    constexpr int G = C::G;
    const int rows = s.active(share, turn);
    const NormalisedTurn<T, C> here = turn_of(at, turn);
    Rows<T> source{at.states, at.state_plane, s.U, {0}, 1, 0};
    if (s.recurrent_drops) drop<0>(source, rows);
    const Panels<T> recurrent{weights.recurrent[0].at(), panel_size<T>(s.U, G), panel_size<T>(1, G)};
    const Place<T> q{here.record(here.Q), here.plane, W<T>, here.field};
    by_groups<G>(rows, source.own, share.begin, share.end, [&](auto own, auto group, int v) {
      product<T, G, decltype(group)::value, decltype(own)::value>(source, 0, rows, recurrent, nullptr, q, v);
    });
    here.take_products(here.Q, C::GROUPS);
  }

  template <class Phi, class Sigma>
  void apply_normalised(Phi phi, Sigma sigma, const Turn<T>& at, int turn) const {
    constexpr int G = C::G, S = C::S;
    const NormalisedTurn<T, C> here = turn_of(at, turn);
    const ptrdiff_t before = s.blocks() * at.state_plane, after = s.blocks() * at.next_plane;
    for (int v = share.begin; v < share.end; ++v) {
      T *const record = here.record(0) + vector_at<T>(v, here.plane), *const next =
                                                                          at.next + vector_at<T>(v, at.next_plane);
      const T* states = at.states + vector_at<T>(v, at.state_plane);
      by_taken(s, share, turn, [&](auto vectors, ptrdiff_t row) {
        using V = decltype(vectors);
        const ptrdiff_t i = row * W<T>;
        V x[G], q[G], prev[S], gates[G], state[S];
        const VectorsAt<V> w{own.vectors, v};
        const auto normalised = [&](int f, const Moments<T>& moments) {
          T* const a = record + f * here.field + i;
          const V ahat = (V::load(a, W<T>) - moments.template mean<V>()) * moments.template scale<V>();
          return ahat.store(a, W<T>), ahat;
        };
        for (int g = 0; g < G; ++g) x[g] = normalised(here.X + g, here.of_inputs(g, row));
        for (int g = 0; g < G; ++g) q[g] = normalised(here.Q + g, here.of_product(g, row));
        for (int k = 0; k < S; ++k) prev[k] = V::load(states + k * before + i, W<T>);
        C::forward(phi, sigma, x, q, prev, w, gates, state);
        for (int g = 0; g < G; ++g) gates[g].store(record + g * here.field + i, W<T>);
        state[S - 1].store(next + (S - 1) * after + i, W<T>);
      });
      keep(at, turn, v);
    }
    if constexpr (C::STATE) {
      here.take_state();
      for (int v = share.begin; v < share.end; ++v) {
        T *const record = here.record(0) + vector_at<T>(v, here.plane), *const next =
                                                                            at.next + vector_at<T>(v, at.next_plane);
        by_taken(s, share, turn, [&](auto vectors, ptrdiff_t row) {
          using V = decltype(vectors);
          const ptrdiff_t i = row * W<T>;
          V gates[G], y, h;
          gates[G - 1] = V::load(record + (G - 1) * here.field + i, W<T>);
          const Moments<T> moments = here.of_state(row);
          const V c = V::load(next + (S - 1) * after + i, W<T>);
          const V chat = (c - moments.template mean<V>()) * moments.template scale<V>();
          C::output(phi, gates, chat, VectorsAt<V>{own.vectors, v}, y, h);
          chat.store(record + here.CHAT * here.field + i, W<T>);
          y.store(record + here.Y * here.field + i, W<T>);
          h.store(next + i, W<T>);
        });
      }
    }
  }

  // The rows that take no step keep their states.
  void keep(const Turn<T>& at, int turn, int v) const {
    const ptrdiff_t before = s.blocks() * at.state_plane, after = s.blocks() * at.next_plane;
    const T* states = at.states + vector_at<T>(v, at.state_plane);
    T* next = at.next + vector_at<T>(v, at.next_plane);
    for (ptrdiff_t row = s.whole(share, turn); row < share.rows; ++row)
      if (!s.taken(share.first + int(row), turn))
        for (int k = 0; k < C::S; ++k)
          Vec<T>::load(states + k * before + row * W<T>).store(next + k * after + row * W<T>);
  }

  // The source as each gate reads it, through a mask of its own.
  template <int PART>
  void drop(Rows<T>& source, int rows) const {
    const ptrdiff_t plane = ptrdiff_t(share.rows) * W<T>, field = s.blocks() * plane;
    T* dropped = scratch + products_size(s, C::G);
    for (int g = 0; g < C::gates(PART); ++g)
      for (int v = 0; v < s.vectors(); ++v) {
        const T* from = source.at + vector_at<T>(v, source.plane);
        const T* mask = masks.at(s, share, C::first(PART) + g, v);
        T* to = dropped + g * field + vector_at<T>(v, plane);
        for (ptrdiff_t i = 0; i < ptrdiff_t(rows) * W<T>; i += W<T>)
          (Vec<T>::load(from + i) * Vec<T>::load(mask + i)).store(to + i);
      }
    source.at = dropped, source.plane = plane, source.own = field;
  }

  // One part of the cell, for one vector of units.
  template <int PART, class Phi, class Sigma>
  void apply(Phi phi, Sigma sigma, const Turn<T>& at, int turn, const T* products, int v) const {
    constexpr int G = C::G, S = C::S, FIRST = C::first(PART), N = C::gates(PART);
    const ptrdiff_t field = s.blocks() * at.record_plane;
    const ptrdiff_t before = s.blocks() * at.state_plane, after = s.blocks() * at.next_plane;
    T* record = at.records + vector_at<T>(v, at.record_plane);
    const T* states = at.states + vector_at<T>(v, at.state_plane);
    T* next = at.next + vector_at<T>(v, at.next_plane);
    const StreamPlanes<T, C> streams = read();
    const auto rows = [&](auto vectors, ptrdiff_t row) {
      using V = decltype(vectors);
      const ptrdiff_t i = row * W<T>;
      V x[N], q[N], w[C::WORDS], gates[G], extra[1], prev[S], state[S], a[G];
      load_words(own.vectors, streams, masks, v, i, w);
      for (int g = 0; g < N; ++g) x[g] = V::load(record + (FIRST + g) * field + i, W<T>);
      for (int g = 0; C::PRODUCT && g < N; ++g) q[g] = V::load(products + row * N * W<T> + g * W<T>, N * W<T>);
      for (int g = 0; g < FIRST; ++g) gates[g] = V::load(record + g * field + i, W<T>);
      for (int k = 0; k < S; ++k) prev[k] = V::load(states + k * before + i, W<T>);
      C::template forward<PART>(phi, sigma, x, q, prev, w, gates, extra, state, a);
      for (int g = FIRST; g < FIRST + N; ++g) gates[g].store(record + g * field + i, W<T>);
      if (!KNOWN<Phi> && s.keeps_input)
        for (int g = FIRST; g < FIRST + N; ++g) a[g].store(record + (G + C::E + g) * field + i, W<T>);
      if constexpr (C::E > 0 && PART == 0) extra[0].store(record + G * field + i, W<T>);
      if constexpr (PART == C::PARTS - 1)
        for (int k = 0; k < S; ++k) state[k].store(next + k * after + i, W<T>);
    };
    by_taken(s, share, turn, rows);
    keep(at, turn, v);
  }
};

// What the passes of a team read and write besides the tape.
template <class T, class C>
struct ForwardMemory {
  const Sequence<T>& s;
  ForwardWeights<T, C> weights;
  OwnWeights<T, C> own;
  const ptrdiff_t each = Forward<T, C>::scratch_size(s);
  Buffer<T> inputs, streams, scratch;

  ForwardMemory(const Sequence<T>& sequence, int members)
      : s(sequence),
        weights(s),
        own(s),
        inputs(inputs_size(s, s.B)),
        streams(StreamPlanes<T, C>::size(s, s.B)),
        scratch(members * each) {}

  Forward<T, C> pass(const RecurrentMasks<T, C>& masks, const Tape<T, C>& tape, const Share& share,
                     elman::Member& member) const {
    T* const own_inputs = inputs.at() + inputs_size(s, share.first);
    T* const own_streams = streams.at() + StreamPlanes<T, C>::size(s, share.first);
    return {s, weights, own, masks, tape, share, member, own_inputs, own_streams, scratch.at() + member.id * each};
  }
};

template <class T, class C>
void forward(const elman::Arguments& a, const elman::Forward& f) {
  const Sequence<T> s(a);
  const T* start[2] = {static_cast<const T*>(f.start[0]), static_cast<const T*>(f.start[1])};
  T* final[2] = {static_cast<T*>(f.final[0]), static_cast<T*>(f.final[1])};
  const ptrdiff_t states = Tape<T, C>::states_size(s, s.B);
  ForwardMemory<T, C> memory(s, a.threads);
  RecurrentMasks<T, C> masks(s);
  Buffer<T> last(states), window, pair;
  const bool whole = a.records && !a.checkpoint;
  if (!whole) window = Buffer<T>(Tape<T, C>::records_size(s, s.window, s.B)), pair = Buffer<T>(2 * states);
  T* const records = whole ? static_cast<T*>(a.records) : window.at();
  const Tape<T, C> tape{s, records, whole ? static_cast<T*>(a.states) : pair.at(), last.at(), 0, s.T_, !whole};
  T* const checkpoints = a.checkpoint ? static_cast<T*>(a.states) : nullptr;
  run_team(a.threads, [&](elman::Member& member) {
    memory.weights.pack(s, member);
    masks.pack(s, member);
    member.wait();
    s.each_share(member, [&](const Share& share) {
      const StatePlanes<T, C> planes{s, share};
      const ptrdiff_t before = Tape<T, C>::states_size(s, share.first);
      if (s.leads(member)) {
        planes.put(start, tape.at(share, 0).states, tape.at(share, 0).state_plane);
        if (checkpoints) planes.put(start, checkpoints + before);
      }
      memory.pass(masks, tape, share, member).run([&](int turn, const Turn<T>& at) {
        put_outputs(s, share, turn, at, static_cast<T*>(f.outputs));
        if (f.states[0]) put_history<T, C>(s, share, turn, at, f);
        if (checkpoints && (turn + 1) % a.checkpoint == 0 && turn + 1 < s.T_)
          planes.save(at, checkpoints + (turn + 1) / a.checkpoint * states + before);
      });
      if (s.by_units) member.wait();
      if (s.leads(member)) planes.get(last.at() + before, final);
    });
  });
}

}  // namespace ELMAN_ISA
