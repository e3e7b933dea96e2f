// The time loop in reverse, written once for all cells: the twin of `backpropagate` in src/elman/bptt.py.
//
// The team shares the work as in the forward pass. After each window of turns it adds up the gradients of the
// weights, split by units and never along the sum, while the window is still in the cache.
#pragma once

#include <optional>

#include "backward_normalised.hpp"
#include "backward_planes.hpp"
#include "segment.hpp"
#include "weight_gradients.hpp"

namespace ELMAN_ISA {

// One member's pass over one share.
template <class T, class C>
struct BackwardPass {
  static constexpr int G = C::G, S = C::S;
  using Memory = BackwardPlanes<T, C>;
  const Sequence<T>& s;
  const BackwardWeights<T, C>& weights;
  const OwnWeights<T, C>& own;
  const RecurrentMasks<T, C>& masks;
  const Memory& memory;
  const Tape<T, C>& tape;
  const Share share;
  elman::Member& member;
  const elman::Backward& out;
  const ptrdiff_t plane = ptrdiff_t(share.rows) * W<T>, field = s.blocks() * plane;  // of one turn
  const ptrdiff_t before = Memory::field_size(s, share.first);                       // the shares before this one
  T *const dstate = memory.dstate.at() + S * before, *const direct = memory.direct.at() + before;
  T *const dout = memory.dout.at() + before, *const dsource = C::PARTS == 2 ? memory.dsource.at() + before : nullptr;

  // The turns of a window, last to first; and then, for the gradients of the weights, what the gates multiplied in it.
  void run(int first, int after, int which) const {
    for (int turn = after - 1; turn >= first; --turn) step(tape.at(share, turn), turn);
    if (!out.dkernel) return;
    pack_inputs(s, share, first, after, memory.inputs[which].at() + inputs_size(s, share.first));
    if (C::PRODUCT && s.recurrent_drops) pack_sources(tape.at(share, first), first, after, memory.sources[which].at());
  }

  // Whether there is a gradient of this turn's output.
  bool has_dout(int turn) const { return s.sequences || s.mask || turn == s.T_ - 1; }

  // The rows that take no step: their gates have no gradient, and their state's goes on.
  void pass_on(const Turn<T>& at, int turn, int v) const {
    const ptrdiff_t step = s.blocks() * at.record_plane;
    T *const record = at.records + vector_at<T>(v, at.record_plane), *const past = direct + vector_at<T>(v, plane);
    const T* reached = dstate + vector_at<T>(v, plane);
    for (int row = s.whole(share, turn); row < s.active(share, turn); ++row) {
      if (taken(row, turn)) continue;
      const ptrdiff_t i = ptrdiff_t(row) * W<T>;
      for (int g = 0; g < G + C::E; ++g) Vec<T>::zero().store(record + g * step + i);
      if (C::PRODUCT) Vec<T>::load(reached + i).store(past + i);
    }
  }

 private:
  // ---------------------------------------------------------------------------- one turn

  void step(const Turn<T>& at, int turn) const {
    constexpr int DH = C::PARTS - 1;
    receive(turn);
    if (C::STREAMS > 0) read().put(turn);
    if (out.dstates[0]) record(turn);
    if constexpr (C::NORMALISED)
      with_activations<C>(s, [&](auto phi, auto sigma) { take_back_normalised<C>(*this, phi, sigma, at, turn); });
    else cells<DH>(at, turn);
    if (C::PRODUCT && s.by_units) member.wait();
    if constexpr (C::PARTS == 2) {
      back<1>(at, turn, nullptr, dsource);
      cells<0>(at, turn);
      if (s.by_units) member.wait();
    }
    if constexpr (C::PRODUCT) back<0>(at, turn, direct, dstate);
    // A masked row repeated the output before it, so its gradient waits for that step.
    if (s.mask)
      for (int i = 0; i < share.rows; ++i)
        if (taken(i, turn) || s.zero_output) spend(i);
    if constexpr (C::DECAYS) decay(at, turn);
    if (s.resets(turn)) reset(turn);
  }

  StreamPlanes<T, C> read() const { return {s, share, memory.streams.at() + StreamPlanes<T, C>::size(s, share.first)}; }

  // h' = fade h: dfade = dh' h and dh = dh' fade, of the rows that took the step.
  void decay(const Turn<T>& at, int turn) const {
    T* const dfades = memory.fades.at() + before;
    const T* const records = at.records + (G + 1) * s.blocks() * at.record_plane;
    const int first = share.begin / PARTS_OF_BLOCK<T>, columns = std::min(s.U, share.end * Vec<T>::N) - first * W<T>;
    for (int i = 0; i < share.rows; ++i) {
      const bool did = taken(i, turn);
      for (int v = share.begin; did && v < share.end; ++v) {
        const ptrdiff_t here = vector_at<T>(v, plane) + i * W<T>;
        const Vec<T> dh = Vec<T>::load(dstate + here);
        (dh * Vec<T>::load(records + vector_at<T>(v, at.record_plane) + i * W<T>)).store(dfades + here);
        (dh * Vec<T>::load(read().at(0, v) + i * W<T>)).store(dstate + here);
      }
      if (!out.dfades) continue;
      const ptrdiff_t row = s.row(share.first + i);
      T* to = static_cast<T*>(out.dfades) + (row * s.T_ + s.time(turn)) * s.U + first * W<T>;
      if (did) get_row(dfades + first * plane + ptrdiff_t(i) * W<T>, plane, columns, to);
      else fill(to, columns, T(0));
    }
  }

  // A state that was put back has no past: its gradient goes to what it was put back to.
  void reset(int turn) const {
    for (int i = 0; i < share.rows; ++i) {
      if (!s.reset(share.first + i, turn)) continue;
      for (int k = 0; k < S; ++k)
        for (int v = share.begin; v < share.end; ++v) {
          const ptrdiff_t here = k * field + vector_at<T>(v, plane) + i * W<T>;
          if (memory.resets) memory.resets.place(share, v, i).add(k, Vec<T>::load(dstate + here));
          Vec<T>::zero().store(dstate + here);
        }
      if (s.mask) spend(i);
    }
  }

  bool taken(int i, int turn) const { return s.taken(share.first + i, turn); }

  // The gradient of this turn's output, from above.
  void receive(int turn) const {
    const bool once = !s.sequences && turn == s.T_ - 1;
    if (!once && !s.sequences) return;
    const int first = share.begin / PARTS_OF_BLOCK<T>, columns = std::min(s.U, share.end * Vec<T>::N) - first * W<T>;
    const T* given = static_cast<const T*>(out.doutputs);
    for (int i = 0; i < share.rows; ++i) {
      const ptrdiff_t row = s.row(share.first + i);
      const T* from = given + (s.sequences ? row * s.T_ + turn : row) * s.U + first * W<T>;
      T* to = dout + first * plane + i * W<T>;
      if (once || !s.mask || turn == s.T_ - 1) put_row(from, columns, to, plane);
      else
        for (int u = 0; u < columns; ++u) to[u / W<T> * plane + u % W<T>] += from[u];
    }
  }

  void spend(int i) const {
    for (int v = share.begin; v < share.end; ++v) Vec<T>::zero().store(dout + vector_at<T>(v, plane) + i * W<T>);
  }

  // The gradient that reaches this turn's new state, for the user to see.
  void record(int turn) const {
    constexpr int L = Vec<T>::N;
    for (int k = 0; k < S; ++k)
      for (int i = 0; i < share.rows; ++i) {
        T* to = static_cast<T*>(out.dstates[k]) + (ptrdiff_t(s.row(share.first + i)) * s.T_ + turn) * s.U;
        const bool met = k == 0 && has_dout(turn) && taken(i, turn);
        for (int v = share.begin; v < share.end; ++v) {
          const ptrdiff_t here = vector_at<T>(v, plane) + i * W<T>;
          const Vec<T> carried = Vec<T>::load(dstate + k * field + here);
          put_vector(met ? carried + Vec<T>::load(dout + here) : carried, std::min(L, s.U - v * L), to + v * L);
        }
      }
  }

  template <int PART>
  void cells(const Turn<T>& at, int turn) const {
    with_activations<C>(s, [&](auto phi, auto sigma) {
      for (int v = share.begin; v < share.end; ++v) cell<PART>(phi, sigma, at, turn, v);
    });
  }

  // One part of the cell for one vector of units: the gates' gradients over the records.
  template <int PART, class Phi, class Sigma>
  void cell(Phi phi, Sigma sigma, const Turn<T>& at, int turn, int v) const {
    constexpr bool LAST = PART == C::PARTS - 1;
    const ptrdiff_t step = s.blocks() * at.record_plane, state = s.blocks() * at.state_plane;
    const ptrdiff_t here = vector_at<T>(v, plane);
    T *const record = at.records + vector_at<T>(v, at.record_plane), *const past = direct + here;
    T* const reached = (LAST ? dstate : dsource) + here;
    const T *states = at.states + vector_at<T>(v, at.state_plane), *from_above = dout + here;
    const bool above = has_dout(turn);
    const StreamPlanes<T, C> streams = read();
    by_taken(s, share, turn, [&](auto vectors, ptrdiff_t row) {
      using V = decltype(vectors);
      const ptrdiff_t i = row * W<T>;
      V gates[G], extra[1], prev[S], w[C::WORDS], ds[S], a[G], dx[G], dq[G], dprev[S], dw[C::WORDS];
      load_words(own.vectors, streams, masks, v, i, w);
      for (int g = 0; g < G; ++g) gates[g] = V::load(record + g * step + i, W<T>);
      if constexpr (C::E > 0) extra[0] = V::load(record + G * step + i, W<T>);
      for (int g = 0; g < G; ++g)
        a[g] = !KNOWN<Phi> && s.keeps_input ? V::load(record + (G + C::E + g) * step + i, W<T>) : V::zero();
      for (int k = 0; k < S; ++k) {
        prev[k] = V::load(states + k * state + i, W<T>);
        ds[k] = V::load(reached + k * field + i, W<T>);
      }
      if (LAST && above) ds[0] = ds[0] + V::load(from_above + i, W<T>);
      if constexpr (!LAST) dprev[0] = V::load(past + i, W<T>);
      C::template backward<PART>(phi, sigma, gates, extra, prev, w, ds, a, dx, dq, dprev, dw);
      for (int g = 0; g < G; ++g)
        if (C::made(PART, g)) dx[g].store(record + g * step + i, W<T>);
      if constexpr (C::BIASES == 2) dq[G - 1].store(record + G * step + i, W<T>);
      dprev[0].store((C::PRODUCT ? past : reached) + i, W<T>);
      if constexpr (C::VECTORS > 0) {
        const auto sums = memory.vectors.place(share, v, row);
        for (int n = 0; n < C::VECTORS; ++n) sums.add(n, dw[n]);
      }
      if constexpr (LAST)
        for (int k = 1; k < S; ++k) dprev[k].store(reached + k * field + i, W<T>);
    });
    if (LAST) pass_on(at, turn, v);
  }

  // The gradients of gates as the products with the recurrent kernel read them: GRU's last has one of its own.
  template <int PART>
  Rows<T> gates(const Turn<T>& at) const {
    Rows<T> found{at.records, at.record_plane, s.U, {}, C::gates(PART), 0};
    for (int n = 0; n < C::gates(PART); ++n) found.fields[n] = C::product_field(C::first(PART) + n);
    return found;
  }

  // The gradient of what a part multiplied: to = from + sum over its gates of dq R^T.
  template <int PART>
  void back(const Turn<T>& at, int turn, const T* from, T* to) const {
    const Rows<T> all = gates<PART>(at);
    const Panels<T> recurrent{weights.recurrent[PART].at(), panel_size<T>(all.count * s.U, 1), Vec<T>::N};
    const Place<const T> start{from, plane, W<T>, 0};
    const int rows = s.active(share, turn);
    if (!s.recurrent_drops)
      multiply(all, 0, rows, share.begin, share.end, recurrent, from ? &start : nullptr, {to, plane, W<T>, 0});
    else
      by_groups<1>(rows, share.begin, share.end, [&](auto group, int v) {
        back_dropped<PART, decltype(group)::value>(all, rows, recurrent, from, to, v);
      });
  }

  // The same for S vectors from number v on, where each gate's product goes through a mask of its own.
  template <int PART, int S>
  void back_dropped(const Rows<T>& all, int rows, const Panels<T>& recurrent, const T* from, T* to, int v) const {
    T* const piece = memory.product.at() + member.id * products_size(s, 1);
    const Place<T> of_gate{piece, ptrdiff_t(rows) * W<T>, W<T>, 0, block_begin<T>(v)};
    const T* sum = from;
    for (int n = 0; n < all.count; ++n, sum = to) {
      product<T, 1, S>(all.field(n), 0, rows, recurrent.from(n * s.U), nullptr, of_gate, v);
      for (int i = v; i < v + S; ++i) {
        const T *product = of_gate.row(i, 0), *mask = masks.at(s, share, C::first(PART) + n, i);
        const ptrdiff_t here = vector_at<T>(i, plane);
        for (ptrdiff_t j = 0; j < ptrdiff_t(rows) * W<T>; j += W<T>) {
          const Vec<T> before = sum ? Vec<T>::load(sum + here + j) : Vec<T>::zero();
          fma(Vec<T>::load(product + j), Vec<T>::load(mask + j), before).store(to + here + j);
        }
      }
    }
  }

  static void multiply(const Rows<T>& rows, ptrdiff_t first, ptrdiff_t last, int begin, int end,
                       const Panels<T>& panels, const Place<const T>* from, const Place<T>& to) {
    by_groups<1>(last - first, begin, end, [&](auto group, int v) {
      product<T, 1, decltype(group)::value>(rows, first, last, panels, from, to, v);
    });
  }

  // ---------------------------------------------------------------------------- one window

  // The states as dropout changed them, for each gate, in the rows that are this member's to do.
  void pack_sources(const Turn<T>& at, int first, int after, T* planes) const {
    const ptrdiff_t window = at.record_plane;
    planes += G * before * s.window;
    for (int g = 0; g < G; ++g) {
      const bool second = g >= C::first(1);
      const T* from = second ? at.records + G * s.blocks() * window : at.states;
      for (int v = 0; v < s.vectors(); ++v) {
        const T* mask = masks.at(s, share, g, v);
        for (int turn = first; turn < after; ++turn)
          for (int row = share.from; row < share.to; ++row) {
            const ptrdiff_t i = vector_at<T>(v, window) + (ptrdiff_t(turn - first) * share.rows + row) * W<T>;
            const Vec<T> kept = Vec<T>::load(mask + row * W<T>);
            (Vec<T>::load(from + i) * kept).store(planes + g * s.blocks() * window + i);
          }
      }
    }
  }

 public:
  // dx of a window.
  void dinputs(int first, int after) const {
    const Turn<T> at = tape.at(share, first);
    const ptrdiff_t window = at.record_plane, skipped = Memory::window_size(s, share.first);
    const int V = ceil_div(s.F, Vec<T>::N);
    Rows<T> all{at.records, window, s.U, {0, 1, 2, 3}, G, 0};
    const Panels<T> kernel{weights.kernel.at(), panel_size<T>(G * s.U, 1), Vec<T>::N};
    T* sums = memory.dinputs.at() + skipped;
    const auto rows = [&](ptrdiff_t from, ptrdiff_t to) {
      if (s.input_drops <= 1) return multiply(all, from, to, 0, V, kernel, nullptr, {sums, window, W<T>, 0});
      T* const of_gate = memory.dinputs_of_gate.at() + skipped;
      for (int g = 0; g < G; ++g) {
        multiply(all.field(g), from, to, 0, V, kernel.from(g * s.U), nullptr, {of_gate, window, W<T>, 0});
        for (ptrdiff_t row = from; row < to; ++row) {
          const T* mask = s.input_drop[g] + ptrdiff_t(s.row(share.first + int(row % share.rows))) * s.F;
          for (int f = 0; f < s.F; ++f) {
            const ptrdiff_t i = f / W<T> * window + row * W<T> + f % W<T>;
            sums[i] = (g ? sums[i] : T(0)) + of_gate[i] * mask[f];
          }
        }
      }
    };
    if (!s.mask && share.from == 0 && share.to == share.rows) {
      rows(0, ptrdiff_t(after - first) * share.rows);
    } else {
      for (int turn = first; turn < after; ++turn) {
        const ptrdiff_t row = ptrdiff_t(turn - first) * share.rows;
        rows(row + share.from, row + std::min(share.to, s.active(share, turn)));
      }
    }
    for (int turn = first; turn < after; ++turn)
      for (int i = share.from; i < share.to; ++i) {
        const ptrdiff_t row = s.row(share.first + i);
        T* to = static_cast<T*>(out.dx) + (row * s.T_ + s.time(turn)) * s.F;
        if (taken(i, turn)) get_row(sums + (ptrdiff_t(turn - first) * share.rows + i) * W<T>, window, s.F, to);
        else fill(to, s.F, T(0));
        if (s.input_drops == 1)
          for (int f = 0; f < s.F; ++f) to[f] *= s.input_drop[0][row * s.F + f];
      }
  }
};

template <class T, class C>
void backward(const elman::Arguments& a, const elman::Backward& b) {
  using Memory = BackwardPlanes<T, C>;
  const Sequence<T> s(a);
  const T* dfinal[2] = {static_cast<const T*>(b.dfinal[0]), static_cast<const T*>(b.dfinal[1])};
  T* dstart[2] = {static_cast<T*>(b.dstart[0]), static_cast<T*>(b.dstart[1])};
  BackwardWeights<T, C> weights(s, b.dx != nullptr);
  RecurrentMasks<T, C> masks(s);
  WeightGradients<T, C> gradients(s, a.threads);
  const OwnWeights<T, C> own(s);
  const Memory memory(s, a.threads, b.dx != nullptr, b.dreset[0] != nullptr);
  std::optional<Segment<T, C>> again;
  if (a.checkpoint) again.emplace(s, a);
  const Tape<T, C> whole{s, static_cast<T*>(a.records), static_cast<T*>(a.states), nullptr, 0, s.T_, false};
  const int segment = a.checkpoint ? a.checkpoint : s.T_;
  run_team(a.threads, [&](elman::Member& member) {
    weights.pack(s, member);
    masks.pack(s, member);
    if (again) again->pack(member);
    gradients.clear(member);
    s.each_share(member, [&](const Share& share) {
      if (s.leads(member))
        StatePlanes<T, C>{s, share}.put(dfinal, memory.dstate.at() + C::S * Memory::field_size(s, share.first));
      if (s.leads(member)) memory.vectors.clear(share), memory.resets.clear(share);
      if (s.leads(member) && s.mask)
        fill(memory.dout.at() + Memory::field_size(s, share.first), Memory::field_size(s, share.rows), T(0));
    });
    member.wait();
    int which = 0;
    for (int end = s.T_, begin; end > 0; end = begin) {
      begin = (end - 1) / segment * segment;
      const Tape<T, C> tape = again ? again->tape(begin, end) : whole;
      if (again) again->run(tape, masks, member);
      for (int after = end, first; after > begin; after = first, which = 1 - which) {
        first = begin + (after - begin - 1) / s.window * s.window;
        const auto pass = [&](const Share& share) {
          return BackwardPass<T, C>{s, weights, own, masks, memory, tape, share, member, b};
        };
        s.each_share(member, [&](const Share& share) { pass(share).run(first, after, which); });
        member.wait();
        if (b.dx) s.each_share(member, [&](const Share& share) { pass(share).dinputs(first, after); });
        if (b.dkernel) gradients.add(tape, first, after, memory.inputs[which].at(), memory.sources[which].at(), member);
      }
    }
    member.wait();
    if (b.dkernel) gradients.unpack(member, b), memory.vectors.unpack(member, b.dvectors);
    memory.resets.unpack(member, b.dreset);
    s.each_share(member, [&](const Share& share) {
      if (s.leads(member))
        StatePlanes<T, C>{s, share}.get(memory.dstate.at() + C::S * Memory::field_size(s, share.first), dstart);
    });
  });
}

}  // namespace ELMAN_ISA
