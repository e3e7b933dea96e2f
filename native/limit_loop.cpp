// The loop of limit.hpp, compiled once for each instruction set.
//
// A processor begins up to two multiply-adds in each cycle and ends them about four cycles later:
// with fewer than 8 to 10 chains that do not wait for one another, it would idle.
#include "limit.hpp"

#if defined(ELMAN_AVX512) || defined(ELMAN_AVX2)
#include <immintrin.h>
#endif

namespace {

#if defined(ELMAN_AVX512)
using Vector = __m512;
constexpr int LANES = 16, CHAINS = 16;
inline Vector set(float a) { return _mm512_set1_ps(a); }
inline Vector fma(Vector a, Vector b, Vector c) { return _mm512_fmadd_ps(a, b, c); }
inline void store(float* p, Vector a) { _mm512_storeu_ps(p, a); }
#elif defined(ELMAN_AVX2)
using Vector = __m256;
constexpr int LANES = 8, CHAINS = 12;  // of 16 registers
inline Vector set(float a) { return _mm256_set1_ps(a); }
inline Vector fma(Vector a, Vector b, Vector c) { return _mm256_fmadd_ps(a, b, c); }
inline void store(float* p, Vector a) { _mm256_storeu_ps(p, a); }
#else
constexpr int LANES = 4, CHAINS = 12;
struct Vector {
  float v[LANES];
};
inline Vector set(float a) { return {{a, a, a, a}}; }
inline float fma(float a, float b, float c) {
#if defined(__FP_FAST_FMAF)  // the processor's own, not the C library's
  return __builtin_fmaf(a, b, c);
#else
  return a * b + c;
#endif
}
inline Vector fma(Vector a, Vector b, Vector c) {
  Vector r;
  for (int i = 0; i < LANES; ++i) r.v[i] = fma(a.v[i], b.v[i], c.v[i]);
  return r;
}
inline void store(float* p, Vector a) {
  for (int i = 0; i < LANES; ++i) p[i] = a.v[i];
}
#endif

constexpr int UNROLL = 4;  // so that counting rounds costs nothing

float run(long rounds) {
  Vector sums[CHAINS];
  for (int i = 0; i < CHAINS; ++i) sums[i] = set(float(i));
  const Vector factor = set(0.999f), more = set(0.001f);  // tends to 1: no infinities, no denormals
  for (long round = 0; round < rounds; ++round)
    for (int u = 0; u < UNROLL; ++u)
      for (int i = 0; i < CHAINS; ++i) sums[i] = fma(sums[i], factor, more);
  float total = 0, lanes[LANES];
  for (int i = 0; i < CHAINS; ++i) {
    store(lanes, sums[i]);
    for (int j = 0; j < LANES; ++j) total += lanes[j];
  }
  return total;
}

}  // namespace

#define ELMAN_JOIN(a, b) a##b
#define ELMAN_NAME(isa) ELMAN_JOIN(multiply_adds_, isa)
extern const elman::MultiplyAdds elman::ELMAN_NAME(ELMAN_ISA){2.0 * CHAINS * UNROLL * LANES, run};
