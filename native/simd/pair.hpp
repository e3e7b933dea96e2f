// Two vectors side by side, or two pairs of them …, so that the processor works on one while another waits for what
// came before.
#pragma once

#include "common.hpp"

namespace ELMAN_ISA {

// Loads and stores are `step` numbers apart.
template <class V>
struct Pair {
  using Scalar = typename V::Scalar;
  static constexpr int COUNT = 2 * V::COUNT;
  V a, b;
  static Pair zero() { return {V::zero(), V::zero()}; }
  static Pair set(Scalar x) { return {V::set(x), V::set(x)}; }
  static Pair load(const Scalar* p, std::ptrdiff_t step) {
    return {V::load(p, step), V::load(p + V::COUNT * step, step)};
  }
  void store(Scalar* p, std::ptrdiff_t step) const { a.store(p, step), b.store(p + V::COUNT * step, step); }
};

#define ELMAN_PAIR_1(f)               \
  template <class V>                  \
  ELMAN_INLINE Pair<V> f(Pair<V> x) { \
    return {f(x.a), f(x.b)};          \
  }
#define ELMAN_PAIR_2(f)                          \
  template <class V>                             \
  ELMAN_INLINE Pair<V> f(Pair<V> x, Pair<V> y) { \
    return {f(x.a, y.a), f(x.b, y.b)};           \
  }
#define ELMAN_PAIR_3(f)                                     \
  template <class V>                                        \
  ELMAN_INLINE Pair<V> f(Pair<V> x, Pair<V> y, Pair<V> z) { \
    return {f(x.a, y.a, z.a), f(x.b, y.b, z.b)};            \
  }
ELMAN_PAIR_1(abs)
ELMAN_PAIR_1(sqrt)
ELMAN_PAIR_1(pow2)
ELMAN_PAIR_1(guess)
ELMAN_PAIR_2(operator+)
ELMAN_PAIR_2(operator-)
ELMAN_PAIR_2(operator*)
ELMAN_PAIR_2(operator/)
ELMAN_PAIR_2(min)
ELMAN_PAIR_2(max)
ELMAN_PAIR_2(copysign)
ELMAN_PAIR_3(fma)
ELMAN_PAIR_3(fnma)
#undef ELMAN_PAIR_1
#undef ELMAN_PAIR_2
#undef ELMAN_PAIR_3
template <class V>
ELMAN_INLINE Pair<V> where_less(Pair<V> x, Pair<V> y, Pair<V> a, Pair<V> b) {
  return {where_less(x.a, y.a, a.a, b.a), where_less(x.b, y.b, a.b, b.b)};
}

// Of each vector, the number at p and then `step` numbers after the one before it, in all lanes.
template <class V>
ELMAN_INLINE V spread(const typename V::Scalar* p, std::ptrdiff_t step) {
  if constexpr (V::COUNT == 1) return V::set(*p);
  else return {spread<decltype(V::a)>(p, step), spread<decltype(V::b)>(p + V::COUNT / 2 * step, step)};
}

}  // namespace ELMAN_ISA
