// How Python calls what draws random numbers: sizes checked, the GIL released, work split.
#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>

#include "bind.hpp"
#include "split.hpp"

namespace nb = nanobind;
using In = nb::ndarray<nb::ro, nb::c_contig, nb::device::cpu>;
using Out = nb::ndarray<nb::numpy, nb::c_contig, nb::device::cpu>;

namespace {

constexpr size_t PART = 1 << 13;  // entries that a thread draws at a time: whole groups (draws.hpp), and in the cache

void check(uint64_t first) {
  if (first % PART != 0) throw nb::value_error("_native: `first` must be a multiple of 8192");
}

// out = normal numbers, of an array whose entry `first` is out's first one, with deviations along its last axis
void normal(uint64_t key, In deviation, uint64_t first, Out out, int threads) {
  check(first);
  const size_t size = out.size(), width = deviation.size();
  if (out.dtype() != nb::dtype<float>() || deviation.dtype() != nb::dtype<float>() || width == 0)
    throw nb::value_error("_native: `out` or `deviation` has the wrong dtype or size");
  const float* scale = static_cast<const float*>(deviation.data());
  float* numbers = static_cast<float*>(out.data());
  const auto normal = elman::chosen().rest->normal;
  const nb::gil_scoped_release release;
  elman::split(threads, size, PART,
               [&](size_t a, size_t b) { normal(key, scale, width, first + a, b - a, numbers + a); });
}

template <class T>
void choose_of(uint64_t key, uint32_t threshold, double below, double other, uint64_t first, const Out& out,
               int threads) {
  T* chosen = static_cast<T*>(out.data());
  const size_t size = out.size();
  const auto choose = elman::functions<T>().choose;
  const nb::gil_scoped_release release;
  elman::split(threads, size, PART,
               [&](size_t a, size_t b) { choose(key, threshold, T(below), T(other), first + a, b - a, chosen + a); });
}

// out = `below` where a word is below the threshold, else `other`
void choose_any(uint64_t key, uint32_t threshold, double below, double other, uint64_t first, Out out, int threads) {
  check(first);
  const bool single = out.dtype() == nb::dtype<float>();
  if (!single && out.dtype() != nb::dtype<double>()) throw nb::value_error("_native: `out` has the wrong dtype");
  (single ? choose_of<float> : choose_of<double>)(key, threshold, below, other, first, out, threads);
}

}  // namespace

void elman::bind_draws(nb::module_& m) {
  const auto array = nb::arg().noconvert();
  const auto number = nb::arg();
  m.def("normal", &normal, number, array, number, array, number);
  m.def("choose", &choose_any, number, number, number, number, number, array, number);
}
