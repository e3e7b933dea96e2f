// Cells whose products are normalised row by row, both ways; the twin of src/elman/cells/_norm.py.
//
// A row needs all its units before any of them can go on, so a step goes over the rows of a turn several times: the
// products, their normalisation, the gates, and where the cell has one that of its state.
//
// Fields of the records:   gates [G]   xhat [G]   qhat [G]   chat, y [2 of a normalised state]   scales [1]
#pragma once

#include "own_weights.hpp"
#include "scalar.hpp"
#include "tape.hpp"

namespace ELMAN_ISA {

constexpr double NORMALISED_EPSILON = 1e-3;

// Some fields of one row: number l of block b of field f stands at at + f * field + b * plane + l.
template <class T>
struct RowFields {
  T* at;
  ptrdiff_t field, plane;
  int fields, U;

  // f(place, count) for the blocks of the row.
  template <class F>
  void each_block(F&& f) const {
    for (int i = 0; i < fields; ++i)
      for (int u = 0, b = 0; u < U; u += W<T>, ++b) f(i * field + b * plane, std::min(W<T>, U - u));
  }
  // The sum of f(place) over all numbers, always in the same order.
  template <class F>
  T sum(F&& f) const {
    T parts[W<T>] = {};
    each_block([&](ptrdiff_t place, int count) {
      if (count == W<T>)
        for (int l = 0; l < W<T>; ++l) parts[l] += f(place + l);
      else
        for (int l = 0; l < count; ++l) parts[l] += f(place + l);
    });
    for (int half = W<T> / 2; half > 0; half /= 2)
      for (int l = 0; l < half; ++l) parts[l] += parts[l + half];
    return parts[0] / T(fields * U);
  }
};

// ahat = (a - mean) s with s = 1 / sqrt(variance + epsilon): from `a` into `to`, which may be the same; returns s.
template <class T>
T normalise(const RowFields<T>& a, T* to, ptrdiff_t to_field, ptrdiff_t to_plane) {
  const T mean = a.sum([&](ptrdiff_t i) { return a.at[i]; });
  const T variance = a.sum([&](ptrdiff_t i) { return (a.at[i] - mean) * (a.at[i] - mean); });
  const T scale = T(1) / scalar::sqrt(variance + T(NORMALISED_EPSILON));
  for (int f = 0; f < a.fields; ++f)
    for (int b = 0, u = 0; u < a.U; u += W<T>, ++b)
      for (int l = 0; l < W<T>; ++l)  // beyond the last unit too, where nobody reads it
        to[f * to_field + b * to_plane + l] = (a.at[f * a.field + b * a.plane + l] - mean) * scale;
  return scale;
}

// da = s (dahat - mean(dahat) - ahat mean(dahat ahat)), from `d` and `ahat`, into `to`, which may be either.
template <class T>
void normalise_back(const RowFields<T>& d, const RowFields<T>& ahat, T scale, const RowFields<T>& to) {
  T parts[2][W<T>] = {};
  for (int f = 0; f < d.fields; ++f)
    for (int b = 0, u = 0; u < d.U; u += W<T>, ++b) {
      const T *one = d.at + f * d.field + b * d.plane, *other = ahat.at + f * ahat.field + b * ahat.plane;
      const int count = std::min(W<T>, d.U - u);
      for (int l = 0; l < count; ++l) parts[0][l] += one[l], parts[1][l] += one[l] * other[l];
    }
  for (auto& part : parts)
    for (int half = W<T> / 2; half > 0; half /= 2)
      for (int l = 0; l < half; ++l) part[l] += part[l + half];
  const T count = T(d.fields * d.U), mean = parts[0][0] / count, along = parts[1][0] / count;
  for (int f = 0; f < d.fields; ++f)
    for (int b = 0, u = 0; u < d.U; u += W<T>, ++b) {
      const T *one = d.at + f * d.field + b * d.plane, *other = ahat.at + f * ahat.field + b * ahat.plane;
      T* result = to.at + f * to.field + b * to.plane;
      const int last = std::min(W<T>, d.U - u);
      for (int l = 0; l < W<T>; ++l) result[l] = l < last ? scale * (one[l] - mean - other[l] * along) : T(0);
    }
}

// The rows of one turn of a share, and where the records of a normalised cell have what.
template <class T, class C>
struct NormalisedTurn {
  static constexpr int G = C::G, X = G, Q = 2 * G, CHAT = 3 * G, Y = CHAT + 1, SCALES = G + C::E - 1;
  const Sequence<T>& s;
  const Share& share;
  const Turn<T>& at;
  const int turn;
  const ptrdiff_t plane = at.record_plane, field = s.blocks() * plane;

  T* record(int f, int row = 0) const { return at.records + f * field + ptrdiff_t(row) * W<T>; }
  T& scale(int row, int i) const { return record(SCALES, row)[i]; }
  RowFields<T> fields(int first, int count, int row) const { return {record(first, row), field, plane, count, s.U}; }

  // f(row) for the rows that take the step.
  template <class F>
  void each_taken(F&& f) const {
    for (int row = 0; row < s.active(share, turn); ++row)
      if (s.taken(share.first + row, turn)) f(row);
  }

  // The products with the inputs or the state: from fields `from` on into those from `to` on, group by group.
  void normalise_products(int from, int to, int scales) const {
    each_taken([&](int row) {
      for (int i = 0, g = 0; i < C::GROUPS; g += C::group(i), ++i)
        scale(row, scales + i) = normalise(fields(from + g, C::group(i), row), record(to + g, row), field, plane);
    });
  }

  // The new cell state into the records, normalised.
  void normalise_state() const {
    T* const c = at.next + s.blocks() * at.next_plane;
    each_taken([&](int row) {
      const RowFields<T> of_row{c + ptrdiff_t(row) * W<T>, 0, at.next_plane, 1, s.U};
      scale(row, 2 * C::GROUPS) = normalise(of_row, record(CHAT, row), field, plane);
    });
  }

  // The gradients of the products, from those of what they became: of x W in the gates' own places, and of h R from
  // planes of one turn into the place of qhat.
  void undo_products(T* dq, ptrdiff_t dq_plane) const {
    const ptrdiff_t dq_field = s.blocks() * dq_plane;
    each_taken([&](int row) {
      for (int i = 0, g = 0; i < C::GROUPS; g += C::group(i), ++i) {
        const int count = C::group(i);
        const RowFields<T> dx = fields(g, count, row), qhat = fields(Q + g, count, row);
        const RowFields<T> d{dq + g * dq_field + ptrdiff_t(row) * W<T>, dq_field, dq_plane, count, s.U};
        normalise_back(dx, fields(X + g, count, row), scale(row, i), dx);
        normalise_back(d, qhat, scale(row, C::GROUPS + i), qhat);
      }
    });
  }

  // The gradient of the new cell state, where the gradient of its normalised form stands.
  void undo_state(T* dchat, ptrdiff_t dchat_plane) const {
    each_taken([&](int row) {
      const RowFields<T> d{dchat + ptrdiff_t(row) * W<T>, 0, dchat_plane, 1, s.U};
      normalise_back(d, fields(CHAT, 1, row), scale(row, 2 * C::GROUPS), d);
    });
  }
};

}  // namespace ELMAN_ISA
