// What a row is normalised with, its mean and its deviation, and the way back; the twin of src/elman/cells/_norm.py.
//
// Sums go through a row block by block and then over the lanes of a block: always in one order, whatever a vector
// holds.
#pragma once

#include "planes.hpp"
#include "scalar.hpp"

namespace ELMAN_ISA {

constexpr double NORMALISED_EPSILON = 1e-3;

// Some fields of a row, or of the rows that V holds from it on, in planes: field f begins at at + f * field.
template <class T>
struct RowFields {
  T* at;
  ptrdiff_t field, plane;

  ELMAN_INLINE T* place(int f, int block, int part) const { return at + f * field + block * plane + part * Vec<T>::N; }
  template <class V>
  ELMAN_INLINE V load(int f, int block, int part) const {
    return V::load(place(f, block, part), W<T>);
  }
};

// How many units a field has, and ones in the lanes of its last block that are units'.
template <class T>
struct RowShape {
  int U, vectors = ceil_div(U, Vec<T>::N), blocks = blocks_of<T>(U);
  T units[W<T>];

  explicit RowShape(int count) : U(count) {
    for (int l = 0; l < W<T>; ++l) units[l] = T((blocks - 1) * W<T> + l < U);
  }
  // f(field, block, part of the block, kept) for the vectors of so many fields; kept(x) is x with zeros in the lanes
  // that are no units'.
  template <class F>
  ELMAN_INLINE void each(int fields, F&& f) const {
    const int last = blocks - 1;
    for (int i = 0; i < fields; ++i) {
      for (int block = 0; block < last; ++block)
        for (int part = 0; part < PARTS_OF_BLOCK<T>; ++part) f(i, block, part, [](auto x) { return x; });
      for (int part = 0; part < PARTS_OF_BLOCK<T>; ++part)
        if (last * PARTS_OF_BLOCK<T> + part < vectors)
          f(i, last, part, [&](auto x) { return x * decltype(x)::load(units + part * Vec<T>::N, 0); });
    }
  }
};

// The sums over the lanes of a block, of each row that V holds; always in the same order.
template <class V, class T = typename V::Scalar>
ELMAN_INLINE void add_lanes(const V (&parts)[PARTS_OF_BLOCK<T>], T* sums) {
  T lanes[V::COUNT][W<T>];
  for (int part = 0; part < PARTS_OF_BLOCK<T>; ++part) parts[part].store(lanes[0] + part * Vec<T>::N, W<T>);
  for (int half = W<T> / 2; half > 0; half /= 2)
    for (auto& row : lanes)
      for (int l = 0; l < half; ++l) row[l] += row[l + half];
  for (int row = 0; row < V::COUNT; ++row) sums[row] = lanes[row][0];
}

// What ahat = (a - mean) s is made with, of the rows that V holds: two numbers of each, a block after those of the
// row before it.
template <class T>
struct Moments {
  T* at;

  template <class V>
  ELMAN_INLINE V mean() const {
    return spread<V>(at, W<T>);
  }
  template <class V>
  ELMAN_INLINE V scale() const {
    return spread<V>(at + 1, W<T>);
  }

  // mean(a) and s = 1 / sqrt(variance + epsilon).
  template <class V>
  ELMAN_INLINE void take(const RowFields<T>& a, int fields, const RowShape<T>& shape) const {
    const T count = T(fields * shape.U);
    T sums[V::COUNT];
    V parts[PARTS_OF_BLOCK<T>];
    for (V& part : parts) part = V::zero();
    shape.each(fields, [&](int f, int block, int part, auto kept) {
      parts[part] = parts[part] + kept(a.template load<V>(f, block, part));
    });
    add_lanes(parts, sums);
    for (int row = 0; row < V::COUNT; ++row) at[row * W<T>] = sums[row] / count;
    const V mean = this->mean<V>();
    for (V& part : parts) part = V::zero();
    shape.each(fields, [&](int f, int block, int part, auto kept) {
      const V apart = kept(a.template load<V>(f, block, part) - mean);
      parts[part] = fma(apart, apart, parts[part]);
    });
    add_lanes(parts, sums);
    for (int row = 0; row < V::COUNT; ++row)
      at[row * W<T> + 1] = T(1) / scalar::sqrt(sums[row] / count + T(NORMALISED_EPSILON));
  }
};

// da = s (dahat - mean(dahat) - ahat mean(dahat ahat)), from `d` and `ahat`, into `to`, which may be either.
template <class V, class T>
ELMAN_INLINE void normalise_back(const RowFields<T>& d, const RowFields<T>& ahat, V scale, const RowFields<T>& to,
                                 int fields, const RowShape<T>& shape) {
  T sums[2][V::COUNT];
  V parts[PARTS_OF_BLOCK<T>], along[PARTS_OF_BLOCK<T>];
  for (int part = 0; part < PARTS_OF_BLOCK<T>; ++part) parts[part] = along[part] = V::zero();
  shape.each(fields, [&](int f, int block, int part, auto) {  // beyond the last unit d is zero
    const V one = d.template load<V>(f, block, part);
    parts[part] = parts[part] + one;
    along[part] = fma(one, ahat.template load<V>(f, block, part), along[part]);
  });
  add_lanes(parts, sums[0]), add_lanes(along, sums[1]);
  for (auto& of_rows : sums)
    for (T& sum : of_rows) sum /= T(fields * shape.U);
  const V mean = spread<V>(sums[0], 1), slope = spread<V>(sums[1], 1);
  shape.each(fields, [&](int f, int block, int part, auto kept) {
    const V one = d.template load<V>(f, block, part), other = ahat.template load<V>(f, block, part);
    kept(scale * fnma(other, slope, one - mean)).store(to.place(f, block, part), W<T>);
  });
}

}  // namespace ELMAN_ISA
