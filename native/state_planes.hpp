// States, outputs and gates between the planes of a share and the arrays of the user.
#pragma once

#include "tape.hpp"

namespace ELMAN_ISA {

// Planes [states][blocks][rows][W] of one share's states, from and to the user's (B, U) each: zeros where there are
// none, and nothing where they are not wanted.
template <class T, class C>
struct StatePlanes {
  const Sequence<T>& s;
  const Share& share;
  const ptrdiff_t plane = ptrdiff_t(share.rows) * W<T>;

  void put(const T* const* from, T* to) const { put(from, to, plane); }
  void put(const T* const* from, T* to, ptrdiff_t to_plane) const {
    for (int k = 0; k < C::S; ++k, to += s.blocks() * to_plane)
      for (int i = 0; i < share.rows; ++i) {
        T* row = to + ptrdiff_t(i) * W<T>;
        if (from[k]) put_row(from[k] + ptrdiff_t(s.row(share.first + i)) * s.U, s.U, row, to_plane);
        else fill_row(T(0), s.U, row, to_plane);
      }
  }
  void get(const T* from, T* const* to) const {
    for (int k = 0; k < C::S && to[k]; ++k, from += s.blocks() * plane)
      for (int i = 0; i < share.rows; ++i)
        get_row(from + ptrdiff_t(i) * W<T>, plane, s.U, to[k] + ptrdiff_t(s.row(share.first + i)) * s.U);
  }
  // The states after a turn, of the units that are this member's, and all of them into the states before a turn.
  void save(const Turn<T>& at, T* to) const {
    for (int k = 0; k < C::S; ++k, to += s.blocks() * plane)
      for (int v = share.begin; v < share.end; ++v) {
        const T* from = at.next + k * s.blocks() * at.next_plane + vector_at<T>(v, at.next_plane);
        for (ptrdiff_t i = 0; i < plane; i += W<T>) Vec<T>::load(from + i).store(to + vector_at<T>(v, plane) + i);
      }
  }
  void load(const T* from, const Turn<T>& at) const {
    for (int i = 0; i < C::S * s.blocks(); ++i)
      std::memcpy(at.states + i * at.state_plane, from + i * plane, size_t(plane) * sizeof(T));
  }
};

// The outputs of one turn, of a share: the new state, or where no step was taken what `zero_output` says.
template <class T>
void put_outputs(const Sequence<T>& s, const Share& share, int turn, const Turn<T>& at, T* outputs) {
  const int first = share.begin / PARTS_OF_BLOCK<T>, last = ceil_div(share.end, PARTS_OF_BLOCK<T>);
  const int columns = std::min(s.U, last * W<T>) - first * W<T>;
  if (!s.sequences && turn < s.T_ - 1) return;
  for (int i = 0; i < share.rows; ++i) {
    const int slot = share.first + i;
    const ptrdiff_t row = s.row(slot);
    T* to = outputs + (s.sequences ? row * s.T_ + turn : row) * s.U + first * W<T>;
    // Before its first step a row has put out nothing, whatever state it started from.
    const bool zero = !s.taken(slot, turn) && (s.zero_output || !s.started(slot, turn));
    if (zero) fill(to, columns, T(0));
    else get_row(at.next + first * at.next_plane + ptrdiff_t(i) * W<T>, at.next_plane, columns, to);
  }
}

// For the user to see: the states after one turn, of a share, and its gates, of rows that took no step NaN.
template <class T, class C>
void put_history(const Sequence<T>& s, const Share& share, int turn, const Turn<T>& at, const elman::Forward& f) {
  const int first = share.begin / PARTS_OF_BLOCK<T>, last = ceil_div(share.end, PARTS_OF_BLOCK<T>);
  const int columns = std::min(s.U, last * W<T>) - first * W<T>;
  for (int i = 0; i < share.rows; ++i) {
    const int slot = share.first + i;
    const ptrdiff_t to = (ptrdiff_t(s.row(slot)) * s.T_ + s.time(turn)) * s.U + first * W<T>;
    const auto from = [&](T* planes, int field, ptrdiff_t plane) {
      return planes + (ptrdiff_t(field) * s.blocks() + first) * plane + ptrdiff_t(i) * W<T>;
    };
    for (int k = 0; k < C::S; ++k)
      get_row(from(at.next, k, at.next_plane), at.next_plane, columns, static_cast<T*>(f.states[k]) + to);
    for (int g = 0; g < C::G; ++g) {
      T* const gate = static_cast<T*>(f.gates[g]) + to;
      if (s.taken(slot, turn)) get_row(from(at.records, g, at.record_plane), at.record_plane, columns, gate);
      else fill(gate, columns, T(NAN));
    }
  }
}

}  // namespace ELMAN_ISA
