// A sequence and its tape: what both passes read, and where it lies in memory.
//
//   gates    [B][T][G][P]     xw at first, then the activated gates       P: units, rounded up
//   extra    [B][T][P]        what else the cell's backward reads            to whole vectors
//   history  [S][B][T+1][P]   the states before each turn, and the last
#pragma once

#include <algorithm>
#include <functional>
#include <vector>

#include "gemm.hpp"

namespace ELMAN_ISA {

using std::ptrdiff_t;
using Parallel = void (*)(int threads, int count, const std::function<void(int)>& job);

constexpr int MOST_GATES = 4;

template <class T>
struct Sequence {  // what both passes read
  int B, T_, F, U, phi, sigma, threads;
  Parallel parallel;
  const T* x;                           // (B, T, F)
  const T* kernel;                      // (F, G*U)
  const T* recurrent;                   // (U, G*U)
  const T* bias;                        // (BIASES, G*U) or null
  const unsigned char* mask;            // (B, T) or null
  const T* input_drop[MOST_GATES];      // (B, F) each
  const T* recurrent_drop[MOST_GATES];  // (B, U) each
  int input_drops, recurrent_drops;     // how many
  bool backwards, zero_output, sequences;
  T *gates, *extra, *history;  // the tape

  int P() const { return round_up(U, Vec<T>::N); }
  int time(int turn) const { return backwards ? T_ - 1 - turn : turn; }
  bool taken(int b, int t) const { return !mask || mask[ptrdiff_t(b) * T_ + t]; }
  template <class C>
  T* gate(int b, int t) const {
    return gates + (ptrdiff_t(b) * T_ + t) * C::G * P();
  }
  T* extra_at(int b, int t) const { return extra + (ptrdiff_t(b) * T_ + t) * P(); }
  T* state(int s, int b, int turn) const { return history + ((ptrdiff_t(s) * B + b) * (T_ + 1) + turn) * P(); }
  // What a part of a step multiplies with the recurrent kernel: the state, or what its first part made of it.
  template <int PART>
  const T* source(int b, int turn) const {
    return PART == 0 ? state(0, b, turn) : extra_at(b, time(turn));
  }
  template <int PART>
  ptrdiff_t source_stride() const {
    return ptrdiff_t(PART == 0 ? T_ + 1 : T_) * P();
  }
};

// ------------------------------------------------------------------------------ packing

// The columns of gates [first, last) of W (K, G*U) as panels: for each block of units, [K][gate][lanes].
template <class T>
Buffer<T> pack_gates(const T* W, int K, int U, int G, int first, int last) {
  constexpr int L = Vec<T>::N;
  const int blocks = round_up(U, L) / L, count = last - first;
  Buffer<T> panels(size_t(blocks) * K * count * L, T(0));
  for (int block = 0; block < blocks; ++block)
    for (int k = 0; k < K; ++k)
      for (int g = 0; g < count; ++g)
        for (int l = 0, u = block * L; l < L && u < U; ++l, ++u)
          panels[((size_t(block) * K + k) * count + g) * L + l] = W[(ptrdiff_t(k) * G + first + g) * U + u];
  return panels;
}

// One gate's transposed kernel as panels over its rows: for each block of rows, [units][lanes].
template <class T>
Buffer<T> pack_transposed(const T* W, int K, int U, int G, int g) {
  constexpr int L = Vec<T>::N;
  const int blocks = round_up(K, L) / L;
  Buffer<T> panels(size_t(blocks) * U * L, T(0));
  for (int block = 0; block < blocks; ++block)
    for (int u = 0; u < U; ++u)
      for (int l = 0, k = block * L; l < L && k < K; ++l, ++k)
        panels[(size_t(block) * U + u) * L + l] = W[(ptrdiff_t(k) * G + g) * U + u];
  return panels;
}

// Call f with the tallest tile that fits, again and again, until all rows are done.
template <int MR, class F>
void by_rows(int begin, int end, F&& f) {
  int row = begin;
  for (; row + MR <= end; row += MR) f(std::integral_constant<int, MR>{}, row);
  if constexpr (MR > 8)
    for (; row + 8 <= end; row += 8) f(std::integral_constant<int, 8>{}, row);
  if constexpr (MR > 4)
    for (; row + 4 <= end; row += 4) f(std::integral_constant<int, 4>{}, row);
  for (; row + 2 <= end; row += 2) f(std::integral_constant<int, 2>{}, row);
  for (; row < end; ++row) f(std::integral_constant<int, 1>{}, row);
}

}  // namespace ELMAN_ISA
