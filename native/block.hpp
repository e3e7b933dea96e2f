// Sixteen numbers at a time, on every instruction set: so sums over rows are the same bits on all.
#pragma once

#include "simd.hpp"

namespace ELMAN_ISA {

template <class T>
struct Block {
  static constexpr int N = 16, K = N / Vec<T>::N;
  Vec<T> v[K];

  static Block set(T a) {
    Block b;
    for (int k = 0; k < K; ++k) b.v[k] = Vec<T>::set(a);
    return b;
  }
  static Block load(const T* p) {
    Block b;
    for (int k = 0; k < K; ++k) b.v[k] = Vec<T>::load(p + k * Vec<T>::N);
    return b;
  }
  void store(T* p) const {
    for (int k = 0; k < K; ++k) v[k].store(p + k * Vec<T>::N);
  }
  // The first n numbers alone; `fill` stands for the others.
  static Block load(const T* p, size_t n, T fill) {
    if (n >= size_t(N)) return load(p);
    T a[N];
    for (size_t j = 0; j < size_t(N); ++j) a[j] = j < n ? p[j] : fill;
    return load(a);
  }
  void store(T* p, size_t n) const {
    if (n >= size_t(N)) return store(p);
    T a[N];
    store(a);
    for (size_t j = 0; j < n; ++j) p[j] = a[j];
  }
};

// f of the vectors of each block
template <class T, class F, class... B>
inline Block<T> map(F f, Block<T> a, B... others) {
  for (int k = 0; k < Block<T>::K; ++k) a.v[k] = f(a.v[k], others.v[k]...);
  return a;
}

// Halves onto each other until one number is left: f is a sum or a maximum.
template <class T, class F>
inline T fold(const Block<T>& b, F f) {
  T a[Block<T>::N];
  b.store(a);
  for (int half = Block<T>::N / 2; half > 0; half /= 2)
    for (int j = 0; j < half; ++j) a[j] = f(a[j], a[j + half]);
  return a[0];
}
template <class T>
inline T sum(const Block<T>& b) {
  return fold(b, [](T x, T y) { return x + y; });
}

}  // namespace ELMAN_ISA
