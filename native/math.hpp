// Vector exp, tanh and sigmoid, and the activation functions with their derivatives.
//
// exp: Cody and Waite's range reduction, x = n ln 2 + r, and a polynomial for e^r - 1, which is 2^n apart
// from the result. sigmoid and tanh need no branch: tanh|x| = (1 - e^-2|x|) / (1 + e^-2|x|), whose numerator is
// exact near zero because e^r - 1 is, and both divide by numbers from 1 to 2, for which there is a polynomial.
// NaN goes through: min and max keep their second operand.
#pragma once

#include <math.h>

#include <type_traits>

#include "simd.hpp"
#include "table.hpp"

namespace ELMAN_ISA {

// Everything here takes a vector or several of them side by side (Vec, Pair).
template <class V>
inline V constant(double a) {
  return V::set(typename V::Scalar(a));
}
template <class V>
constexpr bool SINGLE = sizeof(typename V::Scalar) == 4;

// e^x = (1 + q) * 2^n, and t = n + ROUND, as pow2 takes it
template <class V>
struct Exponential {
  V q, t;
};

// e^r - 1 for |r| <= ln(2) / 2: r + r^2 p(r), with Cephes's coefficients (expf) in float, and those of the Taylor
// series up to r^13 in double.
template <class V>
ELMAN_INLINE V expm1_near_zero(V r) {
  const V r2 = r * r;
  if constexpr (SINGLE<V>) {
    const V high = fma(constant<V>(1.9875691500e-4), r, constant<V>(1.3981999507e-3));
    const V middle = fma(constant<V>(8.3334519073e-3), r, constant<V>(4.1665795894e-2));
    const V low = fma(constant<V>(1.6666665459e-1), r, constant<V>(5.0000001201e-1));
    return fma(fma(fma(high, r2, middle), r2, low), r2, r);
  } else {
    const double factorials[] = {479001600.0, 39916800.0, 3628800.0, 362880.0, 40320.0, 5040.0,
                                 720.0,       120.0,      24.0,      6.0,      2.0};
    V p = constant<V>(1.0 / 6227020800.0);
    for (double f : factorials) p = fma(p, r, constant<V>(1.0 / f));
    return fma(p, r2, r);
  }
}

template <class V>
ELMAN_INLINE Exponential<V> reduced_exp(V x) {
  // ln 2 in two parts, n times the first being exact
  constexpr double high = SINGLE<V> ? 0.693359375 : 6.93147180369123816490e-01;
  constexpr double low = SINGLE<V> ? -2.12194440e-4 : 1.90821492927058770002e-10;
  const V magic = V::set(Bits<typename V::Scalar>::ROUND);
  const V t = fma(x, constant<V>(1.4426950408889634), magic), n = t - magic;
  return {expm1_near_zero(fnma(n, constant<V>(low), fnma(n, constant<V>(high), x))), t};
}

template <class V>
ELMAN_INLINE V exp(V x) {
  // 2^n enters as two factors, so that results overflow to infinity and fade to zero where they should.
  constexpr double least = SINGLE<V> ? -104 : -746, most = SINGLE<V> ? 89 : 710;
  const auto [q, t] = reduced_exp(max(constant<V>(least), min(constant<V>(most), x)));
  const V magic = V::set(Bits<typename V::Scalar>::ROUND), n = t - magic;
  const V half = fma(n, constant<V>(0.5), magic);
  const V first = pow2(half);
  return fma(q, first, first) * pow2(n - (half - magic) + magic);
}

// e^x for x <= 0
template <class V>
ELMAN_INLINE V exp_below_zero(V x) {
  constexpr double least = SINGLE<V> ? -88 : -709;  // where 2^n, and so the result, is zero
  const auto [q, t] = reduced_exp(max(constant<V>(least), x));
  const V power = pow2(t);
  return fma(power, q, power);
}

// e^x - 1 for x <= 0, near zero too
template <class V>
ELMAN_INLINE V expm1_below_zero(V x) {
  constexpr double least = SINGLE<V> ? -88 : -709;  // where it is -1
  const auto [q, t] = reduced_exp(max(constant<V>(least), min(V::zero(), x)));
  const V power = pow2(t);
  return fma(power, q, power - constant<V>(1));
}

// n / d for 2^-100 < d < 2^100. In float two steps of Halley's method, from a guess, take a quarter of a division's
// time.
template <class V>
ELMAN_INLINE V divide(V n, V d) {
  if constexpr (!SINGLE<V>) {
    return n / d;
  } else {
    const V one = constant<V>(1);
    V y = guess(d);
    for (int i = 0; i < 2; ++i) {
      const V e = fnma(d, y, one);
      y = fma(y, fma(e, e, e), y);
    }
    const V v = n * y;
    return fma(fnma(v, d, n), y, v);
  }
}

// n / d where y is 1 / d to within 1/577 and e = 1 - d y: n y (1 + e + e^2 + ...), of which the powers up to e^2 count
// in float, and up to e^5 in double.
template <class V>
ELMAN_INLINE V quotient(V n, V y, V e) {
  if constexpr (SINGLE<V>) {
    return n * fma(y, fma(e, e, e), y);
  } else {
    const V e2 = e * e, even = fma(e2, e2, e2);
    return n * fma(y, fma(e, even, e + even), y);
  }
}

// n / (1 + u) and n / (2 - u) for 0 <= u <= 1. The guess is (1 - T4(2 d - 3) / T4(3)) / d with d = 1 + u or 2 - u and
// Chebyshev's T4, and d is never rounded.
template <class V>
ELMAN_INLINE V divide_by_one_plus(V n, V u) {
  const V high = fma(constant<V>(-128.0 / 577), u, constant<V>(384.0 / 577));
  const V y = fma(fma(high, u, constant<V>(-544.0 / 577)), u, constant<V>(576.0 / 577));
  return quotient(n, y, fnma(u, y, constant<V>(1) - y));
}
template <class V>
ELMAN_INLINE V divide_by_two_minus(V n, V u) {
  const V y = fma(fma(constant<V>(128.0 / 577), u * u, constant<V>(160.0 / 577)), u, constant<V>(288.0 / 577));
  return quotient(n, y, fma(u, y, fnma(constant<V>(2), y, constant<V>(1))));
}

// (1 - e^-2m) / (1 + e^-2m) with m = |x|
template <class V>
ELMAN_INLINE V tanh(V x) {
  constexpr double flat = SINGLE<V> ? 9.1 : 19.1;  // where tanh is 1 to the last bit
  const V m = max(constant<V>(-flat), V::zero() - abs(x));
  const auto [q, t] = reduced_exp(m + m);
  const V power = pow2(t), n = fnma(power, q, constant<V>(1) - power);
  return copysign(divide_by_two_minus(n, n), x);
}

template <class V>
ELMAN_INLINE V sigmoid(V x) {
  const V zero = V::zero(), e = exp_below_zero(zero - abs(x));
  return divide_by_one_plus(where_less(x, zero, e, constant<V>(1)), e);
}

// log(1 + z) for 0 <= z <= 1: 2 artanh(s) with s = z / (2 + z) <= 1/3, by its series.
template <class V>
ELMAN_INLINE V log1p(V z) {
  constexpr int last = SINGLE<V> ? 15 : 35;
  const V s = divide(z, z + constant<V>(2)), s2 = s * s;
  V p = constant<V>(1.0 / last);
  for (int n = last - 2; n > 0; n -= 2) p = fma(p, s2, constant<V>(1.0 / n));
  return (s + s) * p;
}

template <class V>
ELMAN_INLINE V softplus(V x) {
  return max(V::zero(), x) + log1p(exp(V::zero() - abs(x)));
}

// tanh(softplus(x)) = n / (n + 2) with n = e^x (e^x + 2)
template <class V>
ELMAN_INLINE V tanh_softplus(V x) {
  const V e = exp(min(constant<V>(20), x)), n = e * (e + constant<V>(2));  // from 20 on it is 1
  return divide(n, n + constant<V>(2));
}

// The normal distribution, (1 + erf(x / sqrt 2)) / 2, number by number as in activations/functions.py.
template <class T>
inline Vec<T> normal_cdf(Vec<T> x) {
  T values[Vec<T>::N];
  x.store(values);
  for (T& value : values) value = T((1 + ::erf(double(value) * 0.70710678118654752440)) / 2);
  return Vec<T>::load(values);
}
template <class V>
inline Pair<V> normal_cdf(Pair<V> x) {
  return {normal_cdf(x.a), normal_cdf(x.b)};
}

// The activations in the order of _native_arguments.py. Derivatives of those before TANH_SHRINK can be had from the
// output alone.
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
  HARD_SIGMOID_KERAS2,
  SOFTSIGN,
  EXPONENTIAL,
  SOFTPLUS,
  LOG_SIGMOID,
  TANH_SHRINK,
  SILU,
  MISH,
  GELU
};
static_assert(TANH_SHRINK == elman::FIRST_THAT_NEEDS_INPUT);

template <class V>
ELMAN_INLINE V activate_inline(int f, V x) {
  using T = typename V::Scalar;
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
      return where_less(zero, x, x, expm1_below_zero(x));
    case SELU:
      return V::set(scale) * where_less(zero, x, x, V::set(alpha) * (expm1_below_zero(x)));
    case TANH:
      return tanh(x);
    case HARD_TANH:
      return max(V::set(T(-1)), min(one, x));
    case SIGMOID:
      return sigmoid(x);
    case HARD_SIGMOID:
      return max(zero, min(V::set(T(6)), x + V::set(T(3)))) / V::set(T(6));
    case HARD_SIGMOID_KERAS2:
      return max(zero, min(one, fma(x, V::set(T(0.2)), V::set(T(0.5)))));
    case SOFTSIGN:
      return x / (one + abs(x));
    case EXPONENTIAL:
      return exp(x);
    case SOFTPLUS:
      return softplus(x);
    case LOG_SIGMOID:
      return zero - softplus(zero - x);
    case TANH_SHRINK:
      return x - tanh(x);
    case SILU:
      return x * sigmoid(x);
    case MISH:
      return x * tanh_softplus(x);
    case GELU:
      return x * normal_cdf(x);
    default:
      return x;
  }
}

// dL/d(input) from dL/d(output), the output y and, where its derivative is one of it, the input x
template <class V>
ELMAN_INLINE V derive_inline(int f, V dy, V y, V x) {
  using T = typename V::Scalar;
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
      return dy * where_less(y, zero, y + V::set(scale * alpha), V::set(scale));
    case TANH:
      return dy * (one - y * y);
    case HARD_TANH:
      return where_less(abs(y), one, dy, zero);
    case SIGMOID:
      return dy * y * (one - y);
    case HARD_SIGMOID:
      return where_less(zero, y, where_less(y, one, dy / V::set(T(6)), zero), zero);
    case HARD_SIGMOID_KERAS2:
      return where_less(zero, y, where_less(y, one, dy * V::set(T(0.2)), zero), zero);
    case SOFTSIGN: {
      const V s = one - abs(y);
      return dy * s * s;
    }
    case EXPONENTIAL:
      return dy * y;
    case SOFTPLUS:
      return dy * (one - exp(zero - y));
    case LOG_SIGMOID:
      return dy * (one - exp(y));
    case TANH_SHRINK: {
      const V t = x - y;
      return dy * t * t;
    }
    case SILU: {
      const V s = sigmoid(x);
      return dy * fma(y, one - s, s);
    }
    case MISH: {
      const V t = tanh_softplus(x);
      return dy * fma(x * (one - t * t), sigmoid(x), t);
    }
    case GELU: {
      const V density = exp(constant<V>(-0.5) * x * x) * constant<V>(0.39894228040143267794);
      return dy * fma(x, density, normal_cdf(x));
    }
    default:
      return dy;
  }
}

// A function that is known when this is compiled is a type, Known<TANH>; any other is a number.
template <int F>
using Known = std::integral_constant<int, F>;
template <class F>
constexpr bool KNOWN = !std::is_same_v<F, int>;

template <int F, class V>
ELMAN_INLINE V activate(Known<F>, V x) {
  return activate_inline(F, x);
}
template <class V>
V activate(int f, V x) {
  return activate_inline(f, x);
}
template <int F, class V>
ELMAN_INLINE V derive(Known<F>, V dy, V y, V x) {
  return derive_inline(F, dy, y, x);
}
template <class V>
V derive(int f, V dy, V y, V x) {
  return derive_inline(f, dy, y, x);
}

}  // namespace ELMAN_ISA
