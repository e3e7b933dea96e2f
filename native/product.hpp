// The two products that all the time goes into: rows times packed weights, and the sum over rows that makes
// a weight's gradient.
//
// Every number is one chain of fused multiply-adds in a fixed order: over the columns of the left factor for
// the first, over the rows for the second. So it has the same bits in a tile of any height or width, for any
// number of threads, and on any vector length.
#pragma once

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

// Vectors [first, last) of outputs in groups for `rows` rows: f(group, v) with the group's size as a type.
template <int N, class F>
inline void by_groups(ptrdiff_t rows, int first, int last, F&& f) {
  int v = first;
  if (rows == 1)
    for (; v + at_once_alone(N) <= last; v += at_once_alone(N)) f(std::integral_constant<int, at_once_alone(N)>{}, v);
  if constexpr (at_once(N) > 1)
    for (; v + at_once(N) <= last; v += at_once(N)) f(std::integral_constant<int, at_once(N)>{}, v);
  for (; v < last; ++v) f(std::integral_constant<int, 1>{}, v);
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
};

// The result, and what it starts from: number v of N vectors of a row stands at
// at + vector_at(v, plane) + row * step + gate * field.
template <class T>
struct Place {
  T* at;
  ptrdiff_t plane, step, field;
};

// out = start + rows x panels, for MR rows and S vectors of N gates. The start is `from`, or the same for all
// rows, `bias` [v][N][lanes], or zero.
template <class T, int N, int S, bool OWN, int MR>
inline void product_tile(const Rows<T>& a, ptrdiff_t row, const T* panels, ptrdiff_t panel, const T* bias,
                         const Place<const T>* from, const Place<T>& out, int v) {
  constexpr int L = Vec<T>::N;
  Vec<T> sum[MR][S * N];
  for (int s = 0; s < S; ++s)
    for (int r = 0; r < MR; ++r)
      for (int n = 0; n < N; ++n)
        sum[r][s * N + n] =
            from ? Vec<T>::load(from->at + vector_at<T>(v + s, from->plane) + (row + r) * from->step + n * from->field)
            : bias ? Vec<T>::load(bias + (ptrdiff_t(v + s) * N + n) * L)
                   : Vec<T>::zero();
  const T* b = panels + v * panel;
  for (int f = 0; f < a.count; ++f) {
    const T* left = a.at + ptrdiff_t(a.fields[f]) * blocks_of<T>(a.columns) * a.plane + row * W<T>;
    for (int rest = a.columns; rest > 0; rest -= W<T>, left += a.plane) {
      const int count = std::min(rest, W<T>);
      for (int k = 0; k < count; ++k, b += N * L) {
        if constexpr (OWN) {
          for (int s = 0; s < S; ++s)
            for (int n = 0; n < N; ++n) {
              const Vec<T> weights = Vec<T>::load(b + s * panel + n * L);
              for (int r = 0; r < MR; ++r)
                sum[r][s * N + n] = fma(Vec<T>::set(left[n * a.own + r * W<T> + k]), weights, sum[r][s * N + n]);
            }
        } else {
          Vec<T> weights[S * N];
          for (int s = 0; s < S; ++s)
            for (int n = 0; n < N; ++n) prefetch(b + s * panel + (AHEAD * N + n) * L);
          for (int s = 0; s < S; ++s)
            for (int n = 0; n < N; ++n) weights[s * N + n] = Vec<T>::load(b + s * panel + n * L);
          for (int r = 0; r < MR; ++r) {
            const Vec<T> value = Vec<T>::set(left[r * W<T> + k]);
            for (int i = 0; i < S * N; ++i) sum[r][i] = fma(value, weights[i], sum[r][i]);
          }
        }
      }
    }
  }
  for (int s = 0; s < S; ++s) {
    T* to = out.at + vector_at<T>(v + s, out.plane) + row * out.step;
    for (int r = 0; r < MR; ++r)
      for (int n = 0; n < N; ++n) sum[r][s * N + n].store(to + r * out.step + n * out.field);
  }
}

// The same for rows [first, last) and S vectors of outputs from number v on.
template <class T, int N, int S>
void product(const Rows<T>& a, ptrdiff_t first, ptrdiff_t last, const T* panels, ptrdiff_t panel, const T* bias,
             const Place<const T>* from, const Place<T>& out, int v) {
  by_tiles<tallest(N * S)>(first, last, [&](auto height, ptrdiff_t row) {
    constexpr int MR = decltype(height)::value;
    if (N > 1 && a.own) product_tile<T, N, S, (N > 1), MR>(a, row, panels, panel, bias, from, out, v);
    else product_tile<T, N, S, false, MR>(a, row, panels, panel, bias, from, out, v);
  });
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

// The right one: a vector of each of some gates' gradients.
template <class T, int NV>
struct Columns {
  Planes<T> planes;
  ptrdiff_t plane[NV], part;  // where each begins: in which plane, and in which number of a row

  void of(const Run& run, const T* (&columns)[NV]) const {
    for (int n = 0; n < NV; ++n) columns[n] = planes.of(run, plane[n]) + part;
  }
};

// sums [k][NV][lanes] += sum over rows of left[row][k] * right[row], for columns r … r + MR - 1 of plane `block`. With
// OWN each of the NV vectors has a left factor of its own, `own` planes further on.
template <class T, int NV, bool OWN, int MR>
inline void gradient_tile(const Planes<T>& left, ptrdiff_t block, ptrdiff_t r0, ptrdiff_t own,
                          const Columns<T, NV>& right, const Run* first, const Run* last, T* sums, ptrdiff_t step) {
  constexpr int L = Vec<T>::N;
  Vec<T> sum[MR][NV];
  for (int r = 0; r < MR; ++r)
    for (int n = 0; n < NV; ++n) sum[r][n] = Vec<T>::load(sums + r * step + n * L);
  for (const Run* run = first; run < last; ++run) {
    const T *factor = left.of(*run, block) + r0, *columns[NV];
    const ptrdiff_t apart = own * run->plane;
    right.of(*run, columns);
    for (ptrdiff_t m = 0; m < run->rows; ++m, factor += W<T>) {
      Vec<T> values[NV];
      for (int n = 0; n < NV; ++n) values[n] = Vec<T>::load(columns[n] + m * W<T>);
      for (int r = 0; r < MR; ++r) {
        if constexpr (OWN) {
          for (int n = 0; n < NV; ++n) sum[r][n] = fma(Vec<T>::set(factor[n * apart + r]), values[n], sum[r][n]);
        } else {
          const Vec<T> value = Vec<T>::set(factor[r]);
          for (int n = 0; n < NV; ++n) sum[r][n] = fma(value, values[n], sum[r][n]);
        }
      }
    }
  }
  for (int r = 0; r < MR; ++r)
    for (int n = 0; n < NV; ++n) sum[r][n].store(sums + r * step + n * L);
}

// The same for the first `columns` columns of planes.
template <class T, int NV>
void gradient(const Planes<T>& left, ptrdiff_t own, int columns, const Columns<T, NV>& right, const Run* first,
              const Run* last, T* sums, ptrdiff_t step) {
  by_chunks(first, last, [&](const Run* begin, const Run* end) {
    for (int k = 0; k < columns; k += W<T>)
      by_tiles<tallest(NV)>(0, std::min(W<T>, columns - k), [&](auto height, ptrdiff_t r) {
        constexpr int MR = decltype(height)::value;
        T* to = sums + (k + r) * step;
        if (NV > 1 && own) gradient_tile<T, NV, (NV > 1), MR>(left, k / W<T>, r, own, right, begin, end, to, step);
        else gradient_tile<T, NV, false, MR>(left, k / W<T>, r, own, right, begin, end, to, step);
      });
  });
}

// sums [NV][lanes] += all rows.
template <class T, int NV>
void add_rows(const Columns<T, NV>& right, const Run* first, const Run* last, T* sums) {
  Vec<T> sum[NV];
  for (int n = 0; n < NV; ++n) sum[n] = Vec<T>::load(sums + n * Vec<T>::N);
  for (const Run* run = first; run < last; ++run) {
    const T* columns[NV];
    right.of(*run, columns);
    for (ptrdiff_t m = 0; m < run->rows; ++m)
      for (int n = 0; n < NV; ++n) sum[n] = sum[n] + Vec<T>::load(columns[n] + m * W<T>);
  }
  for (int n = 0; n < NV; ++n) sum[n].store(sums + n * Vec<T>::N);
}

}  // namespace ELMAN_ISA
