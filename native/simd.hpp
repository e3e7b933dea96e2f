// A thin layer over vectors of floats and doubles: what the kernels need and nothing else.
//
// One of three is compiled, each in a namespace of its own: AVX-512, AVX2 with FMA, or portable
// loops of a few lanes that a compiler turns into NEON or SSE. All do the same operations in the
// same order, so that results are the same bits wherever a fused multiply-add is one rounding.
#pragma once

#include <cmath>
#include <cstdint>
#include <cstring>

#if defined(ELMAN_AVX512) || defined(ELMAN_AVX2)
#include <immintrin.h>
#endif

namespace ELMAN_ISA {

template <class T>
struct Vec;

#if defined(ELMAN_AVX512)

template <>
struct Vec<float> {
  static constexpr int N = 16;
  __m512 v;
  static Vec zero() { return {_mm512_setzero_ps()}; }
  static Vec set(float a) { return {_mm512_set1_ps(a)}; }
  static Vec load(const float* p) { return {_mm512_loadu_ps(p)}; }
  void store(float* p) const { _mm512_storeu_ps(p, v); }
};
inline Vec<float> operator+(Vec<float> a, Vec<float> b) { return {_mm512_add_ps(a.v, b.v)}; }
inline Vec<float> operator-(Vec<float> a, Vec<float> b) { return {_mm512_sub_ps(a.v, b.v)}; }
inline Vec<float> operator*(Vec<float> a, Vec<float> b) { return {_mm512_mul_ps(a.v, b.v)}; }
inline Vec<float> operator/(Vec<float> a, Vec<float> b) { return {_mm512_div_ps(a.v, b.v)}; }
inline Vec<float> fma(Vec<float> a, Vec<float> b, Vec<float> c) { return {_mm512_fmadd_ps(a.v, b.v, c.v)}; }
inline Vec<float> min(Vec<float> a, Vec<float> b) { return {_mm512_min_ps(a.v, b.v)}; }
inline Vec<float> max(Vec<float> a, Vec<float> b) { return {_mm512_max_ps(a.v, b.v)}; }
inline Vec<float> abs(Vec<float> a) { return {_mm512_abs_ps(a.v)}; }
inline Vec<float> round(Vec<float> a) { return {_mm512_roundscale_ps(a.v, 8)}; }
// a where x < y, else b
inline Vec<float> where_less(Vec<float> x, Vec<float> y, Vec<float> a, Vec<float> b) {
  return {_mm512_mask_blend_ps(_mm512_cmp_ps_mask(x.v, y.v, _CMP_LT_OQ), b.v, a.v)};
}
inline Vec<float> copysign(Vec<float> a, Vec<float> s) {
  const __m512i m = _mm512_set1_epi32(INT32_MIN);
  return {_mm512_castsi512_ps(_mm512_ternarylogic_epi32(m, _mm512_castps_si512(s.v), _mm512_castps_si512(a.v), 0xCA))};
}
inline Vec<float> pow2(Vec<float> n) {  // 2^n for whole n in [-126, 127]
  const __m512i i = _mm512_add_epi32(_mm512_cvtps_epi32(n.v), _mm512_set1_epi32(127));
  return {_mm512_castsi512_ps(_mm512_slli_epi32(i, 23))};
}

template <>
struct Vec<double> {
  static constexpr int N = 8;
  __m512d v;
  static Vec zero() { return {_mm512_setzero_pd()}; }
  static Vec set(double a) { return {_mm512_set1_pd(a)}; }
  static Vec load(const double* p) { return {_mm512_loadu_pd(p)}; }
  void store(double* p) const { _mm512_storeu_pd(p, v); }
};
inline Vec<double> operator+(Vec<double> a, Vec<double> b) { return {_mm512_add_pd(a.v, b.v)}; }
inline Vec<double> operator-(Vec<double> a, Vec<double> b) { return {_mm512_sub_pd(a.v, b.v)}; }
inline Vec<double> operator*(Vec<double> a, Vec<double> b) { return {_mm512_mul_pd(a.v, b.v)}; }
inline Vec<double> operator/(Vec<double> a, Vec<double> b) { return {_mm512_div_pd(a.v, b.v)}; }
inline Vec<double> fma(Vec<double> a, Vec<double> b, Vec<double> c) { return {_mm512_fmadd_pd(a.v, b.v, c.v)}; }
inline Vec<double> min(Vec<double> a, Vec<double> b) { return {_mm512_min_pd(a.v, b.v)}; }
inline Vec<double> max(Vec<double> a, Vec<double> b) { return {_mm512_max_pd(a.v, b.v)}; }
inline Vec<double> abs(Vec<double> a) { return {_mm512_abs_pd(a.v)}; }
inline Vec<double> round(Vec<double> a) { return {_mm512_roundscale_pd(a.v, 8)}; }
inline Vec<double> where_less(Vec<double> x, Vec<double> y, Vec<double> a, Vec<double> b) {
  return {_mm512_mask_blend_pd(_mm512_cmp_pd_mask(x.v, y.v, _CMP_LT_OQ), b.v, a.v)};
}
inline Vec<double> copysign(Vec<double> a, Vec<double> s) {
  const __m512i m = _mm512_set1_epi64(INT64_MIN);
  return {_mm512_castsi512_pd(_mm512_ternarylogic_epi64(m, _mm512_castpd_si512(s.v), _mm512_castpd_si512(a.v), 0xCA))};
}
inline Vec<double> pow2(Vec<double> n) {
  const __m512i i = _mm512_add_epi64(_mm512_cvtpd_epi64(n.v), _mm512_set1_epi64(1023));
  return {_mm512_castsi512_pd(_mm512_slli_epi64(i, 52))};
}

#elif defined(ELMAN_AVX2)

template <>
struct Vec<float> {
  static constexpr int N = 8;
  __m256 v;
  static Vec zero() { return {_mm256_setzero_ps()}; }
  static Vec set(float a) { return {_mm256_set1_ps(a)}; }
  static Vec load(const float* p) { return {_mm256_loadu_ps(p)}; }
  void store(float* p) const { _mm256_storeu_ps(p, v); }
};
inline Vec<float> operator+(Vec<float> a, Vec<float> b) { return {_mm256_add_ps(a.v, b.v)}; }
inline Vec<float> operator-(Vec<float> a, Vec<float> b) { return {_mm256_sub_ps(a.v, b.v)}; }
inline Vec<float> operator*(Vec<float> a, Vec<float> b) { return {_mm256_mul_ps(a.v, b.v)}; }
inline Vec<float> operator/(Vec<float> a, Vec<float> b) { return {_mm256_div_ps(a.v, b.v)}; }
inline Vec<float> fma(Vec<float> a, Vec<float> b, Vec<float> c) { return {_mm256_fmadd_ps(a.v, b.v, c.v)}; }
inline Vec<float> min(Vec<float> a, Vec<float> b) { return {_mm256_min_ps(a.v, b.v)}; }
inline Vec<float> max(Vec<float> a, Vec<float> b) { return {_mm256_max_ps(a.v, b.v)}; }
inline Vec<float> abs(Vec<float> a) { return {_mm256_andnot_ps(_mm256_set1_ps(-0.0f), a.v)}; }
inline Vec<float> round(Vec<float> a) { return {_mm256_round_ps(a.v, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC)}; }
inline Vec<float> where_less(Vec<float> x, Vec<float> y, Vec<float> a, Vec<float> b) {
  return {_mm256_blendv_ps(b.v, a.v, _mm256_cmp_ps(x.v, y.v, _CMP_LT_OQ))};
}
inline Vec<float> copysign(Vec<float> a, Vec<float> s) {
  const __m256 m = _mm256_set1_ps(-0.0f);
  return {_mm256_or_ps(_mm256_and_ps(m, s.v), _mm256_andnot_ps(m, a.v))};
}
inline Vec<float> pow2(Vec<float> n) {
  const __m256i i = _mm256_add_epi32(_mm256_cvtps_epi32(n.v), _mm256_set1_epi32(127));
  return {_mm256_castsi256_ps(_mm256_slli_epi32(i, 23))};
}

template <>
struct Vec<double> {
  static constexpr int N = 4;
  __m256d v;
  static Vec zero() { return {_mm256_setzero_pd()}; }
  static Vec set(double a) { return {_mm256_set1_pd(a)}; }
  static Vec load(const double* p) { return {_mm256_loadu_pd(p)}; }
  void store(double* p) const { _mm256_storeu_pd(p, v); }
};
inline Vec<double> operator+(Vec<double> a, Vec<double> b) { return {_mm256_add_pd(a.v, b.v)}; }
inline Vec<double> operator-(Vec<double> a, Vec<double> b) { return {_mm256_sub_pd(a.v, b.v)}; }
inline Vec<double> operator*(Vec<double> a, Vec<double> b) { return {_mm256_mul_pd(a.v, b.v)}; }
inline Vec<double> operator/(Vec<double> a, Vec<double> b) { return {_mm256_div_pd(a.v, b.v)}; }
inline Vec<double> fma(Vec<double> a, Vec<double> b, Vec<double> c) { return {_mm256_fmadd_pd(a.v, b.v, c.v)}; }
inline Vec<double> min(Vec<double> a, Vec<double> b) { return {_mm256_min_pd(a.v, b.v)}; }
inline Vec<double> max(Vec<double> a, Vec<double> b) { return {_mm256_max_pd(a.v, b.v)}; }
inline Vec<double> abs(Vec<double> a) { return {_mm256_andnot_pd(_mm256_set1_pd(-0.0), a.v)}; }
inline Vec<double> round(Vec<double> a) {
  return {_mm256_round_pd(a.v, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC)};
}
inline Vec<double> where_less(Vec<double> x, Vec<double> y, Vec<double> a, Vec<double> b) {
  return {_mm256_blendv_pd(b.v, a.v, _mm256_cmp_pd(x.v, y.v, _CMP_LT_OQ))};
}
inline Vec<double> copysign(Vec<double> a, Vec<double> s) {
  const __m256d m = _mm256_set1_pd(-0.0);
  return {_mm256_or_pd(_mm256_and_pd(m, s.v), _mm256_andnot_pd(m, a.v))};
}
inline Vec<double> pow2(Vec<double> n) {  // AVX2 has no conversion to 64-bit integers
  const __m256i i = _mm256_cvtepi32_epi64(_mm_add_epi32(_mm256_cvtpd_epi32(n.v), _mm_set1_epi32(1023)));
  return {_mm256_castsi256_pd(_mm256_slli_epi64(i, 52))};
}

#else  // portable

template <class T>
struct Vec {
  static constexpr int N = 16 / sizeof(T);
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
inline Vec<T> round(Vec<T> a) {
  return lanes<T>([&](int i) { return std::nearbyint(a.v[i]); });
}
template <class T>
inline Vec<T> where_less(Vec<T> x, Vec<T> y, Vec<T> a, Vec<T> b) {
  return lanes<T>([&](int i) { return x.v[i] < y.v[i] ? a.v[i] : b.v[i]; });
}
template <class T>
inline Vec<T> copysign(Vec<T> a, Vec<T> s) {
  return lanes<T>([&](int i) { return std::copysign(a.v[i], s.v[i]); });
}
template <class T>
inline Vec<T> pow2(Vec<T> n) {
  return lanes<T>([&](int i) { return std::ldexp(T(1), int(n.v[i])); });
}

#endif

template <class T>
inline Vec<T> operator-(Vec<T> a) {
  return Vec<T>::zero() - a;
}

}  // namespace ELMAN_ISA
