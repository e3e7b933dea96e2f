// Several vectors as one, so that the long chains of operations in a cell run side by side.
//
// A processor looks a hundred operations ahead. Of two cells one behind the other it would begin the
// second when the first is nearly done; an operation on a Wide is one on each of its vectors in turn.
#pragma once

#include "math.hpp"

namespace ELMAN_ISA {

template <class T, int W>
struct Wide {  // the number type of W vectors of T
  T value;
  explicit constexpr Wide(double v) : value(T(v)) {}
};

template <class T, int W>
struct Vec<Wide<T, W>> {
  Vec<T> v[W];
  template <class F>
  static Vec each(F&& f) {
    Vec r;
    for (int i = 0; i < W; ++i) r.v[i] = f(i);
    return r;
  }
  static Vec set(Wide<T, W> a) {
    return each([&](int) { return Vec<T>::set(a.value); });
  }
  static Vec zero() { return set(Wide<T, W>(0)); }
};

template <class T, int W>
using WideVec = Vec<Wide<T, W>>;

#define ELMAN_WIDE_1(op)                              \
  template <class T, int W>                           \
  inline WideVec<T, W> op(WideVec<T, W> a) {          \
    return a.each([&](int i) { return op(a.v[i]); }); \
  }
#define ELMAN_WIDE_2(op)                                      \
  template <class T, int W>                                   \
  inline WideVec<T, W> op(WideVec<T, W> a, WideVec<T, W> b) { \
    return a.each([&](int i) { return op(a.v[i], b.v[i]); }); \
  }
ELMAN_WIDE_1(abs)
ELMAN_WIDE_1(exp)
ELMAN_WIDE_1(tanh_small)
ELMAN_WIDE_2(operator+)
ELMAN_WIDE_2(operator-)
ELMAN_WIDE_2(operator*)
ELMAN_WIDE_2(operator/)
ELMAN_WIDE_2(min)
ELMAN_WIDE_2(max)
ELMAN_WIDE_2(copysign)
#undef ELMAN_WIDE_1
#undef ELMAN_WIDE_2

template <class T, int W>
inline WideVec<T, W> fma(WideVec<T, W> a, WideVec<T, W> b, WideVec<T, W> c) {
  return a.each([&](int i) { return fma(a.v[i], b.v[i], c.v[i]); });
}
template <class T, int W>
inline WideVec<T, W> where_less(WideVec<T, W> x, WideVec<T, W> y, WideVec<T, W> a, WideVec<T, W> b) {
  return a.each([&](int i) { return where_less(x.v[i], y.v[i], a.v[i], b.v[i]); });
}

}  // namespace ELMAN_ISA
