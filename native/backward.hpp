// The time loop in reverse, written once for all cells: the twin of `backpropagate` in src/elman/bptt.py.
//
// The team shares the work as in the forward pass. After each window of turns it adds up the gradients of the
// weights, split by units and never along the sum, while the window is still in the cache.
#pragma once

#include "forward.hpp"

namespace ELMAN_ISA {

// The weights transposed, and the sums that become their gradients.
template <class T, class C>
struct BackwardWeights {
  Buffer<T> kernel, recurrent[C::PARTS], dkernel, drecurrent[C::PARTS], dbias, drecurrent_bias;

  BackwardWeights(const Sequence<T>& s, bool dx) {
    const int V = s.vectors(), G = C::G;
    if (dx) kernel = Buffer<T>(ceil_div(s.F, Vec<T>::N) * panel_size<T>(G * s.U, 1));
    dkernel = Buffer<T>(V * panel_size<T>(s.F, G));
    for (int p = 0; p < C::PARTS; ++p) {
      recurrent[p] = Buffer<T>(V * panel_size<T>(C::gates(p) * s.U, 1));
      drecurrent[p] = Buffer<T>(V * panel_size<T>(s.U, C::gates(p)));
    }
    dbias = Buffer<T>(V * panel_size<T>(1, G)), drecurrent_bias = Buffer<T>(V * panel_size<T>(1, G));
  }

  // A member's part of the packing, and of clearing the sums.
  void pack(const Sequence<T>& s, const elman::Member& member, bool dx) {
    const int V = s.vectors(), VF = ceil_div(s.F, Vec<T>::N), U = s.U, G = C::G;
    for (int v = VF * member.id / member.size; dx && v < VF * (member.id + 1) / member.size; ++v)
      pack_transposed(s.kernel, s.F, U, G, 0, G, v, kernel.at() + v * panel_size<T>(G * U, 1));
    const int begin = V * member.id / member.size, end = V * (member.id + 1) / member.size;
    const auto clear = [&](const Buffer<T>& sums, ptrdiff_t size) {
      fill(sums.at() + begin * size, (end - begin) * size, T(0));
    };
    for (int p = 0; p < C::PARTS; ++p) {
      for (int v = begin; v < end; ++v)
        pack_transposed(s.recurrent, U, U, G, C::first(p), C::gates(p), v,
                        recurrent[p].at() + v * panel_size<T>(C::gates(p) * U, 1));
      clear(drecurrent[p], panel_size<T>(U, C::gates(p)));
    }
    clear(dkernel, panel_size<T>(s.F, G));
    clear(dbias, panel_size<T>(1, G)), clear(drecurrent_bias, panel_size<T>(1, G));
  }

  // A member's part of the gradients, to where the user wants them.
  void unpack(const Sequence<T>& s, const elman::Member& member, const elman::Backward& out) const {
    const int V = s.vectors(), U = s.U, G = C::G;
    T* bias = static_cast<T*>(out.dbias);
    for (int v = V * member.id / member.size; v < V * (member.id + 1) / member.size; ++v) {
      unpack_gates(dkernel.at() + v * panel_size<T>(s.F, G), s.F, U, G, 0, G, v, static_cast<T*>(out.dkernel));
      for (int p = 0; p < C::PARTS; ++p)
        unpack_gates(drecurrent[p].at() + v * panel_size<T>(U, C::gates(p)), U, U, G, C::first(p), C::gates(p), v,
                     static_cast<T*>(out.drecurrent));
      if (bias) unpack_gates(dbias.at() + v * panel_size<T>(1, G), 1, U, G, 0, G, v, bias);
      if (bias && C::BIASES == 2)
        unpack_gates(drecurrent_bias.at() + v * panel_size<T>(1, G), 1, U, G, 0, G, v, bias + ptrdiff_t(G) * U);
    }
  }
};

// What the team shares: planes [blocks][B][W] of one turn, and those of a window.
template <class T, class C>
struct BackwardPlanes {
  Buffer<T> dstate;   // of each state, as it reaches the turn before
  Buffer<T> direct;   // what reaches it without a product
  Buffer<T> dsource;  // of what a cell's second part multiplied
  Buffer<T> dout;     // of the output, where it has not yet met its step
  Buffer<T> product;  // of one gate, before its mask of dropout
  // Of a window: what the gates multiplied, in turn, as one may be read while the next is filled; the gradient of
  // the inputs, and one gate's part of it.
  Buffer<T> inputs[2], sources[2], dinputs, dinputs_of_gate;

  BackwardPlanes(const Sequence<T>& s, bool dx) {
    const ptrdiff_t field = ptrdiff_t(s.blocks()) * s.B * W<T>;
    const ptrdiff_t window = ptrdiff_t(blocks_of<T>(s.F)) * s.window * s.B * W<T>;
    dstate = Buffer<T>(C::S * field), direct = Buffer<T>(field), dout = Buffer<T>(field);
    if (C::PARTS == 2) dsource = Buffer<T>(field);
    if (s.recurrent_drops) product = Buffer<T>(field);
    if (dx && s.input_drops > 1) dinputs_of_gate = Buffer<T>(window);
    for (int i = 0; i < 2; ++i) {
      inputs[i] = Buffer<T>(inputs_size(s));
      if (s.recurrent_drops) sources[i] = Buffer<T>(C::G * field * s.window);
    }
    if (dx) dinputs = Buffer<T>(window);
  }
};

// One member's pass.
template <class T, class C>
struct BackwardPass {
  static constexpr int G = C::G, S = C::S;
  const Sequence<T>& s;
  const BackwardWeights<T, C>& weights;
  const BackwardPlanes<T, C>& planes;
  const T* drop;  // planes of the masks of recurrent dropout
  const Share share;
  elman::Member& member;
  const elman::Backward& out;

  // The windows of a recorded segment, last to first.
  void run(int begin, int end, const Store<T, C>& tape) const {
    if (usual<C>(s)) run_with(Known<TANH>{}, Known<SIGMOID>{}, begin, end, tape);
    else run_with(s.phi, s.sigma, begin, end, tape);
  }

 private:
  ptrdiff_t plane() const { return ptrdiff_t(s.B) * W<T>; }  // of one turn
  ptrdiff_t field() const { return s.blocks() * plane(); }
  int last(int turn) const { return std::min(share.last, s.active(turn)); }

  template <class Phi, class Sigma>
  void run_with(Phi phi, Sigma sigma, int begin, int end, const Store<T, C>& tape) const {
    const int windows = ceil_div(end - begin, s.window);
    for (int i = windows - 1; i >= 0; --i) {
      const int first = begin + i * s.window, after = std::min(first + s.window, end);
      for (int turn = after - 1; turn >= first; --turn) step(phi, sigma, tape.at(turn), turn);
      const int which = i % 2;
      pack(tape.at(first), first, after, which);
      if (share.by_units) member.wait();
      if (out.dx) dinputs(tape.at(first), first, after);
      if (!share.by_units) member.wait();
      add_up(tape.at(first), first, after, which);
    }
  }

  // ---------------------------------------------------------------------------- one turn

  template <class Phi, class Sigma>
  void step(Phi phi, Sigma sigma, const Turn<T>& at, int turn) const {
    const int dh = C::PARTS - 1;
    receive(turn);
    if (out.dstates[0]) record(turn);
    for (int v = share.begin; v < share.end; ++v) cell<dh>(phi, sigma, at, turn, v);
    if (share.by_units) member.wait();
    if constexpr (C::PARTS == 2) {
      back<1>(at, turn, nullptr, planes.dsource.at());
      for (int v = share.begin; v < share.end; ++v) cell<0>(phi, sigma, at, turn, v);
      if (share.by_units) member.wait();
    }
    back<0>(at, turn, planes.direct.at(), planes.dstate.at());
    // A masked row repeated the output before it, so its gradient waits for that step.
    if (s.mask)
      for (int slot = share.first; slot < share.last; ++slot)
        if (s.taken(slot, turn) || s.zero_output) spend(slot);
  }

  bool has_dout(int turn) const { return s.sequences || s.mask || turn == s.T_ - 1; }

  // The gradient of this turn's output, from above.
  void receive(int turn) const {
    const bool once = !s.sequences && turn == s.T_ - 1;
    if (!once && !s.sequences) return;
    const int first = share.begin / PARTS_OF_BLOCK<T>, columns = std::min(s.U, share.end * Vec<T>::N) - first * W<T>;
    const T* given = static_cast<const T*>(out.doutputs);
    for (int slot = share.first; slot < share.last; ++slot) {
      const ptrdiff_t row = s.row(slot);
      const T* from = given + (s.sequences ? row * s.T_ + turn : row) * s.U + first * W<T>;
      T* to = planes.dout.at() + first * plane() + slot * W<T>;
      if (once || !s.mask || turn == s.T_ - 1) put_row(from, columns, to, plane());
      else
        for (int u = 0; u < columns; ++u) to[u / W<T> * plane() + u % W<T>] += from[u];
    }
  }

  void spend(int slot) const {
    for (int v = share.begin; v < share.end; ++v)
      Vec<T>::zero().store(planes.dout.at() + vector_at<T>(v, plane()) + slot * W<T>);
  }

  // The gradient that reaches this turn's new state, for the user to see.
  void record(int turn) const {
    for (int k = 0; k < S; ++k)
      for (int slot = share.first; slot < share.last; ++slot) {
        T* to = static_cast<T*>(out.dstates[k]) + (ptrdiff_t(s.row(slot)) * s.T_ + turn) * s.U;
        const bool met = k == 0 && has_dout(turn) && s.taken(slot, turn);
        for (int u = share.begin * Vec<T>::N; u < std::min(s.U, share.end * Vec<T>::N); ++u) {
          const ptrdiff_t i = u / W<T> * plane() + slot * W<T> + u % W<T>;
          to[u] = planes.dstate.at()[k * field() + i] + (met ? planes.dout.at()[i] : T(0));
        }
      }
  }

  // One part of the cell for one vector of units: the gates' gradients over the records.
  template <int PART, class Phi, class Sigma>
  void cell(Phi phi, Sigma sigma, const Turn<T>& at, int turn, int v) const {
    constexpr bool LAST = PART == C::PARTS - 1;
    const int rows = last(turn);
    const ptrdiff_t step = s.blocks() * at.record_plane, before = s.blocks() * at.state_plane;
    const ptrdiff_t here = vector_at<T>(v, plane());
    T *record = at.records + vector_at<T>(v, at.record_plane), *direct = planes.direct.at() + here;
    T* dstate = (LAST ? planes.dstate.at() : planes.dsource.at()) + here;
    const T *states = at.states + vector_at<T>(v, at.state_plane), *dout = planes.dout.at() + here;
    const bool above = has_dout(turn);
    by_taken(s, turn, share.first, rows, [&](auto vectors, ptrdiff_t row) {
      using V = decltype(vectors);
      const ptrdiff_t i = row * W<T>;
      V gates[G], extra[1], prev[S], ds[S], a[G], dx[G], dq[G], dprev[S];
      for (int g = 0; g < G; ++g) gates[g] = V::load(record + g * step + i, W<T>);
      if constexpr (C::E > 0) extra[0] = V::load(record + G * step + i, W<T>);
      for (int g = 0; g < G; ++g)
        a[g] = !KNOWN<Phi> && s.keeps_input ? V::load(record + (G + C::E + g) * step + i, W<T>) : V::zero();
      for (int k = 0; k < S; ++k) {
        prev[k] = V::load(states + k * before + i, W<T>);
        ds[k] = V::load(dstate + k * field() + i, W<T>);
      }
      if (LAST && above) ds[0] = ds[0] + V::load(dout + i, W<T>);
      if constexpr (!LAST) dprev[0] = V::load(direct + i, W<T>);
      C::template backward<PART>(phi, sigma, gates, extra, prev, ds, a, dx, dq, dprev);
      for (int g = 0; g < G; ++g)
        if (C::made(PART, g)) dx[g].store(record + g * step + i, W<T>);
      if constexpr (C::BIASES == 2) dq[G - 1].store(record + G * step + i, W<T>);
      dprev[0].store(direct + i, W<T>);
      if constexpr (LAST)
        for (int k = 1; k < S; ++k) dprev[k].store(dstate + k * field() + i, W<T>);
    });
    if (!s.mask || !LAST) return;
    for (ptrdiff_t row = share.first; row < rows; ++row) {  // the others pass their gradient on
      if (s.taken(int(row), turn)) continue;
      const ptrdiff_t i = row * W<T>;
      for (int g = 0; g < G + C::E; ++g) Vec<T>::zero().store(record + g * step + i);
      Vec<T>::load(dstate + i).store(direct + i);
    }
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
    const T* panels = weights.recurrent[PART].at();
    const ptrdiff_t panel = panel_size<T>(all.count * s.U, 1);
    const Place<const T> start{from, plane(), W<T>, 0};
    const Place<T> result{to, plane(), W<T>, 0};
    const int rows = last(turn);
    if (!s.recurrent_drops)
      return multiply(all, share.first, rows, share.begin, share.end, panels, panel, from ? &start : nullptr, result);
    const T* sum = from;
    for (int n = 0; n < all.count; ++n, sum = to) {  // each gate through its own mask
      Rows<T> one = all;
      one.fields[0] = all.fields[n], one.count = 1;
      T* product = planes.product.at();
      multiply(one, share.first, rows, share.begin, share.end, panels + n * panel_size<T>(s.U, 1), panel, nullptr,
               Place<T>{product, plane(), W<T>, 0});
      for (int v = share.begin; v < share.end; ++v)
        for (ptrdiff_t row = share.first; row < rows; ++row) {
          const ptrdiff_t i = vector_at<T>(v, plane()) + row * W<T>;
          const Vec<T> mask = Vec<T>::load(drop + (C::first(PART) + n) * field() + i);
          fma(Vec<T>::load(product + i), mask, sum ? Vec<T>::load(sum + i) : Vec<T>::zero()).store(to + i);
        }
    }
  }

  static void multiply(const Rows<T>& rows, ptrdiff_t first, ptrdiff_t last, int begin, int end, const T* panels,
                       ptrdiff_t panel, const Place<const T>* from, const Place<T>& to) {
    by_groups<1>(last - first, begin, end, [&](auto group, int v) {
      product<T, 1, decltype(group)::value>(rows, first, last, panels, panel, nullptr, from, to, v);
    });
  }

  // ---------------------------------------------------------------------------- one window

  // What the gates multiplied in a window: the inputs, and the states where dropout changed them.
  void pack(const Turn<T>& at, int first, int after, int which) const {
    const bool units = share.by_units;
    const int begin = units ? s.B * member.id / member.size : share.first;
    const int end = units ? s.B * (member.id + 1) / member.size : share.last;
    pack_inputs(s, first, after, begin, end, planes.inputs[which].at());
    if (!s.recurrent_drops) return;
    const ptrdiff_t window = at.record_plane;
    for (int g = 0; g < G; ++g) {
      const bool second = g >= C::first(1);
      const T* from = second ? at.records + G * s.blocks() * window : at.states;
      T* to = planes.sources[which].at() + g * s.blocks() * window;
      for (int block = 0; block < s.blocks(); ++block)
        for (int turn = first; turn < after; ++turn)
          for (ptrdiff_t slot = begin; slot < end; ++slot) {
            const ptrdiff_t i = block * window + (ptrdiff_t(turn - first) * s.B + slot) * W<T>;
            const T* mask = drop + g * field() + block * plane() + slot * W<T>;
            for (int l = 0; l < W<T>; l += Vec<T>::N)
              (Vec<T>::load(from + i + l) * Vec<T>::load(mask + l)).store(to + i + l);
          }
    }
  }

  // f(first row, last row) for the rows of a window that take steps, of slots [begin, end).
  template <class F>
  void ranges(int first, int after, int begin, int end, F&& f) const {
    if (!s.mask && begin == 0 && end == s.B) return f(ptrdiff_t(0), ptrdiff_t(after - first) * s.B);
    for (int turn = first; turn < after; ++turn) {
      const ptrdiff_t row = ptrdiff_t(turn - first) * s.B;
      f(row + begin, row + std::min(end, s.active(turn)));
    }
  }

  // dx of a window.
  void dinputs(const Turn<T>& at, int first, int after) const {
    const ptrdiff_t window = at.record_plane;
    const int begin = share.by_units ? s.B * member.id / member.size : share.first;
    const int end = share.by_units ? s.B * (member.id + 1) / member.size : share.last;
    const int V = ceil_div(s.F, Vec<T>::N);
    Rows<T> all{at.records, window, s.U, {0, 1, 2, 3}, G, 0};
    const ptrdiff_t panel = panel_size<T>(G * s.U, 1);
    T* sums = planes.dinputs.at();
    ranges(first, after, begin, end, [&](ptrdiff_t from, ptrdiff_t to) {
      if (s.input_drops <= 1)
        return multiply(all, from, to, 0, V, weights.kernel.at(), panel, nullptr, Place<T>{sums, window, W<T>, 0});
      for (int g = 0; g < G; ++g) {
        Rows<T> one = all;
        one.fields[0] = g, one.count = 1;
        multiply(one, from, to, 0, V, weights.kernel.at() + g * panel_size<T>(s.U, 1), panel, nullptr,
                 Place<T>{planes.dinputs_of_gate.at(), window, W<T>, 0});
        for (ptrdiff_t row = from; row < to; ++row) {
          const T* mask = s.input_drop[g] + ptrdiff_t(s.row(int(row % s.B))) * s.F;
          for (int f = 0; f < s.F; ++f) {
            const ptrdiff_t i = f / W<T> * window + row * W<T> + f % W<T>;
            sums[i] = (g ? sums[i] : T(0)) + planes.dinputs_of_gate.at()[i] * mask[f];
          }
        }
      }
    });
    for (int turn = first; turn < after; ++turn)
      for (int slot = begin; slot < end; ++slot) {
        const ptrdiff_t row = s.row(slot);
        T* to = static_cast<T*>(out.dx) + (row * s.T_ + s.time(turn)) * s.F;
        if (s.taken(slot, turn)) get_row(sums + (ptrdiff_t(turn - first) * s.B + slot) * W<T>, window, s.F, to);
        else fill(to, s.F, T(0));
        if (s.input_drops == 1)
          for (int f = 0; f < s.F; ++f) to[f] *= s.input_drop[0][row * s.F + f];
      }
  }

  // This member's units of the weights' gradients.
  void add_up(const Turn<T>& at, int first, int after, int which) const {
    const int V = s.vectors();
    ranges(first, after, 0, s.B, [&](ptrdiff_t from, ptrdiff_t to) {
      for (int v = V * member.id / member.size; v < V * (member.id + 1) / member.size; ++v) {
        const T* records = at.records + vector_at<T>(v, at.record_plane);
        Columns<T, G> dx;
        for (int g = 0; g < G; ++g) dx.at[g] = records + g * s.blocks() * at.record_plane;
        const ptrdiff_t copy = s.input_drops > 1 ? blocks_of<T>(s.F) * at.record_plane : 0;
        gradient<T, G>(planes.inputs[which].at(), at.record_plane, copy, s.F, dx, from, to,
                       weights.dkernel.at() + v * panel_size<T>(s.F, G), G * Vec<T>::N);
        add_rows(dx, from, to, weights.dbias.at() + v * panel_size<T>(1, G));
        add_up_recurrent<0>(at, which, v, from, to);
        if constexpr (C::PARTS == 2) add_up_recurrent<1>(at, which, v, from, to);
      }
    });
  }

  template <int PART>
  void add_up_recurrent(const Turn<T>& at, int which, int v, ptrdiff_t from, ptrdiff_t to) const {
    constexpr int N = C::gates(PART);
    const ptrdiff_t step = s.blocks() * at.record_plane;
    Columns<T, N> dq;
    for (int n = 0; n < N; ++n)
      dq.at[n] = at.records + vector_at<T>(v, at.record_plane) + C::product_field(C::first(PART) + n) * step;
    const T* source = s.recurrent_drops ? planes.sources[which].at() + C::first(PART) * step
                      : PART == 1       ? at.records + G * step
                                        : at.states;
    gradient<T, N>(source, at.record_plane, s.recurrent_drops ? step : 0, s.U, dq, from, to,
                   weights.drecurrent[PART].at() + v * panel_size<T>(s.U, N), N * Vec<T>::N);
    if constexpr (C::BIASES == 2) add_rows(dq, from, to, weights.drecurrent_bias.at() + v * panel_size<T>(1, G));
  }
};

template <class T, class C>
void backward(const elman::Arguments& a, const elman::Backward& b) {
  const Sequence<T> s(a);
  using Tape = Store<T, C>;
  const T* dfinal[2] = {static_cast<const T*>(b.dfinal[0]), static_cast<const T*>(b.dfinal[1])};
  T* dstart[2] = {static_cast<T*>(b.dstart[0]), static_cast<T*>(b.dstart[1])};
  const ptrdiff_t states = Tape::states_size(s), each = Forward<T, C>::scratch_size(s);
  ForwardWeights<T, C> again(s);  // for what was not kept, and for the masks of dropout
  BackwardWeights<T, C> weights(s, b.dx != nullptr);
  const BackwardPlanes<T, C> planes(s, b.dx != nullptr);
  const int segment = a.checkpoint ? a.checkpoint : s.T_;
  Buffer<T> inputs, scratch, records, kept, last;
  if (a.checkpoint) {
    inputs = Buffer<T>(inputs_size(s)), scratch = Buffer<T>(a.threads * each), last = Buffer<T>(states);
    records = Buffer<T>(Tape::records_size(s, segment));
    kept = Buffer<T>(ceil_div(segment, s.window) * s.window * states);
  }
  run_team(a.threads, [&](elman::Member& member) {
    const Share share = share_of(s, member);
    if (a.checkpoint || s.recurrent_drops) again.pack(s, member);
    weights.pack(s, member, b.dx != nullptr);
    if (member.id == 0) {
      put_states<T, C::S>(s, dfinal, planes.dstate.at(), ptrdiff_t(s.B) * W<T>);
      if (s.mask) fill(planes.dout.at(), states / C::S, T(0));
    }
    member.wait();
    const BackwardPass<T, C> pass{s, weights, planes, again.drop.at(), share, member, b};
    if (!a.checkpoint) {
      pass.run(0, s.T_,
               Tape{static_cast<T*>(a.records), static_cast<T*>(a.states), nullptr, s.B, s.blocks(), s.window, 0, s.T_,
                    false, Tape::fields_of(s)});
    } else {
      const Forward<T, C> forward{s, again, share, member, inputs.at(), scratch.at() + member.id * each};
      for (int i = ceil_div(s.T_, segment) - 1; i >= 0; --i) {
        const int begin = i * segment, end = std::min(begin + segment, s.T_);
        const Tape tape{records.at(), kept.at(), last.at(),   s.B,   s.blocks(),
                        s.window,     begin,     end - begin, false, Tape::fields_of(s)};
        member.wait();  // all are done with the segment after this one
        if (member.id == 0) load_states<T, C::S>(s, static_cast<const T*>(a.states) + i * states, tape.at(begin));
        member.wait();
        forward.run(begin, end, tape, [](int, const Turn<T>&) {});
        member.wait();
        pass.run(begin, end, tape);
      }
    }
    member.wait();
    weights.unpack(s, member, b);
    if (member.id == 0) get_states<T, C::S>(s, planes.dstate.at(), dstart);
  });
}

}  // namespace ELMAN_ISA
