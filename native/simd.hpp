// A thin layer over vectors of floats and doubles: what the kernels need and nothing else.
//
// One of them is compiled, each in a namespace of its own: AVX-512, AVX2 with FMA, or portable vectors of 16 bytes,
// which are the compiler's own or else loops. All do the same operations in the same order, so that results are the
// same bits wherever a fused multiply-add is one rounding.
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <type_traits>

#if defined(ELMAN_AVX512) || defined(ELMAN_AVX2)
#include <immintrin.h>
#elif defined(__aarch64__) && defined(__GNUC__)
#include <arm_neon.h>
#endif

// What must be compiled into its caller, because its vectors would go through memory otherwise.
#if defined(_MSC_VER)
#define ELMAN_INLINE __forceinline
#else
#define ELMAN_INLINE inline __attribute__((always_inline))
#endif

namespace ELMAN_ISA {

template <class T>
struct Vec;

// What `pow2` and `inverse` in math.hpp take apart and put together again: numbers as their bits.
template <class T>
struct Bits;
template <>
struct Bits<float> {
  using Int = int32_t;
  static constexpr int MANTISSA = 23;
  static constexpr Int ONE = 0x3f800000, RECIPROCAL = 0x7ef311c7;
  static constexpr float ROUND = 12582912.0f;  // 1.5 * 2^23: adding it rounds to a whole number
};
template <>
struct Bits<double> {
  using Int = int64_t;
  static constexpr int MANTISSA = 52;
  static constexpr Int ONE = 0x3ff0000000000000, RECIPROCAL = 0x7fde623822fc16e6;
  static constexpr double ROUND = 6755399441055744.0;  // 1.5 * 2^52
};

#if defined(ELMAN_AVX512)

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
// a where x < y, else b
inline Vec<float> where_less(Vec<float> x, Vec<float> y, Vec<float> a, Vec<float> b) {
  return {_mm512_mask_blend_ps(_mm512_cmp_ps_mask(x.v, y.v, _CMP_LT_OQ), b.v, a.v)};
}
inline Vec<float> copysign(Vec<float> a, Vec<float> s) {
  const __m512i m = _mm512_set1_epi32(INT32_MIN);
  return {_mm512_castsi512_ps(_mm512_ternarylogic_epi32(m, _mm512_castps_si512(s.v), _mm512_castps_si512(a.v), 0xCA))};
}
inline Vec<float> fnma(Vec<float> a, Vec<float> b, Vec<float> c) { return {_mm512_fnmadd_ps(a.v, b.v, c.v)}; }
inline Vec<float> sqrt(Vec<float> a) { return {_mm512_sqrt_ps(a.v)}; }
inline Vec<float> pow2(Vec<float> t) {  // 2^n for whole n in [-126, 127], given as t = n + ROUND
  const __m512i i = _mm512_slli_epi32(_mm512_castps_si512(t.v), 23);
  return {_mm512_castsi512_ps(_mm512_add_epi32(i, _mm512_set1_epi32(Bits<float>::ONE)))};
}
inline Vec<float> guess(Vec<float> d) {  // 1 / d within an eighth, for d > 0
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

#elif defined(ELMAN_AVX2)

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

#elif defined(__GNUC__)  // GCC's and Clang's vectors of 16 bytes, which become NEON or SSE

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

#else  // loops of a few lanes

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

#endif

// Fetch the line at p, which will be read soon.
inline void prefetch(const void* p) {
#if defined(ELMAN_AVX512) || defined(ELMAN_AVX2)
  _mm_prefetch(static_cast<const char*>(p), _MM_HINT_T0);
#elif defined(__GNUC__)
  __builtin_prefetch(p);
#else
  (void)p;
#endif
}

// Two vectors side by side, or two pairs of them …, so that the processor works on one while another waits for what
// came before. Loads and stores are `step` numbers apart.
template <class V>
struct Pair {
  using Scalar = typename V::Scalar;
  static constexpr int COUNT = 2 * V::COUNT;
  V a, b;
  static Pair zero() { return {V::zero(), V::zero()}; }
  static Pair set(Scalar x) { return {V::set(x), V::set(x)}; }
  static Pair load(const Scalar* p, std::ptrdiff_t step) {
    return {V::load(p, step), V::load(p + V::COUNT * step, step)};
  }
  void store(Scalar* p, std::ptrdiff_t step) const { a.store(p, step), b.store(p + V::COUNT * step, step); }
};

#define ELMAN_PAIR_1(f)               \
  template <class V>                  \
  ELMAN_INLINE Pair<V> f(Pair<V> x) { \
    return {f(x.a), f(x.b)};          \
  }
#define ELMAN_PAIR_2(f)                          \
  template <class V>                             \
  ELMAN_INLINE Pair<V> f(Pair<V> x, Pair<V> y) { \
    return {f(x.a, y.a), f(x.b, y.b)};           \
  }
#define ELMAN_PAIR_3(f)                                     \
  template <class V>                                        \
  ELMAN_INLINE Pair<V> f(Pair<V> x, Pair<V> y, Pair<V> z) { \
    return {f(x.a, y.a, z.a), f(x.b, y.b, z.b)};            \
  }
ELMAN_PAIR_1(abs)
ELMAN_PAIR_1(sqrt)
ELMAN_PAIR_1(pow2)
ELMAN_PAIR_1(guess)
ELMAN_PAIR_2(operator+)
ELMAN_PAIR_2(operator-)
ELMAN_PAIR_2(operator*)
ELMAN_PAIR_2(operator/)
ELMAN_PAIR_2(min)
ELMAN_PAIR_2(max)
ELMAN_PAIR_2(copysign)
ELMAN_PAIR_3(fma)
ELMAN_PAIR_3(fnma)
#undef ELMAN_PAIR_1
#undef ELMAN_PAIR_2
#undef ELMAN_PAIR_3
template <class V>
ELMAN_INLINE Pair<V> where_less(Pair<V> x, Pair<V> y, Pair<V> a, Pair<V> b) {
  return {where_less(x.a, y.a, a.a, b.a), where_less(x.b, y.b, a.b, b.b)};
}

}  // namespace ELMAN_ISA
