// One instruction set's build of what a step needs beside the recurrent passes; see kernels.cpp.
#include "rest.hpp"

#include "draws.hpp"
#include "imputation.hpp"
#include "losses.hpp"
#include "masks.hpp"
#include "optimizers.hpp"

namespace ELMAN_ISA {

// Columns begin to end: table[indices[i]] += dy[i], in the order of i
template <class T>
void scatter(const int64_t* indices, size_t count, const T* dy, size_t width, size_t begin, size_t end, T* table) {
  for (size_t i = 0; i < count; ++i) {
    T* row = table + size_t(indices[i]) * width;
    const T* source = dy + i * width;
    for (size_t j = begin; j < end; ++j) row[j] += source[j];
  }
}

}  // namespace ELMAN_ISA

#define ELMAN_FUNCTIONS(T)                                                                            \
  {ELMAN_ISA::update<T>,       ELMAN_ISA::squares<T>, ELMAN_ISA::losses<T>,    ELMAN_ISA::softmax<T>, \
   ELMAN_ISA::dsoftmax<T>,     ELMAN_ISA::scatter<T>, ELMAN_ISA::find_mask<T>, ELMAN_ISA::fill_in<T>, \
   ELMAN_ISA::fill_in_back<T>, ELMAN_ISA::choose<T>}

const elman::Rest elman::ELMAN_NAMED(rest) = {ELMAN_FUNCTIONS(float), ELMAN_FUNCTIONS(double), ELMAN_ISA::normal};
