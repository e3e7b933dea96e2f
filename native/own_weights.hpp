// What a step reads and changes of a unit alone, beside the gates' products: the cell's own weights, its streams, and
// what the state is put back to.
#pragma once

#include "weights.hpp"

namespace ELMAN_ISA {

// Vectors (U,) as whole vectors of the processor, with zeros beyond the last unit and where there are none.
template <class T>
struct Vectors {
  Buffer<T> all;
  int size = 0;  // of each

  Vectors(const T* const* given, int count, int U, int vectors) : size(vectors * Vec<T>::N) {
    if (!count) return;
    all = Buffer<T>(ptrdiff_t(count) * size);
    fill(all.at(), ptrdiff_t(count) * size, T(0));
    for (int i = 0; i < count; ++i)
      if (given[i]) std::memcpy(all.at() + ptrdiff_t(i) * size, given[i], size_t(U) * sizeof(T));
  }
  const T* at(int i, int v) const { return all.at() + ptrdiff_t(i) * size + v * Vec<T>::N; }
};

// The same of some units, for the rows that V holds: w[i] is read where it is asked for, and not kept.
template <class V, class T = typename V::Scalar>
struct VectorsAt {
  const Vectors<T>& all;
  int v;

  ELMAN_INLINE V operator[](int i) const { return V::load(all.at(i, v), 0); }
};

// The cell's own weights and what states are put back to, of all units.
template <class T, class C>
struct OwnWeights {
  Vectors<T> vectors, reset_state;

  explicit OwnWeights(const Sequence<T>& s)
      : vectors(s.own, C::VECTORS, s.U, s.vectors()),
        reset_state(s.reset_state, s.has_resets() ? C::S : 0, s.U, s.vectors()) {}
};

// One turn's part of the streams, as planes [streams][blocks][rows][W] of a share.
template <class T, class C>
struct StreamPlanes {
  const Sequence<T>& s;
  const Share& share;
  T* const planes;
  const ptrdiff_t plane = ptrdiff_t(share.rows) * W<T>;

  static ptrdiff_t size(const Sequence<T>& s, int rows) { return C::STREAMS * s.blocks() * ptrdiff_t(rows) * W<T>; }

  // The units that are the share's, of the rows that take the step.
  void put(int turn) const {
    const int first = share.begin / PARTS_OF_BLOCK<T>, columns = std::min(s.U, share.end * Vec<T>::N) - first * W<T>;
    for (int n = 0; n < C::STREAMS; ++n)
      for (int i = 0; s.streams[n] && i < s.active(share, turn); ++i) {
        const ptrdiff_t row = s.row(share.first + i);
        put_row(s.streams[n] + (row * s.T_ + s.time(turn)) * s.U + first * W<T>, columns,
                at(n) + first * plane + ptrdiff_t(i) * W<T>, plane);
      }
  }
  T* at(int n) const { return planes + n * s.blocks() * plane; }
  const T* at(int n, int v) const { return at(n) + vector_at<T>(v, plane); }
};

// The words of a step, for the rows that V holds: the cell's own weights, its streams, and a mask of dropout.
template <class C, class V, class T = typename V::Scalar>
ELMAN_INLINE void load_words(const Vectors<T>& own, const StreamPlanes<T, C>& streams,
                             const RecurrentMasks<T, C>& masks, int v, ptrdiff_t i, V* w) {
  for (int n = 0; n < C::VECTORS; ++n) w[n] = V::load(own.at(n, v), 0);
  for (int n = 0; n < C::STREAMS; ++n)
    w[C::VECTORS + n] = streams.s.streams[n] ? V::load(streams.at(n, v) + i, W<T>) : V::zero();
  if constexpr (C::DROPS) {
    const Sequence<T>& s = streams.s;
    w[C::VECTORS + C::STREAMS] = s.recurrent_drops ? V::load(masks.at(s, streams.share, 0, v) + i, W<T>) : V::set(T(1));
  }
}

// Sums over rows of numbers of each unit, kept apart for groups of rows until the end. A group's rows are one share's,
// and come in their order turn by turn: so the sums are the same bits for any number of threads.
// [shares][fields][blocks][groups][W]
template <class T>
class RowSums {
 public:
  RowSums(const Sequence<T>& s, int fields) : s_(s), fields_(fields) {
    if (fields) planes_ = Buffer<T>(size(s.B));
  }

  explicit operator bool() const { return fields_ > 0; }
  // By the one that leads a share.
  void clear(const Share& share) const {
    if (fields_) fill(of(share), size(share.rows), T(0));
  }

  // Where a vector of units has its sums, of rows from this one on.
  struct Place {
    T* at;
    ptrdiff_t field, row;
    int shift;

    // Field n's, of the rows that x holds.
    template <class V>
    ELMAN_INLINE void add(int n, V x) const {
      add(at + n * field, row, x);
    }

   private:
    template <class V>
    ELMAN_INLINE void add(T* to, ptrdiff_t first, V x) const {
      if constexpr (V::COUNT > 1) {
        if (first >> shift != (first + V::COUNT - 1) >> shift)
          return add(to, first, x.a), add(to, first + V::COUNT / 2, x.b);
      }
      T* const sum = to + (first >> shift) * W<T>;
      plus(Vec<T>::load(sum), x).store(sum);
    }
  };
  Place place(const Share& share, int v, ptrdiff_t row) const {
    const ptrdiff_t plane = groups(share.rows) * W<T>;
    return {of(share) + vector_at<T>(v, plane), s_.blocks() * plane, row, s_.row_shift};
  }

  // A member's part of the sums, to arrays (U,); those that are null are not wanted.
  void unpack(const elman::Member& member, void* const* to) const {
    const Range own = part_of(s_.vectors(), member);
    for (int n = 0; n < fields_; ++n)
      for (int v = own.begin; to[n] && v < own.end; ++v) {
        Vec<T> sum = Vec<T>::zero();
        for (int id = 0; id < s_.shares; ++id) {
          const Share share = s_.share(id);
          const ptrdiff_t plane = groups(share.rows) * W<T>;
          const T* from = of(share) + n * s_.blocks() * plane + vector_at<T>(v, plane);
          for (ptrdiff_t i = 0; i < plane; i += W<T>) sum = sum + Vec<T>::load(from + i);
        }
        T numbers[Vec<T>::N];
        sum.store(numbers);
        std::memcpy(static_cast<T*>(to[n]) + v * Vec<T>::N, numbers,
                    size_t(std::min(Vec<T>::N, s_.U - v * Vec<T>::N)) * sizeof(T));
      }
  }

 private:
  // The rows of x, one after the other.
  template <class V>
  static ELMAN_INLINE Vec<T> plus(Vec<T> sum, V x) {
    if constexpr (V::COUNT == 1) return sum + x;
    else return plus(plus(sum, x.a), x.b);
  }
  ptrdiff_t groups(int rows) const { return ((rows - 1) >> s_.row_shift) + 1; }
  ptrdiff_t size(int rows) const { return fields_ * s_.blocks() * groups(rows) * W<T>; }
  T* of(const Share& share) const { return planes_.at() + size(share.first); }
  const Sequence<T>& s_;
  const int fields_;
  Buffer<T> planes_;
};

}  // namespace ELMAN_ISA
