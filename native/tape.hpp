// What is kept of a pass, and where the numbers of each turn lie.
//
// Turns come in windows: a plane holds the rows of all turns of a window.
//
//   records  [shares][windows][fields][blocks][window * rows][W]   xw at first, then the activated gates and what else
//                                                                  the cell's backward reads, then the gates' gradients
//   states   [shares][windows][states][blocks][window * rows][W]   the states before each turn; the last stand alone
#pragma once

#include "sequence.hpp"

namespace ELMAN_ISA {

// One turn of a share: row 0 of the first plane of each, and the numbers in a plane.
template <class T>
struct Turn {
  T* records;
  T *states, *next;  // before and after it
  ptrdiff_t record_plane, state_plane, next_plane;
};

// Of all shares: all turns from `first` on or, with `ring`, just what the next turn reads. Sizes are those of `rows`
// rows; what a share has begins after what the rows before it take.
template <class T, class C>
struct Tape {
  const Sequence<T>& s;
  T *records, *states, *last;  // last: [shares][states][blocks][rows][W], the states after the last turn
  int first, turns;
  bool ring;

  static int fields(const Sequence<T>& s) { return C::G + C::E + (s.keeps_input ? C::G : 0); }
  static ptrdiff_t states_size(const Sequence<T>& s, int rows) {  // of one turn
    return ptrdiff_t(C::S) * s.blocks() * rows * W<T>;
  }
  static ptrdiff_t records_size(const Sequence<T>& s, int turns, int rows) {  // of whole windows
    return ptrdiff_t(fields(s)) * s.blocks() * in_windows(s, turns) * rows * W<T>;
  }
  static ptrdiff_t in_windows(const Sequence<T>& s, int turns) {
    return ptrdiff_t(ceil_div(turns, s.window)) * s.window;
  }

  Turn<T> at(const Share& share, int turn) const {
    const int i = turn - first, w = i < s.window ? 0 : i / s.window, j = i - w * s.window;  // turn j of window w
    const ptrdiff_t own = ptrdiff_t(share.rows) * W<T>, plane = s.window * own;
    const ptrdiff_t all = states_size(s, share.rows), kept = ring ? 2 : in_windows(s, turns);
    T* const of_share = states + kept * states_size(s, share.first);
    T* const here = of_share + w * (s.window * all) + j * own;
    T* const end = last + states_size(s, share.first);
    Turn<T> found;
    found.records = records + records_size(s, ring ? s.window : turns, share.first) +
                    (ring ? 0 : w * records_size(s, s.window, share.rows)) + j * own;
    found.record_plane = plane;
    found.states = ring ? of_share + i % 2 * all : here;
    found.state_plane = ring ? own : plane;
    found.next = i + 1 == turns ? end
                 : ring         ? of_share + (i + 1) % 2 * all
                                : (j + 1 < s.window ? here + own : of_share + (w + 1) * (s.window * all));
    found.next_plane = i + 1 == turns || ring ? own : plane;
    return found;
  }

  // The planes of all shares' records and states, those of the window that begins with this turn being the first.
  Planes<T> all_records(int turn) const {
    const ptrdiff_t planes = ptrdiff_t(fields(s)) * s.blocks();
    return {records, ceil_div(turns, s.window) * planes, (turn - first) / s.window * planes};
  }
  Planes<T> all_states(int turn) const {
    const ptrdiff_t planes = ptrdiff_t(C::S) * s.blocks();
    return {states, ceil_div(turns, s.window) * planes, (turn - first) / s.window * planes};
  }
};

}  // namespace ELMAN_ISA
