// The optimizers' rules, each in one pass over the buffer; see src/elman/optimizers/ for the equations.
//
// The same operations in the same order as there, none of them fused: so the same bits.
#pragma once

#include "block.hpp"
#include "rest.hpp"
#include "scalar.hpp"

namespace ELMAN_ISA {

template <class T>
struct Sgd {  // numbers: mu, nesterov; slots: m
  using V = Vec<T>;
  V eta, mu;
  bool momentum, nesterov;
  explicit Sgd(const elman::Update<T>& u)
      : eta(V::set(u.eta)), mu(V::set(T(u.numbers[0]))), momentum(u.numbers[0] != 0), nesterov(u.numbers[1] != 0) {}
  int slots() const { return momentum; }
  V operator()(V w, V g, V* s) const {
    const V eta_g = g * eta;
    if (!momentum) return w - eta_g;
    s[0] = s[0] * mu - eta_g;
    return nesterov ? w + s[0] * mu - eta_g : w + s[0];
  }
};

template <class T>
struct RmsProp {  // numbers: rho, mu, epsilon, centered; slots: v, then m, then a, those that are used
  using V = Vec<T>;
  V eta, rho, rest, mu, epsilon;
  bool momentum, centered;
  explicit RmsProp(const elman::Update<T>& u)
      : eta(V::set(u.eta)),
        rho(V::set(T(u.numbers[0]))),
        rest(V::set(T(1 - u.numbers[0]))),
        mu(V::set(T(u.numbers[1]))),
        epsilon(V::set(T(u.numbers[2]))),
        momentum(u.numbers[1] != 0),
        centered(u.numbers[3] != 0) {}
  int slots() const { return 1 + momentum + centered; }
  V operator()(V w, V g, V* s) const {
    V &v = s[0], &m = s[1], &a = s[momentum ? 2 : 1];
    v = v * rho + g * g * rest;
    if (centered) a = a * rho + g * rest;
    const V variance = centered ? v - a * a : v;
    const V d = g * eta / sqrt(variance + epsilon);
    if (!momentum) return w - d;
    m = m * mu + d;
    return w - m;
  }
};

template <class T>
struct Adam {  // numbers: beta_1, beta_2, epsilon, amsgrad; slots: m, v and, with amsgrad, u
  using V = Vec<T>;
  V alpha, rest_1, rest_2, epsilon;
  bool amsgrad;
  explicit Adam(const elman::Update<T>& u)
      : alpha(V::set(corrected(u))),
        rest_1(V::set(T(1 - u.numbers[0]))),
        rest_2(V::set(T(1 - u.numbers[1]))),
        epsilon(V::set(T(u.numbers[2]))),
        amsgrad(u.numbers[3] != 0) {}
  static T corrected(const elman::Update<T>& u) {  // in the dtype of the weights, as Keras does
    const T beta_1 = T(u.numbers[0]), beta_2 = T(u.numbers[1]), t = T(u.t);
    return u.eta * scalar::sqrt(T(1) - scalar::pow(beta_2, t)) / (T(1) - scalar::pow(beta_1, t));
  }
  int slots() const { return 2 + amsgrad; }
  V operator()(V w, V g, V* s) const {
    V &m = s[0], &v = s[1];
    m = m + (g - m) * rest_1;
    v = v + (g * g - v) * rest_2;
    if (amsgrad) s[2] = max(s[2], v);
    return w - m * alpha / (sqrt(amsgrad ? s[2] : v) + epsilon);
  }
};

// The larger of two numbers; NaN if either is, as in NumPy and unlike max.
template <class V>
V larger(V a, V b) {
  const V half = V::set(typename V::Scalar(0.5));  // where a is b, and where they have no order
  return where_less(a, b, b, where_less(b, a, a, a * half + b * half));
}

template <class T>
struct Adamax {  // numbers: beta_1, beta_2, epsilon; slots: m, u
  using V = Vec<T>;
  V eta, rest_1, beta_2, epsilon, grown;
  explicit Adamax(const elman::Update<T>& u)
      : eta(V::set(u.eta)),
        rest_1(V::set(T(1 - u.numbers[0]))),
        beta_2(V::set(T(u.numbers[1]))),
        epsilon(V::set(T(u.numbers[2]))),
        grown(V::set(T(1) - scalar::pow(T(u.numbers[0]), T(u.t)))) {}
  int slots() const { return 2; }
  V operator()(V w, V g, V* s) const {
    V &m = s[0], &u = s[1];
    m = m + (g - m) * rest_1;
    u = larger(u * beta_2, abs(g));
    return w - m * eta / ((u + epsilon) * grown);
  }
};

template <class T>
struct Nadam {  // numbers: beta_1, beta_2, epsilon, U; slots: m, v
  using V = Vec<T>;
  V eta, rest_1, rest_2, epsilon, mu_next, rest_next, rest_mu, rest_u, grown;
  explicit Nadam(const elman::Update<T>& u)
      : eta(V::set(u.eta)),
        rest_1(V::set(T(1) - T(u.numbers[0]))),
        rest_2(V::set(T(1) - T(u.numbers[1]))),
        epsilon(V::set(T(u.numbers[2]))),
        mu_next(V::set(mu(u, T(u.t + 1)))),
        rest_next(V::set(T(1) - T(u.numbers[3]) * mu(u, T(u.t + 1)))),
        rest_mu(V::set(T(1) - mu(u, T(u.t)))),
        rest_u(V::set(T(1) - T(u.numbers[3]))),
        grown(V::set(T(1) - scalar::pow(T(u.numbers[1]), T(u.t)))) {}
  static T mu(const elman::Update<T>& u, T t) { return T(u.numbers[0]) * (T(1) - T(0.5) * scalar::pow(T(0.96), t)); }
  int slots() const { return 2; }
  V operator()(V w, V g, V* s) const {
    V &m = s[0], &v = s[1];
    m = m + (g - m) * rest_1;
    v = v + (g * g - v) * rest_2;
    const V d = m * mu_next / rest_next + g * rest_mu / rest_u;
    return w - d * eta / (sqrt(v / grown) + epsilon);
  }
};

template <class T>
struct Adagrad {  // numbers: epsilon; slots: G
  using V = Vec<T>;
  V eta, epsilon;
  explicit Adagrad(const elman::Update<T>& u) : eta(V::set(u.eta)), epsilon(V::set(T(u.numbers[0]))) {}
  int slots() const { return 1; }
  V operator()(V w, V g, V* s) const {
    s[0] = s[0] + g * g;
    return w - g * eta / sqrt(s[0] + epsilon);
  }
};

template <class T>
struct Adadelta {  // numbers: rho, epsilon; slots: v, s
  using V = Vec<T>;
  V eta, rho, rest, epsilon;
  explicit Adadelta(const elman::Update<T>& u)
      : eta(V::set(u.eta)),
        rho(V::set(T(u.numbers[0]))),
        rest(V::set(T(1 - u.numbers[0]))),
        epsilon(V::set(T(u.numbers[1]))) {}
  int slots() const { return 2; }
  V operator()(V w, V g, V* s) const {
    s[0] = s[0] * rho + g * g * rest;
    const V d = sqrt(s[1] + epsilon) * g / sqrt(s[0] + epsilon);
    s[1] = s[1] * rho + d * d * rest;
    return w - d * eta;
  }
};

template <class T>
struct Lion {  // numbers: beta_1, beta_2; slots: m
  using V = Vec<T>;
  V eta, beta_1, rest_1, beta_2, rest_2;
  explicit Lion(const elman::Update<T>& u)
      : eta(V::set(u.eta)),
        beta_1(V::set(T(u.numbers[0]))),
        rest_1(V::set(T(1) - T(u.numbers[0]))),
        beta_2(V::set(T(u.numbers[1]))),
        rest_2(V::set(T(1) - T(u.numbers[1]))) {}
  int slots() const { return 1; }
  V operator()(V w, V g, V* s) const {
    const V a = s[0] * beta_1 + g * rest_1, zero = V::zero();
    const V sign = where_less(zero, a, V::set(T(1)), where_less(a, zero, V::set(T(-1)), a - a));  // a - a: 0 or NaN
    s[0] = s[0] * beta_2 + g * rest_2;
    return w - sign * eta;
  }
};

template <class T, class Rule>
void update_with(const elman::Update<T>& u, size_t begin, size_t end) {
  using V = Vec<T>;
  const Rule rule(u);
  const V eta = V::set(u.eta), decay = V::set(u.decay), scale = V::set(u.scale);
  const V low = V::set(-u.clip), high = V::set(u.clip);
  const int slots = rule.slots();
  const bool decays = u.decay != 0;  // an infinite weight times 0 would be NaN
  const auto step = [&](T* w, const T* g, T* const* s) {
    V slot[3] = {V::zero(), V::zero(), V::zero()};
    for (int k = 0; k < slots; ++k) slot[k] = V::load(s[k]);
    const V clipped = max(low, min(high, V::load(g))) * scale, old = V::load(w);
    rule(decays ? old - old * decay * eta : old, clipped, slot).store(w);
    for (int k = 0; k < slots; ++k) slot[k].store(s[k]);
  };
  size_t i = begin;
  for (; i + V::N <= end; i += V::N) {
    T* s[3];
    for (int k = 0; k < slots; ++k) s[k] = u.slots[k] + i;
    step(u.w + i, u.g + i, s);
  }
  if (i == end) return;
  T part[5][V::N] = {};  // the last few: w, g and the slots in whole vectors
  T* s[3] = {part[2], part[3], part[4]};
  for (size_t j = 0; i + j < end; ++j) {
    part[0][j] = u.w[i + j], part[1][j] = u.g[i + j];
    for (int k = 0; k < slots; ++k) s[k][j] = u.slots[k][i + j];
  }
  step(part[0], part[1], s);
  for (size_t j = 0; i + j < end; ++j) {
    u.w[i + j] = part[0][j];
    for (int k = 0; k < slots; ++k) u.slots[k][i + j] = s[k][j];
  }
}

template <class T>
void update(const elman::Update<T>& u, size_t begin, size_t end) {
  if (u.rule == 0) update_with<T, Sgd<T>>(u, begin, end);
  if (u.rule == 1) update_with<T, RmsProp<T>>(u, begin, end);
  if (u.rule == 2) update_with<T, Adam<T>>(u, begin, end);
  if (u.rule == 3) update_with<T, Adamax<T>>(u, begin, end);
  if (u.rule == 4) update_with<T, Nadam<T>>(u, begin, end);
  if (u.rule == 5) update_with<T, Adagrad<T>>(u, begin, end);
  if (u.rule == 6) update_with<T, Adadelta<T>>(u, begin, end);
  if (u.rule == 7) update_with<T, Lion<T>>(u, begin, end);
}

// The sum of squares, in sixteen sums of doubles.
template <class T>
double squares(const T* g, size_t count) {
  double a[16] = {};
  size_t i = 0;
  for (; i + 16 <= count; i += 16)
    for (int j = 0; j < 16; ++j) a[j] += double(g[i + j]) * double(g[i + j]);
  for (int j = 0; i + j < count; ++j) a[j] += double(g[i + j]) * double(g[i + j]);
  for (int half = 8; half > 0; half /= 2)
    for (int j = 0; j < half; ++j) a[j] += a[j + half];
  return a[0];
}

}  // namespace ELMAN_ISA
