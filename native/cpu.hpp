// What the processor can do, and how it treats denormal numbers while kernels run.
#pragma once

#include <cstdint>

#if defined(ELMAN_X86)
#include <immintrin.h>
#if defined(_MSC_VER)
#include <intrin.h>
#endif
#endif

namespace elman {

#if defined(ELMAN_X86) && defined(_MSC_VER)
inline bool cpu_has_avx2() {
  int r[4];
  __cpuidex(r, 1, 0);
  const bool fma_and_avx = (r[2] >> 12 & 1) && (r[2] >> 28 & 1) && (r[2] >> 27 & 1) && (_xgetbv(0) & 6) == 6;
  __cpuidex(r, 7, 0);
  return fma_and_avx && (r[1] >> 5 & 1);
}
inline bool cpu_has_avx512() {
  int r[4];
  __cpuidex(r, 7, 0);
  const bool f = r[1] >> 16 & 1, dq = r[1] >> 17 & 1, bw = r[1] >> 30 & 1, vl = uint32_t(r[1]) >> 31;
  return cpu_has_avx2() && f && dq && bw && vl && (_xgetbv(0) & 0xe6) == 0xe6;
}
#elif defined(ELMAN_X86)
inline bool cpu_has_avx2() { return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"); }
inline bool cpu_has_avx512() {
  return cpu_has_avx2() && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
         __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512bw");
}
#endif

// Tell the processor that this thread waits for another one.
inline void pause_processor() {
#if defined(ELMAN_X86)
  _mm_pause();
#elif defined(__aarch64__) && !defined(_MSC_VER)
  asm volatile("yield");
#endif
}

// Denormal numbers count as zero in here, because states that decay into them would take the
// processor many times as long; the caller's mode comes back at the end.
class FlushDenormals {
 public:
#if defined(ELMAN_X86)
  FlushDenormals() : saved_(_mm_getcsr()) { _mm_setcsr(saved_ | 0x8040); }
  ~FlushDenormals() { _mm_setcsr(saved_); }

 private:
  unsigned saved_;
#elif defined(__aarch64__) && !defined(_MSC_VER)
  FlushDenormals() {
    asm volatile("mrs %0, fpcr" : "=r"(saved_));
    asm volatile("msr fpcr, %0" ::"r"(saved_ | (uint64_t(1) << 24)));
  }
  ~FlushDenormals() { asm volatile("msr fpcr, %0" ::"r"(saved_)); }

 private:
  uint64_t saved_;
#endif
};

}  // namespace elman
