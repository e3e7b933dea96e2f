// How Python calls what fills in missing values for a GRU-D, both ways: sizes checked, the GIL released, rows shared
// out.
#include <nanobind/nanobind.h>

#include <algorithm>

#include "arrays.hpp"
#include "bind.hpp"
#include "split.hpp"

namespace nb = nanobind;

namespace {

// The arrays of a call, (rows, timesteps, features) and their like, checked and held.
template <class T>
struct Sizes {
  size_t B, T_, F;
  elman::Arrays arrays;

  explicit Sizes(const elman::Shape& shape)
      : B(shape.axes[0]), T_(shape.axes[1]), F(shape.axes[2]), arrays(shape.type) {}
  const T* read(const char* name, nb::handle array, size_t size) {
    return static_cast<const T*>(arrays.read(name, array, size));
  }
  T* write(const char* name, nb::handle array, size_t size) {
    return static_cast<T*>(arrays.write_any(name, array, size));
  }
};

// f(begin, end) over rows, each thread having some that follow one another.
template <class F>
void by_rows(int threads, size_t rows, F f) {
  const nb::gil_scoped_release release;
  const size_t each = (rows + size_t(std::max(threads, 1)) - 1) / size_t(std::max(threads, 1));
  elman::split(threads, rows, std::max<size_t>(each, 1), f);
}

// given: x, times, start, taken, mean, w, b; filled: inputs, apart, d, g
template <class T>
void fill_of(int threads, const elman::Shape& shape, nb::sequence given, nb::sequence filled) {
  Sizes<T> s(shape);
  const size_t steps = s.B * s.T_, all = steps * s.F;
  const elman::Imputation<T> a{
      s.T_,
      s.F,
      s.read("x", given[0], all),
      s.read("times", given[1], steps),
      s.read("start", given[2], s.B),
      s.arrays.read_mask("taken", given[3], steps),
      s.read("mean", given[4], s.F),
      s.read("w", given[5], s.F),
      s.read("b", given[6], s.F),
      s.write("inputs", filled[0], 2 * all),
      s.write("apart", filled[1], all),
      s.write("d", filled[2], all),
      s.write("g", filled[3], all),
  };
  if (!a.taken || !a.inputs || !a.apart || !a.d || !a.g) throw nb::value_error("_native: an array is not there");
  const auto f = elman::functions<T>().fill_in;
  by_rows(threads, s.B, [&](size_t begin, size_t end) { f(a, begin, end); });
}

// given: dinputs, inputs, apart, d, g, taken, w, b; found: dr, dx, dd, dstart
template <class T>
void dfill_of(int threads, const elman::Shape& shape, nb::sequence given, nb::sequence found) {
  Sizes<T> s(shape);
  const size_t steps = s.B * s.T_, all = steps * s.F;
  const elman::ImputationBack<T> a{
      s.T_,
      s.F,
      s.read("dinputs", given[0], 2 * all),
      s.read("inputs", given[1], 2 * all),
      s.read("apart", given[2], all),
      s.read("d", given[3], all),
      s.read("g", given[4], all),
      s.arrays.read_mask("taken", given[5], steps),
      s.read("w", given[6], s.F),
      s.read("b", given[7], s.F),
      s.write("dr", found[0], all),
      s.write("dx", found[1], all),
      s.write("dd", found[2], all),
      s.write("dstart", found[3], s.B * s.F),
  };
  if (!a.dr || !a.taken || (a.dx != nullptr) != (a.dd != nullptr) || (a.dx != nullptr) != (a.dstart != nullptr))
    throw nb::value_error("_native: `dr` and `taken` must be there, and `dx`, `dd` and `dstart` all or none");
  const auto f = elman::functions<T>().fill_in_back;
  by_rows(threads, s.B, [&](size_t begin, size_t end) { f(a, begin, end); });
}

// The sizes of all arrays, from one of them.
elman::Shape shape_of(nb::handle array) {
  const elman::Shape shape("x", array, 3);
  if (shape.type != 'f' && shape.type != 'd') throw nb::value_error("_native: numbers must be float32 or float64");
  return shape;
}

void fill(int threads, nb::sequence given, nb::sequence filled) {
  const elman::Shape shape = shape_of(given[0]);
  (shape.type == 'f' ? fill_of<float> : fill_of<double>)(threads, shape, given, filled);
}

void dfill(int threads, nb::sequence given, nb::sequence found) {
  const elman::Shape shape = shape_of(given[2]);
  (shape.type == 'f' ? dfill_of<float> : dfill_of<double>)(threads, shape, given, found);
}

}  // namespace

void elman::bind_imputation(nb::module_& m) {
  m.def("fill", &fill);
  m.def("dfill", &dfill);
}
