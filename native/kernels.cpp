// One instruction set's table of kernels; CMake compiles this file once for each.
#include "simd.hpp"
#include "table.hpp"

namespace ELMAN_ISA {

// In passes_float.cpp and passes_double.cpp.
template <class T>
void run_forward(const elman::Arguments& a, const elman::Forward& f);
template <class T>
void run_backward(const elman::Arguments& a, const elman::Backward& b);
template <class T>
void run_dense(const elman::Dense& d, bool backward);

}  // namespace ELMAN_ISA

const elman::Table elman::ELMAN_NAMED(table) = {
    ELMAN_ISA::run_forward<float>,   ELMAN_ISA::run_forward<double>, ELMAN_ISA::run_backward<float>,
    ELMAN_ISA::run_backward<double>, ELMAN_ISA::run_dense<float>,    ELMAN_ISA::run_dense<double>,
};
