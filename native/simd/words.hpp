// Words of 32 bits, each in a lane of 64 that has room for a product of two.
//
//   Wide                 N lanes: set, load
//   ^                    of all 64 bits
//   product              of the lower halves
//   upper                the upper half in place of the lower one, and zeros in its own
//   store_lower          the lower halves of two, a lane of each in turn
#pragma once

#include "../simd.hpp"

namespace ELMAN_ISA {

#if defined(ELMAN_AVX512)

struct Wide {
  static constexpr int N = 8;
  __m512i v;
  static Wide set(uint64_t a) { return {_mm512_set1_epi64(int64_t(a))}; }
  static Wide load(const uint64_t* p) { return {_mm512_loadu_si512(p)}; }
};
inline Wide operator^(Wide a, Wide b) { return {_mm512_xor_si512(a.v, b.v)}; }
inline Wide product(Wide a, Wide b) { return {_mm512_mul_epu32(a.v, b.v)}; }
inline Wide upper(Wide a) { return {_mm512_srli_epi64(a.v, 32)}; }
inline void store_lower(Wide even, Wide odd, uint32_t* p) {
  _mm512_storeu_si512(p, _mm512_mask_blend_epi32(0xAAAA, even.v, _mm512_slli_epi64(odd.v, 32)));
}

#elif defined(ELMAN_AVX2)

struct Wide {
  static constexpr int N = 4;
  __m256i v;
  static Wide set(uint64_t a) { return {_mm256_set1_epi64x(int64_t(a))}; }
  static Wide load(const uint64_t* p) { return {_mm256_loadu_si256(reinterpret_cast<const __m256i*>(p))}; }
};
inline Wide operator^(Wide a, Wide b) { return {_mm256_xor_si256(a.v, b.v)}; }
inline Wide product(Wide a, Wide b) { return {_mm256_mul_epu32(a.v, b.v)}; }
inline Wide upper(Wide a) { return {_mm256_srli_epi64(a.v, 32)}; }
inline void store_lower(Wide even, Wide odd, uint32_t* p) {
  const __m256i both = _mm256_blend_epi32(even.v, _mm256_slli_epi64(odd.v, 32), 0xAA);
  _mm256_storeu_si256(reinterpret_cast<__m256i*>(p), both);
}

#else

struct Wide {
  static constexpr int N = 2;
  uint64_t v[N];
  static Wide set(uint64_t a) { return {{a, a}}; }
  static Wide load(const uint64_t* p) { return {{p[0], p[1]}}; }
};
inline Wide operator^(Wide a, Wide b) { return {{a.v[0] ^ b.v[0], a.v[1] ^ b.v[1]}}; }
inline Wide product(Wide a, Wide b) {
  return {{uint64_t(uint32_t(a.v[0])) * uint32_t(b.v[0]), uint64_t(uint32_t(a.v[1])) * uint32_t(b.v[1])}};
}
inline Wide upper(Wide a) { return {{a.v[0] >> 32, a.v[1] >> 32}}; }
inline void store_lower(Wide even, Wide odd, uint32_t* p) {
  for (int i = 0; i < Wide::N; ++i) p[2 * i] = uint32_t(even.v[i]), p[2 * i + 1] = uint32_t(odd.v[i]);
}

#endif

}  // namespace ELMAN_ISA
