// Vectors of 16 bytes as loops over their lanes, for any other compiler.
#pragma once

#include <cmath>
#include <cstring>
#include <type_traits>

#include "common.hpp"

namespace ELMAN_ISA {

template <class T>
struct Vec {
  using Scalar = T;
  static constexpr int N = 16 / sizeof(T);
  static constexpr int COUNT = 1;  // vectors
  T v[N];
  static Vec zero() { return set(T(0)); }
  static Vec set(T a) {
    Vec r;
    for (int i = 0; i < N; ++i) r.v[i] = a;
    return r;
  }
  static Vec load(const T* p) {
    Vec r;
    for (int i = 0; i < N; ++i) r.v[i] = p[i];
    return r;
  }
  void store(T* p) const {
    for (int i = 0; i < N; ++i) p[i] = v[i];
  }
  static Vec load(const T* p, std::ptrdiff_t) { return load(p); }
  void store(T* p, std::ptrdiff_t) const { store(p); }
};
template <class T, class F>
inline Vec<T> lanes(F f) {
  Vec<T> r;
  for (int i = 0; i < Vec<T>::N; ++i) r.v[i] = f(i);
  return r;
}
template <class T>
inline T fused(T a, T b, T c) {
#if defined(FP_FAST_FMA) || defined(__aarch64__)
  return std::fma(a, b, c);
#else
  return a * b + c;  // two roundings: without the instruction, a fused one costs a call
#endif
}
template <class T>
inline Vec<T> operator+(Vec<T> a, Vec<T> b) {
  return lanes<T>([&](int i) { return a.v[i] + b.v[i]; });
}
template <class T>
inline Vec<T> operator-(Vec<T> a, Vec<T> b) {
  return lanes<T>([&](int i) { return a.v[i] - b.v[i]; });
}
template <class T>
inline Vec<T> operator*(Vec<T> a, Vec<T> b) {
  return lanes<T>([&](int i) { return a.v[i] * b.v[i]; });
}
template <class T>
inline Vec<T> operator/(Vec<T> a, Vec<T> b) {
  return lanes<T>([&](int i) { return a.v[i] / b.v[i]; });
}
template <class T>
inline Vec<T> fma(Vec<T> a, Vec<T> b, Vec<T> c) {
  return lanes<T>([&](int i) { return fused(a.v[i], b.v[i], c.v[i]); });
}
template <class T>
inline Vec<T> min(Vec<T> a, Vec<T> b) {
  return lanes<T>([&](int i) { return a.v[i] < b.v[i] ? a.v[i] : b.v[i]; });
}
template <class T>
inline Vec<T> max(Vec<T> a, Vec<T> b) {
  return lanes<T>([&](int i) { return a.v[i] > b.v[i] ? a.v[i] : b.v[i]; });
}
template <class T>
inline Vec<T> abs(Vec<T> a) {
  return lanes<T>([&](int i) { return std::fabs(a.v[i]); });
}
template <class T>
inline Vec<T> where_less(Vec<T> x, Vec<T> y, Vec<T> a, Vec<T> b) {
  return lanes<T>([&](int i) { return x.v[i] < y.v[i] ? a.v[i] : b.v[i]; });
}
template <class T>
inline bool differ(Vec<T> a, Vec<T> b) {
  for (int i = 0; i < Vec<T>::N; ++i)
    if (a.v[i] != b.v[i]) return true;
  return false;
}
template <class T>
inline Vec<T> copysign(Vec<T> a, Vec<T> s) {
  return lanes<T>([&](int i) { return std::copysign(a.v[i], s.v[i]); });
}
template <class T>
inline Vec<T> fnma(Vec<T> a, Vec<T> b, Vec<T> c) {
  return lanes<T>([&](int i) { return fused(-a.v[i], b.v[i], c.v[i]); });
}
template <class T>
inline Vec<T> sqrt(Vec<T> a) {
  return lanes<T>([&](int i) { return std::sqrt(a.v[i]); });
}
template <class T, class F>
inline Vec<T> on_bits(Vec<T> a, F f) {
  using Int = typename Bits<T>::Int;
  Int bits[Vec<T>::N];
  std::memcpy(bits, a.v, sizeof bits);
  for (int i = 0; i < Vec<T>::N; ++i) bits[i] = f(bits[i]);
  std::memcpy(a.v, bits, sizeof bits);
  return a;
}
template <class T>
inline Vec<T> pow2(Vec<T> t) {
  using Int = typename Bits<T>::Int;
  using Word = std::conditional_t<sizeof(T) == 4, uint32_t, uint64_t>;  // whose shift and sum may wrap
  return on_bits(t, [](Int i) { return Int((Word(i) << Bits<T>::MANTISSA) + Word(Bits<T>::ONE)); });
}
template <class T>
inline Vec<T> guess(Vec<T> d) {
  using Int = typename Bits<T>::Int;
  using Word = std::conditional_t<sizeof(T) == 4, uint32_t, uint64_t>;
  return on_bits(d, [](Int i) { return Int(Word(Bits<T>::RECIPROCAL) - Word(i)); });
}

}  // namespace ELMAN_ISA
