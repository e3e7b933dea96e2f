// What the vectors of all instruction sets start from.
#pragma once

#include <cstddef>
#include <cstdint>

// What must be compiled into its caller, because its vectors would go through memory otherwise.
#if defined(_MSC_VER)
#define ELMAN_INLINE __forceinline
#else
#define ELMAN_INLINE inline __attribute__((always_inline))
#endif

namespace ELMAN_ISA {

template <class T>
struct Vec;

// What `pow2` and `guess` take apart and put together again: numbers as their bits.
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

}  // namespace ELMAN_ISA
