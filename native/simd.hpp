// A thin layer over vectors of floats and doubles: what the kernels need and nothing else.
//
// One of them is compiled, each in a namespace of its own: AVX-512, AVX2 with FMA, or portable vectors of 16 bytes,
// which are the compiler's own or else loops. All do the same operations in the same order, so that results are the
// same bits wherever a fused multiply-add is one rounding.
//
//   Vec<T>               N numbers: zero, set, load, store, and + - * /
//   fma, fnma            a b + c and c - a b, with one rounding where the processor can
//   min, max             a where a < b, or a > b, else b: a NaN in b stays
//   where_less           a where x < y, else b
//   differ               whether any number of a is not that of b; a NaN is no number's equal
//   abs, copysign, sqrt
//   pow2                 2^n for whole n in [-126, 127], or [-1022, 1023], given as n + Bits<T>::ROUND
//   guess                1 / d within an eighth, for d > 0
#pragma once

#if defined(ELMAN_AVX512)
#include "simd/avx512.hpp"
#elif defined(ELMAN_AVX2)
#include "simd/avx2.hpp"
#elif defined(__GNUC__)
#include "simd/compiler.hpp"
#else
#include "simd/loops.hpp"
#endif

#include "simd/pair.hpp"

// What this build has of `name`: name_portable, name_avx2 or name_avx512.
#define ELMAN_JOINED(a, b) a##b
#define ELMAN_JOIN(a, b) ELMAN_JOINED(a, b)
#define ELMAN_NAMED(name) ELMAN_JOIN(name##_, ELMAN_ISA)

namespace ELMAN_ISA {

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

}  // namespace ELMAN_ISA
