// Vector exp, tanh and sigmoid, and the activation functions with their derivatives.
//
// exp: Cody and Waite's range reduction, x = n ln 2 + r, and a polynomial in r; 2^n enters as two
// factors, so that results overflow to infinity and fade to zero where they should.
// tanh: an odd polynomial (float) or rational (double, Cephes) below 0.625, else by exp; below 1
// always. NaN goes through: min and max keep their second operand.
#pragma once

#include "simd.hpp"

namespace ELMAN_ISA {

inline Vec<float> exp(Vec<float> x) {
  using V = Vec<float>;
  x = max(V::set(-104.0f), min(V::set(89.0f), x));
  const V n = round(x * V::set(1.44269504088896341f));
  V r = fma(n, V::set(-0.693359375f), x);
  r = fma(n, V::set(2.12194440e-4f), r);
  V p = V::set(1.9875691500e-4f);
  p = fma(p, r, V::set(1.3981999507e-3f));
  p = fma(p, r, V::set(8.3334519073e-3f));
  p = fma(p, r, V::set(4.1665795894e-2f));
  p = fma(p, r, V::set(1.6666665459e-1f));
  p = fma(p, r, V::set(5.0000001201e-1f));
  const V y = fma(p, r * r, r) + V::set(1.0f);
  const V half = round(n * V::set(0.5f));
  return y * pow2(half) * pow2(n - half);
}

inline Vec<double> exp(Vec<double> x) {
  using V = Vec<double>;
  x = max(V::set(-746.0), min(V::set(710.0), x));
  const V n = round(x * V::set(1.4426950408889634));
  V r = fma(n, V::set(-6.93147180369123816490e-01), x);
  r = fma(n, V::set(-1.90821492927058770002e-10), r);
  V p = V::set(1.0 / 6227020800.0);  // the Taylor series up to r^13
  const double factorials[] = {479001600.0, 39916800.0, 3628800.0, 362880.0, 40320.0, 5040.0,
                               720.0,       120.0,      24.0,      6.0,      2.0};
  for (double f : factorials) p = fma(p, r, V::set(1.0 / f));
  const V y = fma(p, r * r, r) + V::set(1.0);
  const V half = round(n * V::set(0.5));
  return y * pow2(half) * pow2(n - half);
}

inline Vec<float> tanh_small(Vec<float> x) {
  using V = Vec<float>;
  const V z = x * x;
  V p = V::set(-5.70498872745e-3f);
  p = fma(p, z, V::set(2.06390887954e-2f));
  p = fma(p, z, V::set(-5.37397155531e-2f));
  p = fma(p, z, V::set(1.33314422036e-1f));
  p = fma(p, z, V::set(-3.33332819422e-1f));
  return fma(p * z, x, x);
}

inline Vec<double> tanh_small(Vec<double> x) {
  using V = Vec<double>;
  const V z = x * x;
  const V p = fma(fma(V::set(-9.64399179425052238628e-1), z, V::set(-9.92877231001918586564e1)), z,
                  V::set(-1.61468768441708447952e3));
  const V q = fma(fma(z + V::set(1.12811678491632931402e2), z, V::set(2.23548839060100448583e3)), z,
                  V::set(4.84406305325125486048e3));
  return fma(x * z, p / q, x);
}

template <class T>
inline Vec<T> tanh(Vec<T> x) {
  using V = Vec<T>;
  const V one = V::set(T(1)), m = abs(x);
  const V large = copysign(one - V::set(T(2)) / (exp(m + m) + one), x);
  // The comparison is false for NaN, which exp has let through.
  return where_less(m, V::set(T(0.625)), tanh_small(x), large);
}

template <class T>
inline Vec<T> sigmoid(Vec<T> x) {
  const Vec<T> one = Vec<T>::set(T(1));
  return one / (one + exp(-x));
}

// Activations whose derivative can be had from the output alone; the order is kernels.py's.
enum Activation : int {
  LINEAR,
  RELU,
  RELU6,
  LEAKY_RELU,
  ELU,
  SELU,
  TANH,
  HARD_TANH,
  SIGMOID,
  HARD_SIGMOID,
  SOFTSIGN,
  EXPONENTIAL
};

template <class T>
inline Vec<T> activate(int f, Vec<T> x) {
  using V = Vec<T>;
  const V zero = V::zero(), one = V::set(T(1));
  const T alpha = T(1.6732632423543772), scale = T(1.0507009873554805);
  switch (f) {
    case RELU:
      return max(zero, x);
    case RELU6:
      return max(zero, min(V::set(T(6)), x));
    case LEAKY_RELU:
      return where_less(zero, x, x, x * V::set(T(0.2)));
    case ELU:
      return where_less(zero, x, x, exp(x) - one);
    case SELU:
      return V::set(scale) * where_less(zero, x, x, V::set(alpha) * (exp(x) - one));
    case TANH:
      return tanh(x);
    case HARD_TANH:
      return max(V::set(T(-1)), min(one, x));
    case SIGMOID:
      return sigmoid(x);
    case HARD_SIGMOID:
      return max(zero, min(V::set(T(6)), x + V::set(T(3)))) / V::set(T(6));
    case SOFTSIGN:
      return x / (one + abs(x));
    case EXPONENTIAL:
      return exp(x);
    default:
      return x;
  }
}

// dL/d(input) from dL/d(output) and the output y
template <class T>
inline Vec<T> derive(int f, Vec<T> dy, Vec<T> y) {
  using V = Vec<T>;
  const V zero = V::zero(), one = V::set(T(1));
  const T alpha = T(1.6732632423543772), scale = T(1.0507009873554805);
  switch (f) {
    case RELU:
      return where_less(zero, y, dy, zero);
    case RELU6:
      return where_less(zero, y, where_less(y, V::set(T(6)), dy, zero), zero);
    case LEAKY_RELU:
      return where_less(zero, y, dy, dy * V::set(T(0.2)));
    case ELU:
      return where_less(zero, y, dy, dy * (y + one));
    case SELU:
      return dy * where_less(zero, y, V::set(scale), y + V::set(scale * alpha));
    case TANH:
      return dy * (one - y * y);
    case HARD_TANH:
      return where_less(abs(y), one, dy, zero);
    case SIGMOID:
      return dy * y * (one - y);
    case HARD_SIGMOID:
      return where_less(zero, y, where_less(y, one, dy / V::set(T(6)), zero), zero);
    case SOFTSIGN: {
      const V s = one - abs(y);
      return dy * s * s;
    }
    case EXPONENTIAL:
      return dy * y;
    default:
      return dy;
  }
}

}  // namespace ELMAN_ISA
