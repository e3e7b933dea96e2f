// A sequence, and where the numbers of its passes lie.
//
// Rows of the batch stand in slots, those with most steps first, so that the rows that a turn of the loop
// takes are the first few. Turns come in windows: a plane holds the slots of all turns of a window.
//
//   records  [windows][fields][blocks][window * B][W]   xw at first, then the activated gates and what else the
//                                                       cell's backward reads, then the gates' gradients
//   states   [windows][states][blocks][window * B][W]   the states before each turn; the last stand alone
#pragma once

#include "math.hpp"
#include "product.hpp"
#include "table.hpp"
#include "team.hpp"

namespace ELMAN_ISA {

constexpr int MOST_GATES = 4;
constexpr ptrdiff_t LARGE = 1 << 18;  // bytes of a gate's recurrent weights from which units are split, not rows

// One turn: row 0 of the first plane of each, and the numbers in a plane.
template <class T>
struct Turn {
  T* records;
  T *states, *next;  // before and after it
  ptrdiff_t record_plane, state_plane, next_plane;
};

template <class T>
struct Sequence {
  int B, T_, F, U, phi, sigma, window;
  const T* x;                           // (B, T, F)
  const T* kernel;                      // (F, G*U)
  const T* recurrent;                   // (U, G*U)
  const T* bias;                        // (BIASES, G*U) or null
  const unsigned char* mask;            // (B, T) or null
  const T* input_drop[MOST_GATES];      // (B, F) each
  const T* recurrent_drop[MOST_GATES];  // (B, U) each
  int input_drops, recurrent_drops;     // how many
  bool backwards, zero_output, sequences, keeps_input;

  explicit Sequence(const elman::Arguments& a)
      : B(a.B),
        T_(a.T),
        F(a.F),
        U(a.U),
        phi(a.phi),
        sigma(a.sigma),
        window(a.window),
        x(static_cast<const T*>(a.x)),
        kernel(static_cast<const T*>(a.kernel)),
        recurrent(static_cast<const T*>(a.recurrent)),
        bias(static_cast<const T*>(a.bias)),
        mask(a.mask),
        input_drops(a.input_drops),
        recurrent_drops(a.recurrent_drops),
        backwards(a.backwards),
        zero_output(a.zero_output),
        sequences(a.sequences) {
    for (int i = 0; i < MOST_GATES; ++i) {
      input_drop[i] = static_cast<const T*>(a.input_drop[i]);
      recurrent_drop[i] = static_cast<const T*>(a.recurrent_drop[i]);
    }
    keeps_input = std::max(phi, sigma) >= elman::FIRST_THAT_NEEDS_INPUT;
    if (mask) sort();
  }

  int blocks() const { return blocks_of<T>(U); }
  int vectors() const { return ceil_div(U, Vec<T>::N); }
  int time(int turn) const { return backwards ? T_ - 1 - turn : turn; }
  int row(int slot) const { return mask ? order_.at()[slot] : slot; }
  // Whether a slot takes a step in this turn; and how many slots there are up to the last one that does.
  bool taken(int slot, int turn) const { return !mask || taken_.at()[ptrdiff_t(turn) * B + slot]; }
  int active(int turn) const { return mask ? active_.at()[turn] : B; }
  // Whether a slot has taken a step in this turn or before.
  bool started(int slot, int turn) const { return !mask || first_.at()[slot] <= turn; }

  // The first slot of member `id` of `size`, each having about as many steps to take.
  int share(int id, int size) const {
    if (!mask) return int(ptrdiff_t(B) * id / size);
    const ptrdiff_t wanted = steps_.at()[B] * id / size;
    int slot = 0;
    while (slot < B && steps_.at()[slot] < wanted) ++slot;
    return id == size ? B : slot;
  }

 private:
  void sort();
  Buffer<int> order_, active_, first_;
  Buffer<unsigned char> taken_;  // [T][B]
  Buffer<ptrdiff_t> steps_;      // of the slots before this one
};

template <class T>
void Sequence<T>::sort() {
  order_ = Buffer<int>(B), active_ = Buffer<int>(T_), first_ = Buffer<int>(B), steps_ = Buffer<ptrdiff_t>(B + 1);
  taken_ = Buffer<unsigned char>(ptrdiff_t(T_) * B);
  // A counting sort: how many rows take at least n steps says where the rows of fewer steps begin.
  Buffer<int> length(B), place(T_ + 2);
  std::memset(place.at(), 0, sizeof(int) * size_t(T_ + 2));
  for (int b = 0; b < B; ++b) {
    int n = 0;
    for (int t = 0; t < T_; ++t) n += mask[ptrdiff_t(b) * T_ + t] != 0;
    length.at()[b] = n;
    ++place.at()[n];
  }
  for (int n = T_, before = 0; n >= 0; --n) {
    const int rows = place.at()[n];
    place.at()[n] = before, before += rows;
  }
  for (int b = 0; b < B; ++b) order_.at()[place.at()[length.at()[b]]++] = b;
  steps_.at()[0] = 0;
  for (int slot = 0; slot < B; ++slot) steps_.at()[slot + 1] = steps_.at()[slot] + length.at()[order_.at()[slot]];
  for (int slot = 0; slot < B; ++slot) first_.at()[slot] = T_;
  for (int turn = 0; turn < T_; ++turn) {
    active_.at()[turn] = 0;
    for (int slot = 0; slot < B; ++slot) {
      const bool taken = mask[ptrdiff_t(order_.at()[slot]) * T_ + time(turn)] != 0;
      taken_.at()[ptrdiff_t(turn) * B + slot] = taken;
      if (taken) active_.at()[turn] = slot + 1, first_.at()[slot] = std::min(first_.at()[slot], turn);
    }
  }
}

// What is kept of a pass: all turns from `first` on, or, with `ring`, just what the next turn reads.
template <class T, class C>
struct Store {
  T *records, *states, *last;  // last: [states][blocks][B][W], the states after the last turn
  int B, blocks, window, first, turns;
  bool ring;
  int fields;  // of a record

  static ptrdiff_t states_size(const Sequence<T>& s) {
    return ptrdiff_t(C::S) * s.blocks() * s.B * W<T>;
  }  // of one turn
  static int fields_of(const Sequence<T>& s) { return C::G + C::E + (s.keeps_input ? C::G : 0); }
  static ptrdiff_t records_size(const Sequence<T>& s, int turns) {
    return ptrdiff_t(fields_of(s)) * s.blocks() * ceil_div(turns, s.window) * s.window * s.B * W<T>;
  }

  Turn<T> at(int turn) const {
    const int i = turn - first, w = i < window ? 0 : i / window, j = i - w * window;  // turn j of window w
    const ptrdiff_t own = ptrdiff_t(B) * W<T>, plane = window * own, all = C::S * blocks * own;
    Turn<T> found;
    found.records = records + (ring ? 0 : w * (fields * blocks * plane)) + j * own;
    found.record_plane = plane;
    T* const here = states + w * (window * all) + j * own;
    found.states = ring ? states + i % 2 * all : here;
    found.state_plane = ring ? own : plane;
    found.next = i + 1 == turns ? last
                 : ring         ? states + (i + 1) % 2 * all
                                : (j + 1 < window ? here + own : states + (w + 1) * (window * all));
    found.next_plane = i + 1 == turns || ring ? own : plane;
    return found;
  }
};

// Whether the activations are the usual ones, for which there is code of their own.
template <class C, class T>
bool usual(const Sequence<T>& s) {
  return s.phi == TANH && (C::G == 1 || s.sigma == SIGMOID);
}

// What a member of the team does: rows (slots) of the batch from first to last, and vectors of units from
// begin to end. Either the rows are split or the units, in which case all must meet after every turn.
struct Share {
  int first, last, begin, end;
  bool by_units;
};

template <class T>
Share share_of(const Sequence<T>& s, const elman::Member& member) {
  const int all = s.vectors(), blocks = s.blocks();
  const auto vector = [&](int id) {
    return std::min(all, int(ptrdiff_t(blocks) * id / member.size) * PARTS_OF_BLOCK<T>);
  };
  const bool few_rows = s.B < 4 * member.size && blocks >= 4 * member.size;
  const bool large = ptrdiff_t(s.U) * s.U * ptrdiff_t(sizeof(T)) > LARGE && blocks >= 4 * member.size;
  if (member.size > 1 && (few_rows || large)) return {0, s.B, vector(member.id), vector(member.id + 1), true};
  return {s.share(member.id, member.size), s.share(member.id + 1, member.size), 0, all, false};
}

// The vectors of as many rows as a cell takes a step of at once.
template <class T>
using Several = std::conditional_t<FEW_REGISTERS, Pair<Vec<T>>, Pair<Pair<Vec<T>>>>;

// f(vectors, row) for the rows of [first, last) that take a step in this turn: several from `row` on, or one.
template <class T, class F>
void by_taken(const Sequence<T>& s, int turn, ptrdiff_t first, ptrdiff_t last, F&& f) {
  constexpr int SEVERAL = Several<T>::COUNT;
  ptrdiff_t row = first;
  while (row < last) {
    ptrdiff_t taken = 0;
    while (taken < SEVERAL && row + taken < last && s.taken(int(row + taken), turn)) ++taken;
    if (taken == SEVERAL) f(Several<T>{}, row);
    else
      for (ptrdiff_t i = 0; i < taken; ++i) f(Vec<T>{}, row + i);
    row += taken < SEVERAL && row + taken < last ? taken + 1 : taken;  // past the one that takes none
  }
}

}  // namespace ELMAN_ISA
