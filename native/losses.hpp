// Losses of rows of predictions: value and gradient in one go; see src/elman/losses/ for the equations.
#pragma once

#include "block.hpp"
#include "math.hpp"
#include "rest.hpp"
#include "scalar.hpp"

namespace ELMAN_ISA {

enum Loss : int {  // fused.py's order
  MSE,
  MAE,
  HUBER,
  BINARY_LOGITS,
  BINARY,
  SPARSE_LOGITS,
  SPARSE,
  CATEGORICAL_LOGITS,
  CATEGORICAL
};

// Run f(block of p, block of y or zeros, where it begins, how many count) over a row.
template <class T, class F>
inline void over(const T* p, const T* y, size_t width, T fill, F f) {
  using B = Block<T>;
  for (size_t i = 0; i < width; i += B::N) {
    const size_t n = width - i < size_t(B::N) ? width - i : size_t(B::N);
    f(B::load(p + i, n, fill), y ? B::load(y + i, n, T(0)) : B::set(T(0)), i, n);
  }
}

template <class T>
inline Block<T> add(Block<T> a, Block<T> b) {
  return map<T>([](Vec<T> x, Vec<T> y) { return x + y; }, a, b);
}

// ---------------------------------------------------------------------- numbers: mean_F h(p - y)

template <class T>
inline Vec<T> h(int loss, Vec<T> e, Vec<T> delta) {
  using V = Vec<T>;
  if (loss == MSE) return e * e;
  if (loss == MAE) return abs(e);
  const V half = V::set(T(0.5)), size = abs(e);
  return where_less(delta, size, delta * size - half * (delta * delta), half * (size * size));
}

template <class T>
inline Vec<T> dh(int loss, Vec<T> e, Vec<T> delta) {
  using V = Vec<T>;
  const V zero = V::zero(), one = V::set(T(1));
  if (loss == MSE) return e + e;
  if (loss == HUBER) return max(zero - delta, min(delta, e));
  return where_less(zero, e, one, where_less(e, zero, zero - one, e));  // 0 and NaN stay what they are
}

template <class T>
T regression(const elman::Rows<T>& r, const T* p, const T* y, T dv, T* dp) {
  using V = Vec<T>;
  const V delta = V::set(r.delta), factor = V::set(dv / T(r.width));
  Block<T> total = Block<T>::set(T(0));
  over<T>(p, y, r.width, T(0), [&](Block<T> a, Block<T> b, size_t i, size_t n) {
    const Block<T> e = map<T>([](V x, V t) { return x - t; }, a, b);
    total = add<T>(total, map<T>([&](V x) { return h<T>(r.loss, x, delta); }, e));
    map<T>([&](V x) { return factor * dh<T>(r.loss, x, delta); }, e).store(dp + i, n);
  });
  return sum(total) / T(r.width);
}

// The same for rows of one number, sixteen rows at a time.
template <class T>
void single_numbers(const elman::Rows<T>& r, size_t begin, size_t end) {
  using V = Vec<T>;
  const V delta = V::set(r.delta), divisor = V::set(r.divisor);
  const Block<T> one = Block<T>::set(T(1));
  T values[Block<T>::N];
  for (size_t i = begin; i < end; i += Block<T>::N) {
    const size_t n = end - i < size_t(Block<T>::N) ? end - i : size_t(Block<T>::N);
    const Block<T> w = r.weights ? Block<T>::load(r.weights + i, n, T(0)) : one;
    const Block<T> e =
        map<T>([](V x, V t) { return x - t; }, Block<T>::load(r.p + i, n, T(0)), Block<T>::load(r.y + i, n, T(0)));
    map<T>([&](V x, V a) { return h<T>(r.loss, x, delta) * a; }, e, w).store(values);
    map<T>([&](V x, V a) { return a / divisor * dh<T>(r.loss, x, delta); }, e, w).store(r.dp + i, n);
    for (size_t j = 0; j < n; ++j) {
      const bool counts = !r.keep || r.keep[i + j];
      r.values[i + j] = counts ? double(values[j]) : 0.0;
      if (!counts) r.dp[i + j] = T(0);
    }
  }
}

// ---------------------------------------------------------------------- yes or no, mean_F

template <class T>
struct Clip {  // Keras's keras.backend.epsilon()
  static constexpr T low = T(1e-7), high = T(1 - 1e-7);
  static T at(T q) { return q < low ? low : q > high ? high : q; }
};

template <class T>
T binary_logits(const T* p, const T* y, size_t width, T dv, T* dp) {
  T value = 0;
  for (size_t i = 0; i < width; ++i) {
    const T fade = scalar::exp(-scalar::fabs(p[i])), above = p[i] < 0 ? T(0) : p[i];
    value += above - p[i] * y[i] + scalar::log1p(fade);
    const T q = (p[i] < 0 ? fade : T(1)) / (T(1) + fade);
    dp[i] = dv / T(width) * (q - y[i]);
  }
  return value / T(width);
}

template <class T>
T binary(const T* p, const T* y, size_t width, T dv, T* dp) {
  T value = 0;
  for (size_t i = 0; i < width; ++i) {
    const T q = Clip<T>::at(p[i]), inside = T(q == p[i]);
    value -= y[i] * scalar::log(q) + (T(1) - y[i]) * scalar::log(T(1) - q);
    dp[i] = dv / T(width) * ((T(1) - y[i]) / (T(1) - q) - y[i] / q) * inside;
  }
  return value / T(width);
}

// ---------------------------------------------------------------------- softmax

// exp(p - max) to `out`; returns the maximum, and the sum in `total`
template <class T>
T exponentials(const T* p, size_t width, T* out, T& total) {
  using V = Vec<T>;
  Block<T> top = Block<T>::set(p[0]);
  over<T>(p, nullptr, width, p[0],
          [&](Block<T> a, Block<T>, size_t, size_t) { top = map<T>([](V x, V y) { return max(x, y); }, top, a); });
  const T m = fold(top, [](T x, T y) { return x > y ? x : y; });
  const V peak = V::set(m);
  Block<T> sums = Block<T>::set(T(0));
  over<T>(p, nullptr, width, T(-INFINITY), [&](Block<T> a, Block<T>, size_t i, size_t n) {
    const Block<T> e = map<T>([&](V x) { return exp(x - peak); }, a);
    sums = add<T>(sums, e);
    e.store(out + i, n);
  });
  total = sum(sums);
  return m;
}

template <class T>
void scale_by(T* a, size_t width, T factor) {
  using V = Vec<T>;
  const V f = V::set(factor);
  over<T>(a, nullptr, width, T(0),
          [&](Block<T> x, Block<T>, size_t i, size_t n) { map<T>([&](V v) { return v * f; }, x).store(a + i, n); });
}

template <class T>
void softmax(const T* x, size_t width, size_t begin, size_t end, T* y) {
  for (size_t at = begin * width; at < end * width; at += width) {
    T total;
    exponentials(x + at, width, y + at, total);
    scale_by(y + at, width, T(1) / total);
  }
}

// dx_i = y_i (dy_i - sum_j dy_j y_j)
template <class T>
void dsoftmax(const T* dy, const T* y, size_t width, size_t begin, size_t end, T* dx) {
  using V = Vec<T>;
  for (size_t at = begin * width; at < end * width; at += width) {
    Block<T> total = Block<T>::set(T(0));
    over<T>(dy + at, y + at, width, T(0), [&](Block<T> d, Block<T> q, size_t, size_t) {
      total = add<T>(total, map<T>([](V a, V b) { return a * b; }, d, q));
    });
    const V back = V::set(sum(total));
    over<T>(dy + at, y + at, width, T(0), [&](Block<T> d, Block<T> q, size_t i, size_t n) {
      map<T>([&](V a, V b) { return b * (a - back); }, d, q).store(dx + at + i, n);
    });
  }
}

// ---------------------------------------------------------------------- classes, from logits

template <class T>
T sparse_logits(const T* p, size_t width, size_t label, T dv, T* dp) {
  T total;
  const T m = exponentials(p, width, dp, total);
  scale_by(dp, width, dv / total);
  dp[label] -= dv;
  return scalar::log(total) - (p[label] - m);
}

template <class T>
T categorical_logits(const T* p, const T* y, size_t width, T dv, T* dp) {
  using V = Vec<T>;
  T total;
  const T m = exponentials(p, width, dp, total), log_total = scalar::log(total);
  const V peak = V::set(m), shift = V::set(log_total);
  Block<T> value = Block<T>::set(T(0)), mass = value;
  over<T>(p, y, width, m, [&](Block<T> a, Block<T> b, size_t, size_t) {
    value = add<T>(value, map<T>([&](V x, V t) { return t * (shift - (x - peak)); }, a, b));
    mass = add<T>(mass, b);
  });
  const V factor = V::set(dv * sum(mass) / total), dvs = V::set(dv);
  over<T>(dp, y, width, T(0), [&](Block<T> e, Block<T> b, size_t i, size_t n) {
    map<T>([&](V x, V t) { return x * factor - dvs * t; }, e, b).store(dp + i, n);
  });
  return sum(value);
}

// ---------------------------------------------------------------------- classes, from probabilities

template <class T>
T total_of(const T* p, size_t width) {
  Block<T> total = Block<T>::set(T(0));
  over<T>(p, nullptr, width, T(0), [&](Block<T> a, Block<T>, size_t, size_t) { total = add<T>(total, a); });
  return sum(total);
}

template <class T>
T sparse(const T* p, size_t width, size_t label, T dv, T* dp) {
  const T total = total_of(p, width), q = p[label] / total, c = Clip<T>::at(q);
  const T dq = -(T(1) / c) * T(c == q), back = dq * q;
  const T others = dv * ((T(0) - back) / total);
  for (size_t i = 0; i < width; ++i) dp[i] = others;
  dp[label] = dv * ((dq - back) / total);
  return -scalar::log(c);
}

template <class T>
T categorical(const T* p, const T* y, size_t width, T dv, T* dp) {
  using V = Vec<T>;
  const T total = total_of(p, width);
  const V S = V::set(total), low = V::set(Clip<T>::low), high = V::set(Clip<T>::high), zero = V::zero();
  Block<T> back = Block<T>::set(T(0));
  over<T>(p, y, width, T(0), [&](Block<T> a, Block<T> b, size_t i, size_t n) {
    const Block<T> q = map<T>([&](V x) { return x / S; }, a);
    const Block<T> dq = map<T>(
        [&](V x, V t) {
          return where_less(x, low, zero, where_less(high, x, zero, zero - t / max(low, min(high, x))));
        },
        q, b);
    back = add<T>(back, map<T>([](V d, V x) { return d * x; }, dq, q));
    dq.store(dp + i, n);
  });
  const V dvs = V::set(dv), t = V::set(sum(back));
  over<T>(dp, nullptr, width, T(0), [&](Block<T> dq, Block<T>, size_t i, size_t n) {
    map<T>([&](V d) { return dvs * ((d - t) / S); }, dq).store(dp + i, n);
  });
  T value = 0;
  for (size_t i = 0; i < width; ++i)
    if (y[i] != 0) value -= y[i] * scalar::log(Clip<T>::at(p[i] / total));
  return value;
}

template <class T>
void losses(const elman::Rows<T>& r, size_t begin, size_t end) {
  if (r.loss <= HUBER && r.width == 1) return single_numbers(r, begin, end);
  for (size_t row = begin; row < end; ++row) {
    const size_t at = row * r.width;
    if (r.keep && !r.keep[row]) {
      for (size_t i = 0; i < r.width; ++i) r.dp[at + i] = T(0);
      r.values[row] = 0;
      continue;
    }
    const T weight = r.weights ? r.weights[row] : T(1), dv = weight / r.divisor;
    const T *p = r.p + at, *y = r.y ? r.y + at : nullptr;
    T *dp = r.dp + at, value = 0;
    if (r.loss <= HUBER) value = regression(r, p, y, dv, dp);
    if (r.loss == BINARY_LOGITS) value = binary_logits(p, y, r.width, dv, dp);
    if (r.loss == BINARY) value = binary(p, y, r.width, dv, dp);
    if (r.loss == SPARSE_LOGITS) value = sparse_logits(p, r.width, size_t(r.labels[row]), dv, dp);
    if (r.loss == SPARSE) value = sparse(p, r.width, size_t(r.labels[row]), dv, dp);
    if (r.loss == CATEGORICAL_LOGITS) value = categorical_logits(p, y, r.width, dv, dp);
    if (r.loss == CATEGORICAL) value = categorical(p, y, r.width, dv, dp);
    r.values[row] = double(value * weight);
  }
}

}  // namespace ELMAN_ISA
