// Several vectors as one, so that the long chains of operations in a cell run side by side.
//
// A processor looks a hundred operations ahead. Of two cells one behind the other it would begin the
// second when the first is nearly done; an operation on a Wide is one on each of its vectors in turn.
#pragma once

#include <type_traits>

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
  static Vec set(Wide<T, W> a) {
    Vec r;
    for (int i = 0; i < W; ++i) r.v[i] = Vec<T>::set(a.value);
    return r;
  }
  static Vec zero() { return set(Wide<T, W>(0)); }
};

template <class T, int W>
using WideVec = Vec<Wide<T, W>>;

// W vectors as one; one alone is no more than itself.
template <class T, int W>
using Several = std::conditional_t<W == 1, Vec<T>, WideVec<T, W>>;

// Vector i of several, and of one.
template <class T, int W>
inline Vec<T>& vector(WideVec<T, W>& a, int i) {
  return a.v[i];
}
template <class T>
inline Vec<T>& vector(Vec<T>& a, int) {
  return a;
}

#define ELMAN_WIDE(op, parameters, arguments)          \
  template <class T, int W>                            \
  inline WideVec<T, W> op parameters {                 \
    WideVec<T, W> r;                                   \
    for (int i = 0; i < W; ++i) r.v[i] = op arguments; \
    return r;                                          \
  }
#define ELMAN_WIDE_1(op) ELMAN_WIDE(op, (const WideVec<T, W>& a), (a.v[i]))
#define ELMAN_WIDE_2(op) ELMAN_WIDE(op, (const WideVec<T, W>& a, const WideVec<T, W>& b), (a.v[i], b.v[i]))
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
ELMAN_WIDE(fma, (const WideVec<T, W>& a, const WideVec<T, W>& b, const WideVec<T, W>& c), (a.v[i], b.v[i], c.v[i]))
ELMAN_WIDE(where_less, (const WideVec<T, W>& x, const WideVec<T, W>& y, const WideVec<T, W>& a, const WideVec<T, W>& b),
           (x.v[i], y.v[i], a.v[i], b.v[i]))
#undef ELMAN_WIDE_2
#undef ELMAN_WIDE_1
#undef ELMAN_WIDE

}  // namespace ELMAN_ISA
