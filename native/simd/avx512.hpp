// Vectors of AVX-512.
#pragma once

#include <immintrin.h>

#include "common.hpp"

namespace ELMAN_ISA {

template <>
struct Vec<float> {
  using Scalar = float;
  static constexpr int N = 16;
  static constexpr int COUNT = 1;  // vectors
  __m512 v;
  static Vec zero() { return {_mm512_setzero_ps()}; }
  static Vec set(float a) { return {_mm512_set1_ps(a)}; }
  static Vec load(const float* p) { return {_mm512_loadu_ps(p)}; }
  void store(float* p) const { _mm512_storeu_ps(p, v); }
  static Vec load(const float* p, std::ptrdiff_t) { return load(p); }
  void store(float* p, std::ptrdiff_t) const { store(p); }
};
inline Vec<float> operator+(Vec<float> a, Vec<float> b) { return {_mm512_add_ps(a.v, b.v)}; }
inline Vec<float> operator-(Vec<float> a, Vec<float> b) { return {_mm512_sub_ps(a.v, b.v)}; }
inline Vec<float> operator*(Vec<float> a, Vec<float> b) { return {_mm512_mul_ps(a.v, b.v)}; }
inline Vec<float> operator/(Vec<float> a, Vec<float> b) { return {_mm512_div_ps(a.v, b.v)}; }
inline Vec<float> fma(Vec<float> a, Vec<float> b, Vec<float> c) { return {_mm512_fmadd_ps(a.v, b.v, c.v)}; }
inline Vec<float> min(Vec<float> a, Vec<float> b) { return {_mm512_min_ps(a.v, b.v)}; }
inline Vec<float> max(Vec<float> a, Vec<float> b) { return {_mm512_max_ps(a.v, b.v)}; }
inline Vec<float> abs(Vec<float> a) { return {_mm512_abs_ps(a.v)}; }
inline Vec<float> where_less(Vec<float> x, Vec<float> y, Vec<float> a, Vec<float> b) {
  return {_mm512_mask_blend_ps(_mm512_cmp_ps_mask(x.v, y.v, _CMP_LT_OQ), b.v, a.v)};
}
inline bool differ(Vec<float> a, Vec<float> b) { return _mm512_cmp_ps_mask(a.v, b.v, _CMP_NEQ_UQ) != 0; }
inline Vec<float> copysign(Vec<float> a, Vec<float> s) {
  const __m512i m = _mm512_set1_epi32(INT32_MIN);
  return {_mm512_castsi512_ps(_mm512_ternarylogic_epi32(m, _mm512_castps_si512(s.v), _mm512_castps_si512(a.v), 0xCA))};
}
inline Vec<float> fnma(Vec<float> a, Vec<float> b, Vec<float> c) { return {_mm512_fnmadd_ps(a.v, b.v, c.v)}; }
inline Vec<float> sqrt(Vec<float> a) { return {_mm512_sqrt_ps(a.v)}; }
inline Vec<float> pow2(Vec<float> t) {
  const __m512i i = _mm512_slli_epi32(_mm512_castps_si512(t.v), 23);
  return {_mm512_castsi512_ps(_mm512_add_epi32(i, _mm512_set1_epi32(Bits<float>::ONE)))};
}
inline Vec<float> guess(Vec<float> d) {
  return {_mm512_castsi512_ps(_mm512_sub_epi32(_mm512_set1_epi32(Bits<float>::RECIPROCAL), _mm512_castps_si512(d.v)))};
}

template <>
struct Vec<double> {
  using Scalar = double;
  static constexpr int N = 8;
  static constexpr int COUNT = 1;  // vectors
  __m512d v;
  static Vec zero() { return {_mm512_setzero_pd()}; }
  static Vec set(double a) { return {_mm512_set1_pd(a)}; }
  static Vec load(const double* p) { return {_mm512_loadu_pd(p)}; }
  void store(double* p) const { _mm512_storeu_pd(p, v); }
  static Vec load(const double* p, std::ptrdiff_t) { return load(p); }
  void store(double* p, std::ptrdiff_t) const { store(p); }
};
inline Vec<double> operator+(Vec<double> a, Vec<double> b) { return {_mm512_add_pd(a.v, b.v)}; }
inline Vec<double> operator-(Vec<double> a, Vec<double> b) { return {_mm512_sub_pd(a.v, b.v)}; }
inline Vec<double> operator*(Vec<double> a, Vec<double> b) { return {_mm512_mul_pd(a.v, b.v)}; }
inline Vec<double> operator/(Vec<double> a, Vec<double> b) { return {_mm512_div_pd(a.v, b.v)}; }
inline Vec<double> fma(Vec<double> a, Vec<double> b, Vec<double> c) { return {_mm512_fmadd_pd(a.v, b.v, c.v)}; }
inline Vec<double> min(Vec<double> a, Vec<double> b) { return {_mm512_min_pd(a.v, b.v)}; }
inline Vec<double> max(Vec<double> a, Vec<double> b) { return {_mm512_max_pd(a.v, b.v)}; }
inline Vec<double> abs(Vec<double> a) { return {_mm512_abs_pd(a.v)}; }
inline Vec<double> where_less(Vec<double> x, Vec<double> y, Vec<double> a, Vec<double> b) {
  return {_mm512_mask_blend_pd(_mm512_cmp_pd_mask(x.v, y.v, _CMP_LT_OQ), b.v, a.v)};
}
inline bool differ(Vec<double> a, Vec<double> b) { return _mm512_cmp_pd_mask(a.v, b.v, _CMP_NEQ_UQ) != 0; }
inline Vec<double> copysign(Vec<double> a, Vec<double> s) {
  const __m512i m = _mm512_set1_epi64(INT64_MIN);
  return {_mm512_castsi512_pd(_mm512_ternarylogic_epi64(m, _mm512_castpd_si512(s.v), _mm512_castpd_si512(a.v), 0xCA))};
}
inline Vec<double> fnma(Vec<double> a, Vec<double> b, Vec<double> c) { return {_mm512_fnmadd_pd(a.v, b.v, c.v)}; }
inline Vec<double> sqrt(Vec<double> a) { return {_mm512_sqrt_pd(a.v)}; }
inline Vec<double> pow2(Vec<double> t) {
  const __m512i i = _mm512_slli_epi64(_mm512_castpd_si512(t.v), 52);
  return {_mm512_castsi512_pd(_mm512_add_epi64(i, _mm512_set1_epi64(Bits<double>::ONE)))};
}
inline Vec<double> guess(Vec<double> d) {
  return {_mm512_castsi512_pd(_mm512_sub_epi64(_mm512_set1_epi64(Bits<double>::RECIPROCAL), _mm512_castpd_si512(d.v)))};
}

}  // namespace ELMAN_ISA
