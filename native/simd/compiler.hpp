// GCC's and Clang's vectors of 16 bytes, which become NEON or SSE.
#pragma once

#include <cmath>
#include <cstring>

#include "common.hpp"

#if defined(__aarch64__)
#include <arm_neon.h>
#endif

namespace ELMAN_ISA {

template <class T>
struct Lanes;  // T by lanes, and whole numbers of the same width
template <>
struct Lanes<float> {
  typedef float Numbers __attribute__((vector_size(16)));
  typedef int32_t Ints __attribute__((vector_size(16)));
  typedef uint32_t Words __attribute__((vector_size(16)));
};
template <>
struct Lanes<double> {
  typedef double Numbers __attribute__((vector_size(16)));
  typedef int64_t Ints __attribute__((vector_size(16)));
  typedef uint64_t Words __attribute__((vector_size(16)));
};

template <class T>
struct Vec {
  using Scalar = T;
  static constexpr int N = 16 / sizeof(T);
  static constexpr int COUNT = 1;  // vectors
  typename Lanes<T>::Numbers v;
  static Vec zero() { return {typename Lanes<T>::Numbers{}}; }
  static Vec set(T a) {
    if constexpr (N == 4) return {typename Lanes<T>::Numbers{a, a, a, a}};
    else return {typename Lanes<T>::Numbers{a, a}};
  }
  static Vec load(const T* p) {
    Vec r;
    std::memcpy(&r.v, p, sizeof r.v);
    return r;
  }
  void store(T* p) const { std::memcpy(p, &v, sizeof v); }
  static Vec load(const T* p, std::ptrdiff_t) { return load(p); }
  void store(T* p, std::ptrdiff_t) const { store(p); }
};
template <class T>
inline Vec<T> where(typename Lanes<T>::Ints mask, Vec<T> a, Vec<T> b) {  // all bits of a lane of the mask, or none
  using Ints = typename Lanes<T>::Ints;
  return {(typename Lanes<T>::Numbers)((mask & (Ints)a.v) | (~mask & (Ints)b.v))};
}
template <class T>
inline Vec<T> operator+(Vec<T> a, Vec<T> b) {
  return {a.v + b.v};
}
template <class T>
inline Vec<T> operator-(Vec<T> a, Vec<T> b) {
  return {a.v - b.v};
}
template <class T>
inline Vec<T> operator*(Vec<T> a, Vec<T> b) {
  return {a.v * b.v};
}
template <class T>
inline Vec<T> operator/(Vec<T> a, Vec<T> b) {
  return {a.v / b.v};
}
#if defined(__aarch64__)
inline Vec<float> fma(Vec<float> a, Vec<float> b, Vec<float> c) { return {vfmaq_f32(c.v, a.v, b.v)}; }
inline Vec<double> fma(Vec<double> a, Vec<double> b, Vec<double> c) { return {vfmaq_f64(c.v, a.v, b.v)}; }
inline Vec<float> fnma(Vec<float> a, Vec<float> b, Vec<float> c) { return {vfmsq_f32(c.v, a.v, b.v)}; }
inline Vec<double> fnma(Vec<double> a, Vec<double> b, Vec<double> c) { return {vfmsq_f64(c.v, a.v, b.v)}; }
#else  // two roundings: without the instruction, a fused one costs a call
template <class T>
inline Vec<T> fma(Vec<T> a, Vec<T> b, Vec<T> c) {
  return {a.v * b.v + c.v};
}
template <class T>
inline Vec<T> fnma(Vec<T> a, Vec<T> b, Vec<T> c) {
  return {c.v - a.v * b.v};
}
#endif
template <class T>
inline Vec<T> min(Vec<T> a, Vec<T> b) {
  return where<T>(a.v < b.v, a, b);
}
template <class T>
inline Vec<T> max(Vec<T> a, Vec<T> b) {
  return where<T>(a.v > b.v, a, b);
}
template <class T>
inline Vec<T> where_less(Vec<T> x, Vec<T> y, Vec<T> a, Vec<T> b) {
  return where<T>(x.v < y.v, a, b);
}
template <class T>
inline bool differ(Vec<T> a, Vec<T> b) {
  const auto same = a.v == b.v;  // all bits of a lane, or none
  int64_t halves[2];
  std::memcpy(halves, &same, sizeof halves);
  return (halves[0] & halves[1]) != -1;
}
template <class T>
inline Vec<T> copysign(Vec<T> a, Vec<T> s) {
  return where<T>((typename Lanes<T>::Ints)Vec<T>::set(T(-0.0)).v, s, a);
}
template <class T>
inline Vec<T> abs(Vec<T> a) {
  return copysign(a, Vec<T>::zero());
}
template <class T>
inline Vec<T> sqrt(Vec<T> a) {
  for (int i = 0; i < Vec<T>::N; ++i) a.v[i] = std::sqrt(a.v[i]);
  return a;
}
template <class T>
inline Vec<T> pow2(Vec<T> t) {
  using Words = typename Lanes<T>::Words;  // whose shift and sum may wrap
  return {(typename Lanes<T>::Numbers)(((Words)t.v << Bits<T>::MANTISSA) + (Words)Vec<T>::set(T(1)).v)};
}
template <class T>
inline Vec<T> guess(Vec<T> d) {
  using Words = typename Lanes<T>::Words;
  const auto reciprocal = (Words)(typename Lanes<T>::Ints{} + Bits<T>::RECIPROCAL);
  return {(typename Lanes<T>::Numbers)(reciprocal - (Words)d.v)};
}

}  // namespace ELMAN_ISA
