// A sequence, and how its rows are shared out to a team.
//
// Rows of the batch stand in slots, those with most steps first, so that the rows that a turn of the loop takes are
// the first few. Each share has some of the slots, and all its planes lie together, as if it were a batch of its own:
// two processors that write to neighbouring lines would take them from each other all the time.
#pragma once

#include "math.hpp"
#include "product.hpp"
#include "table.hpp"
#include "team.hpp"

namespace ELMAN_ISA {

constexpr int MOST_GATES = 4;
constexpr int ROW_SHIFT = 2;          // rows in a group, whose part of a sum over rows is one number: 2^2
constexpr ptrdiff_t LARGE = 7 << 19;  // bytes of the recurrent kernel from which units are split, not rows

// What a member of the team works on: `rows` slots from `first` on, and of their units the vectors from `begin` to
// `end`. What is not split by units, it does for its rows `from` to `to`, counted from `first`.
struct Share {
  int first, rows, begin, end, from, to;
};

template <class T>
struct Sequence {
  int B, T_, F, U, phi, sigma, window;
  const T* x;                             // (B, T, F)
  const T* kernel;                        // (F, G*U)
  const T* recurrent;                     // (U, G*U) or null
  const T* bias;                          // (BIASES, G*U) or null
  const T* own[elman::MOST_VECTORS];      // (U,) each
  const T* streams[elman::MOST_STREAMS];  // (B, T, U) each, or null
  const T* reset_state[2];                // (U,) each, or null
  const unsigned char* mask;              // (B, T), or null where all steps are taken
  const T* input_drop[MOST_GATES];        // (B, F) each
  const T* recurrent_drop[MOST_GATES];    // (B, U) each
  int input_drops, recurrent_drops;       // how many
  bool backwards, zero_output, sequences, keeps_input;
  bool by_units;  // whether members split units, and meet after every turn if these read each other's states, or rows
  int shares;     // into how many the rows are split
  int row_shift;  // rows in a group, of which a share has whole ones, are 2^row_shift: the batch alone decides it

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
        sequences(a.sequences),
        reset_(a.reset) {
    for (int i = 0; i < MOST_GATES; ++i) {
      input_drop[i] = static_cast<const T*>(a.input_drop[i]);
      recurrent_drop[i] = static_cast<const T*>(a.recurrent_drop[i]);
    }
    for (int i = 0; i < elman::MOST_VECTORS; ++i) own[i] = static_cast<const T*>(a.vectors[i]);
    for (int i = 0; i < elman::MOST_STREAMS; ++i) streams[i] = static_cast<const T*>(a.streams[i]);
    for (int k = 0; k < 2; ++k) reset_state[k] = static_cast<const T*>(a.reset_state[k]);
    keeps_input = std::max(phi, sigma) >= elman::FIRST_THAT_NEEDS_INPUT;
    const elman::CellShape& cell = elman::CELLS[a.cell];
    const int four = 4 * a.threads;  // rows, or blocks of units, are worth members that meet at each turn
    const bool large = ptrdiff_t(cell.gates) * U * U * ptrdiff_t(sizeof(T)) > LARGE;
    // Units that do not read each other's states need not meet: a member for whom there is no row gets some of them.
    by_units = a.threads > 1 && !cell.normalised &&
               (cell.product ? blocks() >= four && (B < four || large) : blocks() >= a.threads && B < a.threads);
    shares = by_units ? 1 : a.threads;
    row_shift = cell.vectors > 0 && B >= 8 << ROW_SHIFT ? ROW_SHIFT : 0;
    limits_ = Buffer<int>(shares + 1);
    for (int id = 0; id <= shares; ++id) limits_.at()[id] = limit(int(ptrdiff_t(B) * id / shares));
    if (mask) sort();
    if (reset_) find_resets();
  }

  int blocks() const { return blocks_of<T>(U); }
  int vectors() const { return ceil_div(U, Vec<T>::N); }
  int time(int turn) const { return backwards ? T_ - 1 - turn : turn; }
  int row(int slot) const { return mask ? order_.at()[slot] : slot; }
  // Whether a slot takes a step in this turn; how many slots there are up to the last one that does, and how many
  // before the first one that does not.
  bool taken(int slot, int turn) const { return !mask || taken_.at()[ptrdiff_t(turn) * B + slot]; }
  int active(int turn) const { return mask ? active_.at()[turn] : B; }
  int whole(int turn) const { return mask ? whole_.at()[turn] : B; }
  // Whether a slot has taken a step in this turn or before, and since its state was put back.
  bool started(int slot, int turn) const {
    if (!mask) return true;
    return started_ ? started_.at()[ptrdiff_t(turn) * B + slot] : first_.at()[slot] <= turn;
  }
  // Whether states are put back: ever, before this turn, and a slot's.
  bool has_resets() const { return reset_ != nullptr; }
  bool resets(int turn) const { return reset_ && resets_.at()[turn]; }
  bool reset(int slot, int turn) const { return reset_[ptrdiff_t(row(slot)) * T_ + time(turn)]; }

  // A share of the rows, each having about as many steps to take; all of their units.
  Share share(int id) const {
    const int first = limits_.at()[id], rows = limits_.at()[id + 1] - first;
    return {first, rows, 0, vectors(), 0, rows};
  }
  // f(share) for what a member has to do. How rows are split never depends on how large the team turned out to be.
  template <class F>
  void each_share(const elman::Member& member, F&& f) const {
    if (by_units) {
      const Range own = part_of(blocks(), member), rows = part_of(B, member);
      const int begin = own.begin * PARTS_OF_BLOCK<T>, end = own.end * PARTS_OF_BLOCK<T>;
      f(Share{0, B, begin, std::min(vectors(), end), rows.begin, rows.end});
    } else {
      for (int id = member.id; id < shares; id += member.size) f(share(id));
    }
  }
  // Whether a member is a share's only one, or the one that does what is done once.
  bool leads(const elman::Member& member) const { return !by_units || member.id == 0; }
  // What there is of the rows of a share.
  int active(const Share& share, int turn) const { return std::clamp(active(turn) - share.first, 0, share.rows); }
  int whole(const Share& share, int turn) const { return std::clamp(whole(turn) - share.first, 0, share.rows); }

 private:
  // Where a share may end that should end at this slot.
  int limit(int slot) const { return slot == B ? B : slot >> row_shift << row_shift; }
  void sort();
  void find_resets();
  const unsigned char* reset_;
  Buffer<unsigned char> resets_, started_;  // [T], [T][B]
  Buffer<int> limits_;                      // of the shares
  Buffer<int> order_, active_, whole_, first_;
  Buffer<unsigned char> taken_;  // [T][B]
};

template <class T>
void Sequence<T>::sort() {
  // A counting sort: how many rows take at least n steps says where the rows of fewer steps begin.
  Buffer<int> length(B), place(T_ + 2);
  ptrdiff_t steps = 0;
  std::memset(place.at(), 0, sizeof(int) * size_t(T_ + 2));
  for (int b = 0; b < B; ++b) {
    int n = 0;
    for (int t = 0; t < T_; ++t) n += mask[ptrdiff_t(b) * T_ + t] != 0;
    length.at()[b] = n, steps += n;
    ++place.at()[n];
  }
  if (steps == ptrdiff_t(B) * T_) {  // none is skipped
    mask = nullptr;
    return;
  }
  order_ = Buffer<int>(B), active_ = Buffer<int>(T_), whole_ = Buffer<int>(T_), first_ = Buffer<int>(B);
  taken_ = Buffer<unsigned char>(ptrdiff_t(T_) * B);
  for (int n = T_, before = 0; n >= 0; --n) {
    const int rows = place.at()[n];
    place.at()[n] = before, before += rows;
  }
  for (int b = 0; b < B; ++b) order_.at()[place.at()[length.at()[b]]++] = b;
  ptrdiff_t before = 0;  // the steps of the slots before this one
  int id = 0;
  for (int slot = 0; slot < B; before += length.at()[order_.at()[slot++]])
    for (; id < shares && before >= steps * id / shares; ++id) limits_.at()[id] = limit(slot);
  for (; id < shares; ++id) limits_.at()[id] = B;
  for (int turn = 0; turn < T_; ++turn) active_.at()[turn] = 0, whole_.at()[turn] = B;
  for (int slot = 0; slot < B; ++slot) {
    const unsigned char* of_row = mask + ptrdiff_t(order_.at()[slot]) * T_;
    first_.at()[slot] = T_;
    for (int turn = T_ - 1; turn >= 0; --turn) {
      const bool taken = of_row[time(turn)] != 0;
      taken_.at()[ptrdiff_t(turn) * B + slot] = taken;
      if (taken) active_.at()[turn] = slot + 1, first_.at()[slot] = turn;
      else whole_.at()[turn] = std::min(whole_.at()[turn], slot);
    }
  }
}

template <class T>
void Sequence<T>::find_resets() {
  resets_ = Buffer<unsigned char>(T_);
  bool any = false;
  for (int turn = 0; turn < T_; ++turn) {
    resets_.at()[turn] = 0;
    for (int slot = 0; slot < B; ++slot) resets_.at()[turn] |= reset(slot, turn);
    any |= resets_.at()[turn] != 0;
  }
  if (!any) reset_ = nullptr;
  if (!any || !mask) return;
  started_ = Buffer<unsigned char>(ptrdiff_t(T_) * B);
  for (int slot = 0; slot < B; ++slot) {
    bool started = false;
    for (int turn = 0; turn < T_; ++turn) {
      started = taken(slot, turn) || (started && !reset(slot, turn));
      started_.at()[ptrdiff_t(turn) * B + slot] = started;
    }
  }
}

// f(phi, sigma) with those of the activations as types that are the usual ones: for them there is code of its own.
template <class C, class T, class F>
inline void with_activations(const Sequence<T>& s, F&& f) {
  const bool usual = s.sigma == SIGMOID || !C::SIGMA;
  if (usual && s.phi == C::PHI) return f(Known<C::PHI>{}, Known<SIGMOID>{});
  if constexpr (C::MUCH_USED)
    if (usual) return f(s.phi, Known<SIGMOID>{});
  f(s.phi, s.sigma);
}

// The vectors of as many rows as a cell takes a step of at once.
template <class T>
using Several = std::conditional_t<FEW_REGISTERS, Pair<Vec<T>>, Pair<Pair<Vec<T>>>>;

// f(vectors, row) for the rows of a share that take a step in this turn: several from `row` on, or one.
template <class T, class F>
void by_taken(const Sequence<T>& s, const Share& share, int turn, F&& f) {
  constexpr int SEVERAL = Several<T>::COUNT;
  const int last = s.active(share, turn), whole = s.whole(share, turn);
  int row = 0;
  while (row < last) {
    int taken = std::clamp(whole - row, 0, SEVERAL);
    while (taken < SEVERAL && row + taken < last && s.taken(share.first + row + taken, turn)) ++taken;
    if (taken == SEVERAL) f(Several<T>{}, ptrdiff_t(row));
    else
      for (int i = 0; i < taken; ++i) f(Vec<T>{}, ptrdiff_t(row + i));
    row += taken < SEVERAL && row + taken < last ? taken + 1 : taken;  // past the one that takes none
  }
}

}  // namespace ELMAN_ISA
