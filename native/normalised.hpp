// Cells whose products are normalised row by row, both ways; the twin of src/elman/cells/_norm.py.
//
// A row needs all its units before any of them can go on, so a step goes over the rows of a turn several times: the
// products, their means and deviations, the gates, and where the cell has one the same of its state.
//
// Fields of the records:   gates [G]   xhat [G]   qhat [G]   chat, y [2 of a normalised state]   moments [1]
// Until the gates are made, x W and h R stand where xhat and qhat will.
#pragma once

#include "own_weights.hpp"
#include "row_moments.hpp"
#include "tape.hpp"

namespace ELMAN_ISA {

// The rows of one turn of a share, and where the records of a normalised cell have what.
template <class T, class C>
struct NormalisedTurn {
  static constexpr int G = C::G, X = G, Q = 2 * G, CHAT = 3 * G, Y = CHAT + 1, MOMENTS = G + C::E - 1;
  const Sequence<T>& s;
  const Share& share;
  const Turn<T>& at;
  const int turn;
  const ptrdiff_t plane = at.record_plane, field = s.blocks() * plane;
  const RowShape<T> shape{s.U};

  T* record(int f, ptrdiff_t row = 0) const { return at.records + f * field + row * W<T>; }
  RowFields<T> fields(int first, ptrdiff_t row) const { return {record(first, row), field, plane}; }

  // Of x W and h R, so many groups of gates each, and of the state; and of a gate.
  Moments<T> moments(int i, ptrdiff_t row) const { return {record(MOMENTS, row) + 2 * i}; }
  Moments<T> of_inputs(int g, ptrdiff_t row) const { return moments(C::group_of(g), row); }
  Moments<T> of_product(int g, ptrdiff_t row) const { return moments(C::GROUPS + C::group_of(g), row); }
  Moments<T> of_state(ptrdiff_t row) const { return moments(2 * C::GROUPS, row); }

  // Of what stands in the fields from `from` on, group by group.
  void take_products(int from, int first) const {
    by_taken(s, share, turn, [&](auto vectors, ptrdiff_t row) {
      for (int i = 0, g = 0; i < C::GROUPS; g += C::group(i), ++i)
        moments(first + i, row).template take<decltype(vectors)>(fields(from + g, row), C::group(i), shape);
    });
  }

  // Of the new cell state.
  void take_state() const {
    T* const c = at.next + s.blocks() * at.next_plane;
    by_taken(s, share, turn, [&](auto vectors, ptrdiff_t row) {
      of_state(row).template take<decltype(vectors)>({c + row * W<T>, 0, at.next_plane}, 1, shape);
    });
  }

  // The gradients of the products, from those of what they became: of x W in the gates' own places, and of h R from
  // planes of one turn into the place of qhat.
  void undo_products(T* dq, ptrdiff_t dq_plane) const {
    const ptrdiff_t dq_field = s.blocks() * dq_plane;
    by_taken(s, share, turn, [&](auto vectors, ptrdiff_t row) {
      using V = decltype(vectors);
      for (int i = 0, g = 0; i < C::GROUPS; g += C::group(i), ++i) {
        const RowFields<T> dx = fields(g, row), qhat = fields(Q + g, row);
        const RowFields<T> d{dq + g * dq_field + row * W<T>, dq_field, dq_plane};
        normalise_back(dx, fields(X + g, row), of_inputs(g, row).template scale<V>(), dx, C::group(i), shape);
        normalise_back(d, qhat, of_product(g, row).template scale<V>(), qhat, C::group(i), shape);
      }
    });
  }

  // The gradient of the new cell state, where the gradient of its normalised form stands.
  void undo_state(T* dchat, ptrdiff_t dchat_plane) const {
    by_taken(s, share, turn, [&](auto vectors, ptrdiff_t row) {
      const RowFields<T> d{dchat + row * W<T>, 0, dchat_plane};
      normalise_back(d, fields(CHAT, row), of_state(row).template scale<decltype(vectors)>(), d, 1, shape);
    });
  }
};

}  // namespace ELMAN_ISA
