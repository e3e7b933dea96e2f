// How many multiply-adds a second can this processor do? Against this, and no number on a data
// sheet, benchmarks/ measures the kernels.
#pragma once

namespace elman {

// Rounds of independent multiply-adds of float32 that stay in registers; the sum keeps them alive.
struct MultiplyAdds {
  double operations_a_round;  // a multiply-add counts as two
  float (*run)(long rounds);
};

extern const MultiplyAdds multiply_adds_portable;
extern const MultiplyAdds multiply_adds_avx2;
extern const MultiplyAdds multiply_adds_avx512;

// GFLOP/s of so many threads at once, each with its own registers, by the best instruction set
// that this processor has.
double multiply_add_limit(int threads);

}  // namespace elman
