// The packed product: rows of A times a panel of weights, many lanes at a time.
//
//   panel  [K][NV][lanes]   the columns of a tile side by side, one k after the other
//   tile   acc[MR][NV]      += a[r][k] * panel[k][v]   for k = 0 … K-1, in this order
//
// Every output is one chain of fused multiply-adds over k. So it has the same bits in a tile of any
// height or width, for any number of threads, and on any vector length.
#pragma once

#include <cstddef>
#include <vector>

#include "simd.hpp"

namespace ELMAN_ISA {

// acc[MR][NV] += A panel.  A's row r begins at a + r * lda.
template <class T, int MR, int NV>
inline void tile(int K, const T* a, std::ptrdiff_t lda, const T* panel, Vec<T> (&acc)[MR][NV]) {
  constexpr int L = Vec<T>::N;
  for (int k = 0; k < K; ++k) {
    Vec<T> b[NV];
    for (int v = 0; v < NV; ++v) b[v] = Vec<T>::load(panel + (std::ptrdiff_t(k) * NV + v) * L);
    for (int r = 0; r < MR; ++r) {
      const Vec<T> ar = Vec<T>::set(a[r * lda + k]);
      for (int v = 0; v < NV; ++v) acc[r][v] = fma(ar, b[v], acc[r][v]);
    }
  }
}

// acc[MR][NV] += sum over rows m of A[m][r] * B[m][v]: the product that makes a weight's gradient.
// Rows that took no step are left out.
template <class T, int MR, int NV>
inline void outer_tile(std::ptrdiff_t rows, const T* a, std::ptrdiff_t lda, const T* b, std::ptrdiff_t ldb,
                       const unsigned char* taken, Vec<T> (&acc)[MR][NV]) {
  constexpr int L = Vec<T>::N;
  for (std::ptrdiff_t m = 0; m < rows; ++m) {
    if (taken && !taken[m]) continue;
    Vec<T> bv[NV];
    for (int v = 0; v < NV; ++v) bv[v] = Vec<T>::load(b + m * ldb + v * L);
    for (int r = 0; r < MR; ++r) {
      const Vec<T> ar = Vec<T>::set(a[m * lda + r]);
      for (int v = 0; v < NV; ++v) acc[r][v] = fma(ar, bv[v], acc[r][v]);
    }
  }
}

template <class T>
using Buffer = std::vector<T>;

inline int round_up(int n, int to) { return (n + to - 1) / to * to; }

}  // namespace ELMAN_ISA
