// The two products that all the time goes into: rows times packed weights, and the sum over rows that makes
// a weight's gradient.
//
// Every number is one chain of fused multiply-adds in a fixed order: over the columns of the left factor for
// the first, over the rows for the second. So it has the same bits in a tile of any height or width, for any
// number of threads, and on any vector length.
#pragma once

#include <type_traits>
#include <utility>

#include "planes.hpp"

namespace ELMAN_ISA {

// ------------------------------------------------------------------------------ tiles

#if defined(ELMAN_AVX2) || (!defined(ELMAN_AVX512) && !defined(__aarch64__))
constexpr bool FEW_REGISTERS = true;  // 16 vectors
#else
constexpr bool FEW_REGISTERS = false;  // 32
#endif

// How many rows a tile of `width` vectors may have, so that its sums stay in registers.
constexpr int tallest(int width) {
  if (FEW_REGISTERS) return width == 1 ? 8 : width == 2 ? 6 : width == 3 ? 4 : width == 4 ? 3 : width <= 6 ? 2 : 1;
  return width == 1 ? 16 : width == 2 ? 14 : width == 3 ? 8 : width == 4 ? 6 : width <= 6 ? 4 : width <= 10 ? 2 : 1;
}

// How many vectors of outputs, of N gates each, a tile takes at once: as many as fill it, and where there is
// a single row enough to hide the time that one multiply-add waits for the one before it.
constexpr int at_once(int N) { return N == 1 ? 2 : 1; }
constexpr int at_once_alone(int N) {
  if (FEW_REGISTERS) return N == 1 ? 8 : N == 2 ? 4 : 2;
  return N == 1 ? 8 : 4;
}

// f(height) with the height as a type, for 1 <= height <= MOST.
template <int MOST, class F>
inline void with_height(int height, F&& f) {
  if constexpr (MOST > 1) {
    if (height < MOST) return with_height<MOST - 1>(height, std::forward<F>(f));
  }
  f(std::integral_constant<int, MOST>{});
}

// Rows [first, last) in tiles of about the same height, MOST at most.
template <int MOST, class F>
inline void by_tiles(ptrdiff_t first, ptrdiff_t last, F&& f) {
  const ptrdiff_t rows = last - first;
  if (rows == 1) return f(std::integral_constant<int, 1>{}, first);  // a stream of single rows has no time to lose
  const ptrdiff_t tiles = (rows + MOST - 1) / MOST;
  for (ptrdiff_t i = 0; i < tiles; ++i) {
    const ptrdiff_t begin = rows * i / tiles, end = rows * (i + 1) / tiles;
    with_height<MOST>(int(end - begin), [&](auto height) { f(height, first + begin); });
  }
}

// Vectors [first, last) of outputs of N gates in groups: f(group, v) with the group's size as a type.
template <int N, class F>
inline void by_groups(int first, int last, F&& f) {
  int v = first;
  if constexpr (at_once(N) > 1)
    for (; v + at_once(N) <= last; v += at_once(N)) f(std::integral_constant<int, at_once(N)>{}, v);
  for (; v < last; ++v) f(std::integral_constant<int, 1>{}, v);
}
// The same for so many rows, of which there may be one alone.
template <int N, class F>
inline void by_groups(ptrdiff_t rows, int first, int last, F&& f) {
  if (rows == 1)
    for (; first + at_once_alone(N) <= last; first += at_once_alone(N))
      f(std::integral_constant<int, at_once_alone(N)>{}, first);
  by_groups<N>(first, last, f);
}
// The same where each gate may have a left factor of its own, and so its own tiles: f(own, group, v).
template <int N, class F>
inline void by_groups(ptrdiff_t rows, bool own, int first, int last, F&& f) {
  if (N > 1 && own)
    by_groups<1>(rows, first, last, [&](auto group, int v) { f(std::bool_constant<(N > 1)>{}, group, v); });
  else by_groups<N>(rows, first, last, [&](auto group, int v) { f(std::false_type{}, group, v); });
}

// ------------------------------------------------------------------------------ rows times weights

constexpr int AHEAD = 16;  // how many k ahead of its use a panel is fetched from the second cache

// The left factor: some fields of planes, one after the other, as the columns of one matrix.
template <class T>
struct Rows {
  const T* at;      // row 0 of field 0, block 0
  ptrdiff_t plane;  // numbers in a plane
  int columns;      // of a field
  int fields[4];    // which fields,
  int count;        // and how many
  ptrdiff_t own;    // where each output gate reads planes of its own: how far they are apart; else 0

  Rows of_gate(int n) const {
    return {at + n * own, plane, columns, {fields[0], fields[1], fields[2], fields[3]}, count, 0};
  }
  Rows field(int i) const { return {at, plane, columns, {fields[i]}, 1, own}; }
};

// The right one: number k of gate n of vector v of outputs stands at at + v * panel + k * step + n * lanes.
template <class T>
struct Panels {
  const T* at;
  ptrdiff_t panel, step;
  const T* bias = nullptr;  // [v][step], or none

  Panels of_gate(int n) const {
    const ptrdiff_t lanes = n * Vec<T>::N;
    return {at + lanes, panel, step, bias ? bias + lanes : nullptr};
  }
  Panels from(int k) const { return {at + k * step, panel, step, bias}; }
};

// The result, and what it starts from: vector v of a row stands at
// at + vector_at(v - first, plane) + row * step + gate * field.
template <class T>
struct Place {
  T* at;
  ptrdiff_t plane, step, field;
  int first = 0;  // vector of the first block that there is

  Place of_gate(int n) const { return {at + n * field, plane, step, field, first}; }
  T* row(int v, ptrdiff_t row) const { return at + vector_at<std::remove_const_t<T>>(v - first, plane) + row * step; }
};

// out = start + rows x panels, for MR rows and S vectors of N gates. The start is `from`, or the same for all
// rows, the panels' bias, or zero.
template <class T, int N, int S, int MR>
inline void product_tile(const Rows<T>& a, ptrdiff_t row, const Panels<T>& panels, const Place<const T>* from,
                         const Place<T>& out, int v) {
  constexpr int L = Vec<T>::N;
  const ptrdiff_t panel = panels.panel, step = panels.step;
  Vec<T> sum[MR][S * N];
  for (int s = 0; s < S; ++s)
    for (int r = 0; r < MR; ++r)
      for (int n = 0; n < N; ++n)
        sum[r][s * N + n] = from          ? Vec<T>::load(from->row(v + s, row + r) + n * from->field)
                            : panels.bias ? Vec<T>::load(panels.bias + (v + s) * step + n * L)
                                          : Vec<T>::zero();
  const T* b = panels.at + v * panel;
  for (int f = 0; f < a.count; ++f) {
    const T* left = a.at + ptrdiff_t(a.fields[f]) * blocks_of<T>(a.columns) * a.plane + row * W<T>;
    for (int rest = a.columns; rest > 0; rest -= W<T>, left += a.plane) {
      const int count = std::min(rest, W<T>);
      for (int k = 0; k < count; ++k, b += step) {
        Vec<T> weights[S * N];
        for (int s = 0; s < S; ++s)
          for (int n = 0; n < N; ++n) prefetch(b + s * panel + AHEAD * step + n * L);
        for (int s = 0; s < S; ++s)
          for (int n = 0; n < N; ++n) weights[s * N + n] = Vec<T>::load(b + s * panel + n * L);
        for (int r = 0; r < MR; ++r) {
          const Vec<T> value = Vec<T>::set(left[r * W<T> + k]);
          for (int i = 0; i < S * N; ++i) sum[r][i] = fma(value, weights[i], sum[r][i]);
        }
      }
    }
  }
  for (int s = 0; s < S; ++s) {
    T* to = out.row(v + s, row);
    for (int r = 0; r < MR; ++r)
      for (int n = 0; n < N; ++n) sum[r][s * N + n].store(to + r * out.step + n * out.field);
  }
}

// The same for rows [first, last) and S vectors of outputs from number v on; with OWN, a gate at a time.
template <class T, int N, int S, bool OWN = false>
void product(const Rows<T>& a, ptrdiff_t first, ptrdiff_t last, const Panels<T>& panels, const Place<const T>* from,
             const Place<T>& out, int v) {
  if constexpr (OWN) {
    for (int n = 0; n < N; ++n)
      product<T, 1, S>(a.of_gate(n), first, last, panels.of_gate(n), nullptr, out.of_gate(n), v);
  } else {
    by_tiles<tallest(N * S)>(first, last, [&](auto height, ptrdiff_t row) {
      product_tile<T, N, S, decltype(height)::value>(a, row, panels, from, out, v);
    });
  }
}

// ------------------------------------------------------------------------------ sums over rows

// Rows of one share that a sum goes over, one after the other; see Planes.
struct Run {
  ptrdiff_t before, plane;  // numbers of a plane: in all the shares before this one, and in this one
  ptrdiff_t row, rows;
};

constexpr ptrdiff_t CHUNK = 128;  // rows whose planes stay in the first cache

// f(first, last) for runs in groups of about CHUNK rows.
template <class F>
inline void by_chunks(const Run* first, const Run* last, F&& f) {
  while (first < last) {
    const Run* end = first + 1;
    for (ptrdiff_t rows = first->rows; end < last && (rows += end->rows) <= CHUNK;) ++end;
    f(first, end);
    first = end;
  }
}

// A factor of a weight's gradient: planes of all shares, `count` of each share, of which those of a window begin at
// number `first`.
template <class T>
struct Planes {
  const T* at;
  ptrdiff_t count, first;

  const T* of(const Run& run, ptrdiff_t plane) const {
    return at + count * run.before + (first + plane) * run.plane + run.row * W<T>;
  }
};

// The right one: S vectors, from number v on, of N gates' gradients.
template <class T, int N, int S>
struct Columns {
  Planes<T> planes;
  const ptrdiff_t* gates;  // the first plane of each
  int v;

  void of(const Run& run, const T* (&columns)[S * N]) const {
    for (int s = 0; s < S; ++s)
      for (int n = 0; n < N; ++n) {
        const int u = v + s;
        columns[s * N + n] = planes.of(run, gates[n] + u / PARTS_OF_BLOCK<T>) + u % PARTS_OF_BLOCK<T> * Vec<T>::N;
      }
  }
};

// The result, which lies as the weights do: see Panels.
template <class T>
struct Sums {
  T* at;
  ptrdiff_t panel, step;
};

// sums += sum over rows of left[row][k] * right[row], for k from r on in plane `block`, MR of them.
template <class T, int N, int S, int MR>
inline void gradient_tile(const Planes<T>& left, ptrdiff_t block, ptrdiff_t r0, const Columns<T, N, S>& right,
                          const Run* first, const Run* last, const Sums<T>& sums) {
  const auto at = [&](int r, int i) {
    const ptrdiff_t k = block * W<T> + r0 + r;
    return sums.at + (right.v + i / N) * sums.panel + k * sums.step + i % N * Vec<T>::N;
  };
  Vec<T> sum[MR][S * N];
  for (int r = 0; r < MR; ++r)
    for (int i = 0; i < S * N; ++i) sum[r][i] = Vec<T>::load(at(r, i));
  for (const Run* run = first; run < last; ++run) {
    const T *factor = left.of(*run, block) + r0, *columns[S * N];
    right.of(*run, columns);
    for (ptrdiff_t m = 0; m < run->rows; ++m, factor += W<T>) {
      Vec<T> values[S * N];
      for (int i = 0; i < S * N; ++i) values[i] = Vec<T>::load(columns[i] + m * W<T>);
      for (int r = 0; r < MR; ++r) {
        const Vec<T> value = Vec<T>::set(factor[r]);
        for (int i = 0; i < S * N; ++i) sum[r][i] = fma(value, values[i], sum[r][i]);
      }
    }
  }
  for (int r = 0; r < MR; ++r)
    for (int i = 0; i < S * N; ++i) sum[r][i].store(at(r, i));
}

// The same for the first `columns` columns of the left planes.
template <class T, int N, int S>
void gradient(const Planes<T>& left, int columns, const Columns<T, N, S>& right, const Run* first, const Run* last,
              const Sums<T>& sums) {
  by_chunks(first, last, [&](const Run* begin, const Run* end) {
    for (int k = 0; k < columns; k += W<T>)
      by_tiles<tallest(N * S)>(0, std::min(W<T>, columns - k), [&](auto height, ptrdiff_t r) {
        gradient_tile<T, N, S, decltype(height)::value>(left, k / W<T>, r, right, begin, end, sums);
      });
  });
}

// sums [v][N][lanes] += all rows.
template <class T, int N, int S>
void add_rows(const Columns<T, N, S>& right, const Run* first, const Run* last, T* sums) {
  sums += right.v * panel_size<T>(1, N);
  Vec<T> sum[S * N];
  for (int i = 0; i < S * N; ++i) sum[i] = Vec<T>::load(sums + i * Vec<T>::N);
  for (const Run* run = first; run < last; ++run) {
    const T* columns[S * N];
    right.of(*run, columns);
    for (ptrdiff_t m = 0; m < run->rows; ++m)
      for (int i = 0; i < S * N; ++i) sum[i] = sum[i] + Vec<T>::load(columns[i] + m * W<T>);
  }
  for (int i = 0; i < S * N; ++i) sum[i].store(sums + i * Vec<T>::N);
}

}  // namespace ELMAN_ISA
