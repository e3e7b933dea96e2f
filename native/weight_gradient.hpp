// The gradient of a weight: a sum over all rows of the batch and all timesteps.
#pragma once

#include "sequence.hpp"

namespace ELMAN_ISA {

// out (K, U) of leading dimension ldo += sum over rows of a (rows, K) times b (rows, U), window by window so
// that rows stay in cache. The rows' order is the order of the sum, whatever the window.
template <class T>
void weight_gradient(ptrdiff_t rows, const T* a, ptrdiff_t lda, int K, const T* b, ptrdiff_t ldb, int U,
                     const unsigned char* taken, T* out, ptrdiff_t ldo) {
  constexpr int L = Vec<T>::N, NV = 4, MR = 6;
  constexpr ptrdiff_t WINDOW = 256;
  const int blocks = round_up(U, L) / L;
  for (ptrdiff_t begin = 0; begin < rows; begin += WINDOW) {
    const ptrdiff_t count = std::min(WINDOW, rows - begin);
    const unsigned char* mask = taken ? taken + begin : nullptr;
    auto columns = [&](auto width, int block) {
      constexpr int W = decltype(width)::value;
      by_rows<MR>(0, K, [&](auto height, int k) {
        constexpr int H = decltype(height)::value;
        T values[W * L];
        Vec<T> acc[H][W];
        const int n = std::min(W * L, U - block * L);
        for (int r = 0; r < H; ++r) {
          std::fill_n(values, W * L, T(0));
          std::copy_n(out + (k + r) * ldo + block * L, n, values);
          for (int v = 0; v < W; ++v) acc[r][v] = Vec<T>::load(values + v * L);
        }
        outer_tile<T, H, W>(count, a + begin * lda + k, lda, b + begin * ldb + block * L, ldb, mask, acc);
        for (int r = 0; r < H; ++r) {
          for (int v = 0; v < W; ++v) acc[r][v].store(values + v * L);
          std::copy_n(values, n, out + (k + r) * ldo + block * L);
        }
      });
    };
    int block = 0;
    for (; block + NV <= blocks; block += NV) columns(std::integral_constant<int, NV>{}, block);
    for (; block < blocks; ++block) columns(std::integral_constant<int, 1>{}, block);
  }
}

}  // namespace ELMAN_ISA
