// The loop of limit.hpp, compiled once for each instruction set.
//
// A processor begins up to two multiply-adds in each cycle and ends them about four cycles later:
// with fewer than 8 to 10 chains that do not wait for one another, it would idle.
#include "limit.hpp"
#include "simd.hpp"

namespace ELMAN_ISA {
namespace {

#if defined(ELMAN_AVX512)
constexpr int CHAINS = 16;
#else
constexpr int CHAINS = 12;  // of 16 registers
#endif
constexpr int UNROLL = 4;  // so that counting rounds costs nothing
constexpr int LANES = Vec<float>::N;
constexpr double OPERATIONS = 2.0 * CHAINS * UNROLL * LANES;  // in a round

float run(long rounds) {
  Vec<float> sums[CHAINS];
  for (int i = 0; i < CHAINS; ++i) sums[i] = Vec<float>::set(float(i));
  // Sums tend to 1: no infinities, no denormals.
  const Vec<float> factor = Vec<float>::set(0.999f), more = Vec<float>::set(0.001f);
  for (long round = 0; round < rounds; ++round)
    for (int u = 0; u < UNROLL; ++u)
      for (int i = 0; i < CHAINS; ++i) sums[i] = fma(sums[i], factor, more);
  float total = 0, lanes[LANES];
  for (int i = 0; i < CHAINS; ++i) {
    sums[i].store(lanes);
    for (int j = 0; j < LANES; ++j) total += lanes[j];
  }
  return total;
}

}  // namespace
}  // namespace ELMAN_ISA

const elman::MultiplyAdds elman::ELMAN_NAMED(multiply_adds) = {ELMAN_ISA::OPERATIONS, ELMAN_ISA::run};
