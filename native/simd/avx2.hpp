// Vectors of AVX2 with FMA.
#pragma once

#include <immintrin.h>

#include "common.hpp"

namespace ELMAN_ISA {

template <>
struct Vec<float> {
  using Scalar = float;
  static constexpr int N = 8;
  static constexpr int COUNT = 1;  // vectors
  __m256 v;
  static Vec zero() { return {_mm256_setzero_ps()}; }
  static Vec set(float a) { return {_mm256_set1_ps(a)}; }
  static Vec load(const float* p) { return {_mm256_loadu_ps(p)}; }
  void store(float* p) const { _mm256_storeu_ps(p, v); }
  static Vec load(const float* p, std::ptrdiff_t) { return load(p); }
  void store(float* p, std::ptrdiff_t) const { store(p); }
};
inline Vec<float> operator+(Vec<float> a, Vec<float> b) { return {_mm256_add_ps(a.v, b.v)}; }
inline Vec<float> operator-(Vec<float> a, Vec<float> b) { return {_mm256_sub_ps(a.v, b.v)}; }
inline Vec<float> operator*(Vec<float> a, Vec<float> b) { return {_mm256_mul_ps(a.v, b.v)}; }
inline Vec<float> operator/(Vec<float> a, Vec<float> b) { return {_mm256_div_ps(a.v, b.v)}; }
inline Vec<float> fma(Vec<float> a, Vec<float> b, Vec<float> c) { return {_mm256_fmadd_ps(a.v, b.v, c.v)}; }
inline Vec<float> min(Vec<float> a, Vec<float> b) { return {_mm256_min_ps(a.v, b.v)}; }
inline Vec<float> max(Vec<float> a, Vec<float> b) { return {_mm256_max_ps(a.v, b.v)}; }
inline Vec<float> abs(Vec<float> a) { return {_mm256_andnot_ps(_mm256_set1_ps(-0.0f), a.v)}; }
inline Vec<float> where_less(Vec<float> x, Vec<float> y, Vec<float> a, Vec<float> b) {
  return {_mm256_blendv_ps(b.v, a.v, _mm256_cmp_ps(x.v, y.v, _CMP_LT_OQ))};
}
inline bool differ(Vec<float> a, Vec<float> b) { return _mm256_movemask_ps(_mm256_cmp_ps(a.v, b.v, _CMP_NEQ_UQ)) != 0; }
inline Vec<float> copysign(Vec<float> a, Vec<float> s) {
  const __m256 m = _mm256_set1_ps(-0.0f);
  return {_mm256_or_ps(_mm256_and_ps(m, s.v), _mm256_andnot_ps(m, a.v))};
}
inline Vec<float> fnma(Vec<float> a, Vec<float> b, Vec<float> c) { return {_mm256_fnmadd_ps(a.v, b.v, c.v)}; }
inline Vec<float> sqrt(Vec<float> a) { return {_mm256_sqrt_ps(a.v)}; }
inline Vec<float> pow2(Vec<float> t) {
  const __m256i i = _mm256_slli_epi32(_mm256_castps_si256(t.v), 23);
  return {_mm256_castsi256_ps(_mm256_add_epi32(i, _mm256_set1_epi32(Bits<float>::ONE)))};
}
inline Vec<float> guess(Vec<float> d) {
  return {_mm256_castsi256_ps(_mm256_sub_epi32(_mm256_set1_epi32(Bits<float>::RECIPROCAL), _mm256_castps_si256(d.v)))};
}

template <>
struct Vec<double> {
  using Scalar = double;
  static constexpr int N = 4;
  static constexpr int COUNT = 1;  // vectors
  __m256d v;
  static Vec zero() { return {_mm256_setzero_pd()}; }
  static Vec set(double a) { return {_mm256_set1_pd(a)}; }
  static Vec load(const double* p) { return {_mm256_loadu_pd(p)}; }
  void store(double* p) const { _mm256_storeu_pd(p, v); }
  static Vec load(const double* p, std::ptrdiff_t) { return load(p); }
  void store(double* p, std::ptrdiff_t) const { store(p); }
};
inline Vec<double> operator+(Vec<double> a, Vec<double> b) { return {_mm256_add_pd(a.v, b.v)}; }
inline Vec<double> operator-(Vec<double> a, Vec<double> b) { return {_mm256_sub_pd(a.v, b.v)}; }
inline Vec<double> operator*(Vec<double> a, Vec<double> b) { return {_mm256_mul_pd(a.v, b.v)}; }
inline Vec<double> operator/(Vec<double> a, Vec<double> b) { return {_mm256_div_pd(a.v, b.v)}; }
inline Vec<double> fma(Vec<double> a, Vec<double> b, Vec<double> c) { return {_mm256_fmadd_pd(a.v, b.v, c.v)}; }
inline Vec<double> min(Vec<double> a, Vec<double> b) { return {_mm256_min_pd(a.v, b.v)}; }
inline Vec<double> max(Vec<double> a, Vec<double> b) { return {_mm256_max_pd(a.v, b.v)}; }
inline Vec<double> abs(Vec<double> a) { return {_mm256_andnot_pd(_mm256_set1_pd(-0.0), a.v)}; }
inline Vec<double> where_less(Vec<double> x, Vec<double> y, Vec<double> a, Vec<double> b) {
  return {_mm256_blendv_pd(b.v, a.v, _mm256_cmp_pd(x.v, y.v, _CMP_LT_OQ))};
}
inline bool differ(Vec<double> a, Vec<double> b) {
  return _mm256_movemask_pd(_mm256_cmp_pd(a.v, b.v, _CMP_NEQ_UQ)) != 0;
}
inline Vec<double> copysign(Vec<double> a, Vec<double> s) {
  const __m256d m = _mm256_set1_pd(-0.0);
  return {_mm256_or_pd(_mm256_and_pd(m, s.v), _mm256_andnot_pd(m, a.v))};
}
inline Vec<double> fnma(Vec<double> a, Vec<double> b, Vec<double> c) { return {_mm256_fnmadd_pd(a.v, b.v, c.v)}; }
inline Vec<double> sqrt(Vec<double> a) { return {_mm256_sqrt_pd(a.v)}; }
inline Vec<double> pow2(Vec<double> t) {
  const __m256i i = _mm256_slli_epi64(_mm256_castpd_si256(t.v), 52);
  return {_mm256_castsi256_pd(_mm256_add_epi64(i, _mm256_set1_epi64x(Bits<double>::ONE)))};
}
inline Vec<double> guess(Vec<double> d) {
  return {
      _mm256_castsi256_pd(_mm256_sub_epi64(_mm256_set1_epi64x(Bits<double>::RECIPROCAL), _mm256_castpd_si256(d.v)))};
}

}  // namespace ELMAN_ISA
