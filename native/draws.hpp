// Random numbers by the place where they stand: the twin of src/elman/draws.py, which has the equations.
//
// Sixty-four entries are a group, made of sixteen counters: entry 16 w + j of a group is word w of its counter j.
// Products and sums are rounded one by one, never fused, so that all instruction sets make the same bits.
#pragma once

#include <algorithm>
#include <cstring>

#include "simd/words.hpp"

namespace ELMAN_ISA {

constexpr size_t GROUP = 64, COUNTERS = 16;

// The keys of the ten rounds, in every lane.
struct Keys {
  Wide first[10], second[10];

  explicit Keys(uint64_t key) {
    uint32_t k0 = uint32_t(key), k1 = uint32_t(key >> 32);
    for (int round = 0; round < 10; ++round, k0 += 0x9E3779B9, k1 += 0xBB67AE85)
      first[round] = Wide::set(k0), second[round] = Wide::set(k1);
  }
};

// Philox4x32-10 of 2 N counters, of which the first is a multiple of 2 N: word w of the i-th goes to words[16 w + i].
ELMAN_INLINE void philox(const Keys& keys, uint64_t counter, uint32_t* words) {
  static constexpr uint64_t PLACES[2][8] = {{0, 2, 4, 6, 8, 10, 12, 14}, {1, 3, 5, 7, 9, 11, 13, 15}};
  const Wide m0 = Wide::set(0xD2511F53), m1 = Wide::set(0xCD9E8D57);
  Wide a[2], b[2], c[2], d[2];
  for (int h = 0; h < 2; ++h) {
    a[h] = Wide::set(counter) ^ Wide::load(PLACES[h]), b[h] = upper(a[h]);
    c[h] = d[h] = Wide::set(0);
  }
  for (int round = 0; round < 10; ++round)
    for (int h = 0; h < 2; ++h) {
      const Wide p = product(m0, a[h]), q = product(m1, c[h]);
      a[h] = upper(q) ^ b[h] ^ keys.first[round], b[h] = q;
      c[h] = upper(p) ^ d[h] ^ keys.second[round], d[h] = p;
    }
  const Wide* const found[] = {a, b, c, d};
  for (int w = 0; w < 4; ++w) store_lower(found[w][0], found[w][1], words + w * COUNTERS);
}

ELMAN_INLINE void words_of(const Keys& keys, uint64_t group, uint32_t* words) {
  for (size_t j = 0; j < COUNTERS; j += 2 * Wide::N) philox(keys, group * COUNTERS + j, words + j);
}

ELMAN_INLINE float as_number(uint32_t bits) {
  float number;
  std::memcpy(&number, &bits, sizeof number);
  return number;
}
ELMAN_INLINE uint32_t as_bits(float number) {
  uint32_t bits;
  std::memcpy(&bits, &number, sizeof bits);
  return bits;
}

// -2 log u of u = (w / 2 + 1/2) / 2^31, rounded: u = (1 + x) 2^e with 1/sqrt 2 <= 1 + x < sqrt 2, and Cephes's logf
ELMAN_INLINE float square_of_radius(uint32_t w) {
  const float u = float(int32_t(w >> 1)) * 0x1p-31f + 0x1p-32f;
  const int32_t e = int32_t(as_bits(u) - 0x3f3504f3) >> 23;
  const float x = as_number(as_bits(u) - (uint32_t(e) << 23)) - 1.0f, n = float(e), x2 = x * x;
  float p = 7.0376836292e-2f;
  p = p * x - 1.1514610310e-1f;
  p = p * x + 1.1676998740e-1f;
  p = p * x - 1.2420140846e-1f;
  p = p * x + 1.4249322787e-1f;
  p = p * x - 1.6668057665e-1f;
  p = p * x + 2.0000714765e-1f;
  p = p * x - 2.4999993993e-1f;
  p = p * x + 3.3333331174e-1f;
  const float y = x * x2 * p + n * -2.12194440e-4f - 0.5f * x2;
  return -2.0f * (x + y + n * 0.693359375f);
}

// cos and sin of t = 2 pi v / 2^32: the nearest quarter of a turn, and Cephes's sinf and cosf within an eighth
ELMAN_INLINE void turn(uint32_t v, float& cosine, float& sine) {
  const float t = float(int32_t(v << 2)) * (1.57079632679489662f * 0x1p-32f), t2 = t * t;
  const float c = (2.443315711809948e-5f * t2 - 1.388731625493765e-3f) * t2 + 4.166664568298827e-2f;
  const float s = (-1.9515295891e-4f * t2 + 8.3321608736e-3f) * t2 - 1.6666654611e-1f;
  const uint32_t near_one = as_bits(c * t2 * t2 - 0.5f * t2 + 1.0f), near_zero = as_bits(s * t2 * t + t);
  const uint32_t quarter = v + 0x20000000, swap = 0u - (quarter >> 30 & 1);
  const uint32_t other = (near_one ^ near_zero) & swap;
  cosine = as_number((near_one ^ other) ^ ((quarter ^ quarter << 1) & 0x80000000));
  sine = as_number((near_zero ^ other) ^ (quarter & 0x80000000));
}

// Sixty-four normal numbers, r cos t before r sin t, by Box and Muller
ELMAN_INLINE void normal_of(const uint32_t* words, float* n) {
  constexpr size_t HALF = GROUP / 2, N = Vec<float>::N;
  float square[HALF];
  for (size_t i = 0; i < HALF; ++i) {
    square[i] = square_of_radius(words[i]);
    turn(words[HALF + i], n[i], n[HALF + i]);
  }
  for (size_t i = 0; i < HALF; i += N) {
    const Vec<float> r = sqrt(Vec<float>::load(square + i));
    (r * Vec<float>::load(n + i)).store(n + i);
    (r * Vec<float>::load(n + HALF + i)).store(n + HALF + i);
  }
}

// f(words, out) for each group of `count` entries, of which the last one may be a part. `first` is the place of the
// first entry, and begins a group.
template <class T, class F>
void by_groups(uint64_t key, uint64_t first, size_t count, T* out, F f) {
  const Keys keys(key);
  uint32_t words[GROUP];
  T rest[GROUP];
  for (size_t i = 0; i < count; i += GROUP) {
    words_of(keys, (first + i) / GROUP, words);
    const bool whole = count - i >= GROUP;
    f(words, whole ? out + i : rest);
    for (size_t j = i; !whole && j < count; ++j) out[j] = rest[j - i];
  }
}

// out *= scale [width], again and again, from number `at` of it on
inline void multiply(const float* scale, size_t width, size_t at, size_t count, float* out) {
  if (width == 1) {
    for (size_t i = 0; i < count; ++i) out[i] *= scale[0];
    return;
  }
  for (size_t i = 0, n; i < count; i += n, at = 0) {
    n = std::min(count - i, width - at);
    for (size_t j = 0; j < n; ++j) out[i + j] *= scale[at + j];
  }
}

// Normal numbers, of a last axis of `width` with a standard deviation each
inline void normal(uint64_t key, const float* deviation, size_t width, uint64_t first, size_t count, float* out) {
  by_groups(key, first, count, out, [](const uint32_t* words, float* n) { normal_of(words, n); });
  multiply(deviation, width, first % width, count, out);
}

// `below` where a word is below the threshold, else `other`
template <class T>
void choose(uint64_t key, uint32_t threshold, T below, T other, uint64_t first, size_t count, T* out) {
  by_groups(key, first, count, out, [=](const uint32_t* words, T* chosen) {
    for (size_t i = 0; i < GROUP; ++i) chosen[i] = words[i] < threshold ? below : other;
  });
}

}  // namespace ELMAN_ISA
