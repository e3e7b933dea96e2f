// How numbers lie in memory while kernels run: as planes, each a column block of 64 bytes wide.
//
//   plane    [rows][W]      W = 64 bytes of columns: 16 floats or 8 doubles, whatever the vectors
//   planes   [fields][blocks][rows][W]      a field is a gate, a state, an input …
//
// The rows of a plane follow one another, so a product reads them with constant steps, a step of a cell
// writes them one after the other, and the sum over rows that makes a weight's gradient reads them as they lie.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstring>

#include "memory.hpp"
#include "simd.hpp"

namespace ELMAN_ISA {

using std::ptrdiff_t;

template <class T>
constexpr int W = int(elman::LINE / sizeof(T));  // columns in a block

template <class T>
constexpr int PARTS_OF_BLOCK = W<T> / Vec<T>::N;  // vectors in a block

inline int ceil_div(int n, int by) { return (n + by - 1) / by; }

template <class T>
inline int blocks_of(int columns) {
  return ceil_div(columns, W<T>);
}

// Where vector number v of a row's columns begins, in planes of `plane` numbers.
template <class T>
inline ptrdiff_t vector_at(int v, ptrdiff_t plane) {
  return v / PARTS_OF_BLOCK<T> * plane + v % PARTS_OF_BLOCK<T> * Vec<T>::N;
}

// The first vector of the block that holds vector v.
template <class T>
inline int block_begin(int v) {
  return v - v % PARTS_OF_BLOCK<T>;
}

// Memory of the size asked for, not cleared.
template <class T>
class Buffer {
 public:
  Buffer() = default;
  explicit Buffer(ptrdiff_t size) : at_(static_cast<T*>(elman::allocate(size_t(size) * sizeof(T)))) {}
  ~Buffer() { elman::release(at_); }
  Buffer(Buffer&& other) noexcept : at_(other.at_) { other.at_ = nullptr; }
  Buffer& operator=(Buffer&& other) noexcept {
    T* own = at_;
    at_ = other.at_, other.at_ = own;
    return *this;
  }
  Buffer(const Buffer&) = delete;
  T* at() const { return at_; }
  explicit operator bool() const { return at_ != nullptr; }

 private:
  T* at_ = nullptr;
};

// ------------------------------------------------------------------------------ rows in and out

// One row of `columns` numbers into the planes, with zeros beyond the last, and out of them; `to` and `from`
// point to the row's place in the first plane.
template <class T>
inline void put_row(const T* row, int columns, T* to, ptrdiff_t plane) {
  for (; columns >= W<T>; columns -= W<T>, row += W<T>, to += plane) std::memcpy(to, row, elman::LINE);
  for (int i = 0; columns > 0 && i < W<T>; ++i) to[i] = i < columns ? row[i] : T(0);
}
template <class T>
inline void get_row(const T* from, ptrdiff_t plane, int columns, T* row) {
  for (; columns >= W<T>; columns -= W<T>, row += W<T>, from += plane) std::memcpy(row, from, elman::LINE);
  for (int i = 0; i < columns; ++i) row[i] = from[i];
}
// The first `columns` numbers of a vector, which may be all.
template <class T>
inline void put_vector(Vec<T> vector, int columns, T* to) {
  if (columns == Vec<T>::N) return vector.store(to);
  T numbers[Vec<T>::N];
  vector.store(numbers);
  for (int i = 0; i < columns; ++i) to[i] = numbers[i];
}
template <class T>
inline void multiply_row(const T* row, int columns, T* to, ptrdiff_t plane) {
  for (; columns >= W<T>; columns -= W<T>, row += W<T>, to += plane)
    for (int i = 0; i < W<T>; ++i) to[i] *= row[i];
  for (int i = 0; i < columns; ++i) to[i] *= row[i];
}
// Written out, and not std::fill_n, which the linker might take from the build of another instruction set. (What of std
// these files do use moves references and integers alone; .ci/odr checks it.)
template <class T>
inline void fill(T* to, ptrdiff_t count, T value) {
  for (ptrdiff_t i = 0; i < count; ++i) to[i] = value;
}
template <class T>
inline void fill_row(T value, int columns, T* to, ptrdiff_t plane) {
  for (int left = columns; left > 0; left -= W<T>, to += plane) fill(to, ptrdiff_t(W<T>), value);
}

// ------------------------------------------------------------------------------ weights in and out

// What a product reads and how it is packed: for each vector of outputs, [k][N][lanes].
template <class T>
inline ptrdiff_t panel_size(int K, int N) {
  return ptrdiff_t(K) * N * Vec<T>::N;
}

// Columns v * lanes … of gates [first, first + N) of weights (K, G*U) into the panel of vector v.
template <class T>
void pack_gates(const T* weights, int K, int U, int G, int first, int N, int v, T* panel) {
  constexpr int L = Vec<T>::N;
  const int n = std::min(L, U - v * L);
  for (int k = 0; k < K; ++k)
    for (int g = 0; g < N; ++g, panel += L) {
      const T* from = weights + (ptrdiff_t(k) * G + first + g) * U + v * L;
      if (n == L) Vec<T>::load(from).store(panel);
      else
        for (int l = 0; l < L; ++l) panel[l] = l < n ? from[l] : T(0);
    }
}

// Rows v * lanes … of gates [first, first + N) of weights (K, G*U), transposed: the panel is [N*U][1][lanes].
template <class T>
void pack_transposed(const T* weights, int K, int U, int G, int first, int N, int v, T* panel) {
  constexpr int L = Vec<T>::N;
  for (int g = 0; g < N; ++g, panel += ptrdiff_t(U) * L)
    for (int l = 0; l < L; ++l) {
      const int k = v * L + l;
      const T* from = weights + (ptrdiff_t(std::min(k, K - 1)) * G + first + g) * U;
      for (int u = 0; u < U; ++u) panel[ptrdiff_t(u) * L + l] = k < K ? from[u] : T(0);
    }
}

// The reverse of pack_gates: a panel of gradients to where the weights' stand.
template <class T>
void unpack_gates(const T* panel, int K, int U, int G, int first, int N, int v, T* weights) {
  constexpr int L = Vec<T>::N;
  const int n = std::min(L, U - v * L);
  for (int k = 0; k < K; ++k)
    for (int g = 0; g < N; ++g, panel += L)
      for (int l = 0; l < n; ++l) weights[(ptrdiff_t(k) * G + first + g) * U + v * L + l] = panel[l];
}

}  // namespace ELMAN_ISA
