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

template <class T, class Rule>
void update_with(const elman::Update<T>& u, size_t begin, size_t end) {
  using V = Vec<T>;
  const Rule rule(u);
  const V eta = V::set(u.eta), decay = V::set(u.decay), scale = V::set(u.scale);
  const V low = V::set(-u.clip), high = V::set(u.clip);
  const int slots = rule.slots();
  const auto step = [&](T* w, const T* g, T* const* s) {
    V slot[3] = {V::zero(), V::zero(), V::zero()};
    for (int k = 0; k < slots; ++k) slot[k] = V::load(s[k]);
    const V clipped = max(low, min(high, V::load(g))) * scale, old = V::load(w);
    rule(old - old * decay * eta, clipped, slot).store(w);
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
