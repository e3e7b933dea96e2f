// Functions of single numbers. Those of std for float are inline, and the linker might take them from the build of
// another instruction set; these call C's library.
#pragma once

#include <math.h>

namespace ELMAN_ISA {
namespace scalar {

inline float exp(float a) { return ::expf(a); }
inline double exp(double a) { return ::exp(a); }
inline float fabs(float a) { return ::fabsf(a); }
inline double fabs(double a) { return ::fabs(a); }
inline float log(float a) { return ::logf(a); }
inline double log(double a) { return ::log(a); }
inline float log1p(float a) { return ::log1pf(a); }
inline double log1p(double a) { return ::log1p(a); }
inline float pow(float a, float b) { return ::powf(a, b); }
inline double pow(double a, double b) { return ::pow(a, b); }
inline float sqrt(float a) { return ::sqrtf(a); }
inline double sqrt(double a) { return ::sqrt(a); }

}  // namespace scalar
}  // namespace ELMAN_ISA
