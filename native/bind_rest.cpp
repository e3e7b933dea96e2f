// How Python calls optimizers, losses, masks and embeddings: sizes checked, the GIL released, work split.
#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>
#include <nanobind/stl/array.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/vector.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>

#include "bind.hpp"
#include "split.hpp"

namespace nb = nanobind;
using In = nb::ndarray<nb::ro, nb::c_contig, nb::device::cpu>;
using Out = nb::ndarray<nb::numpy, nb::c_contig, nb::device::cpu>;
using elman::functions, elman::split;

namespace {

template <class A>
void check(const char* name, const A& array, nb::dlpack::dtype dtype, size_t size) {
  if (array.dtype() != dtype || array.size() != size)
    throw nb::value_error((std::string("_native: `") + name + "` has the wrong dtype or size").c_str());
}

// ---------------------------------------------------------------------- optimizers

constexpr size_t PART = 1 << 15;  // numbers of a buffer that are worth a thread

// A rule and the arrays that it works on, checked once.
class Updater {
 public:
  Updater(int rule, Out w, Out g, std::vector<Out> slots) : rule_(rule), w_(w), g_(g), slots_(slots) {
    single_ = w.dtype() == nb::dtype<float>();
    if (rule < 0 || rule > 7 || slots.size() > 3 || (!single_ && w.dtype() != nb::dtype<double>()))
      throw nb::value_error("_native: the rule, the dtype or the number of slots is wrong");
    check("g", g, w.dtype(), w.size());
    for (const Out& slot : slots) check("slots", slot, w.dtype(), w.size());
  }

  // The numbers of the gradients from begin to end, squared and added up.
  double squares(size_t begin, size_t end, int threads) const {
    within(begin, end);
    nb::gil_scoped_release release;
    return single_ ? squares_of<float>(begin, end, threads) : squares_of<double>(begin, end, threads);
  }

  void step(std::array<double, 4> numbers, long t, double eta, double decay, double clip, double scale, size_t begin,
            size_t end, int threads) const {
    within(begin, end);
    if (slots_needed(numbers) > slots_.size()) throw nb::value_error("_native: the number of slots is wrong");
    nb::gil_scoped_release release;
    single_ ? step_of<float>(numbers, t, eta, decay, clip, scale, begin, end, threads)
            : step_of<double>(numbers, t, eta, decay, clip, scale, begin, end, threads);
  }

 private:
  size_t slots_needed(const std::array<double, 4>& numbers) const {
    static constexpr int always[] = {0, 1, 2, 2, 2, 1, 2, 1};  // of each rule
    if (rule_ == 0) return numbers[0] != 0;
    const bool momentum = rule_ == 1 && numbers[1] != 0, option = rule_ <= 2 && numbers[3] != 0;
    return size_t(always[rule_] + momentum + option);
  }

  void within(size_t begin, size_t end) const {
    if (begin > end || end > w_.size()) throw nb::value_error("_native: the part is not within the buffer");
  }

  template <class T>
  double squares_of(size_t begin, size_t end, int threads) const {
    const T* g = static_cast<const T*>(g_.data()) + begin;
    std::vector<double> sums((end - begin + PART - 1) / PART);
    const auto squares = functions<T>().squares;
    split(threads, end - begin, PART, [&](size_t a, size_t b) { sums[a / PART] = squares(g + a, b - a); });
    double total = 0;
    for (double part : sums) total += part;
    return total;
  }

  template <class T>
  void step_of(const std::array<double, 4>& numbers, long t, double eta, double decay, double clip, double scale,
               size_t begin, size_t end, int threads) const {
    elman::Update<T> u{};
    u.rule = rule_, u.w = static_cast<T*>(w_.data()), u.g = static_cast<const T*>(g_.data());
    for (size_t i = 0; i < slots_.size(); ++i) u.slots[i] = static_cast<T*>(slots_[i].data());
    std::copy(numbers.begin(), numbers.end(), u.numbers);
    u.t = t;
    u.eta = T(eta), u.decay = T(decay), u.clip = T(clip), u.scale = T(scale);
    const auto update = functions<T>().update;
    split(threads, end - begin, PART, [&](size_t a, size_t b) { update(u, begin + a, begin + b); });
  }

  int rule_;
  bool single_;
  Out w_, g_;
  std::vector<Out> slots_;
};

// ---------------------------------------------------------------------- losses

// How many rows are worth a thread.
size_t rows_worth(size_t width) { return std::max<size_t>(1, PART / 2 / std::max<size_t>(1, width)); }

template <class T>
double rows(int loss, const In& p, const std::optional<In>& y, const std::optional<In>& labels,
            const std::optional<In>& weights, const std::optional<In>& keep, double divisor, double delta,
            const Out& dp, int threads) {
  const nb::dlpack::dtype dtype = nb::dtype<T>();
  const size_t width = p.shape(p.ndim() - 1), count = width ? p.size() / width : 0;
  elman::Rows<T> r{};
  r.loss = loss, r.width = width, r.divisor = T(divisor), r.delta = T(delta);
  check("p", p, dtype, p.size());
  check("dp", dp, dtype, p.size());
  r.p = static_cast<const T*>(p.data()), r.dp = static_cast<T*>(dp.data());
  const bool sparse = loss == 5 || loss == 6;
  if (loss < 0 || loss > 8 || bool(labels) != sparse || bool(y) == sparse)
    throw nb::value_error("_native: the loss and its targets do not fit");
  if (y) check("y", *y, dtype, p.size()), r.y = static_cast<const T*>(y->data());
  if (labels) {
    check("labels", *labels, nb::dtype<int64_t>(), count);
    r.labels = static_cast<const int64_t*>(labels->data());
    for (size_t i = 0; i < count; ++i)
      if (r.labels[i] < 0 || size_t(r.labels[i]) >= width) throw nb::value_error("_native: a label is out of range");
  }
  if (weights) check("weights", *weights, dtype, count), r.weights = static_cast<const T*>(weights->data());
  if (keep) check("keep", *keep, nb::dtype<uint8_t>(), count), r.keep = static_cast<const unsigned char*>(keep->data());
  std::vector<double> values(count);
  r.values = values.data();
  const auto losses = functions<T>().losses;
  nb::gil_scoped_release release;
  split(threads, count, rows_worth(width), [&](size_t a, size_t b) { losses(r, a, b); });
  double total = 0;
  for (double value : values) total += value;
  return total;
}

double losses(int loss, In p, std::optional<In> y, std::optional<In> labels, std::optional<In> weights,
              std::optional<In> keep, double divisor, double delta, Out dp, int threads) {
  if (p.ndim() < 1) throw nb::value_error("_native: `p` has no axis");
  return p.dtype() == nb::dtype<float>() ? rows<float>(loss, p, y, labels, weights, keep, divisor, delta, dp, threads)
                                         : rows<double>(loss, p, y, labels, weights, keep, divisor, delta, dp, threads);
}

// ---------------------------------------------------------------------- softmax

template <class T>
void softmax_of(const In& x, const Out& y, int threads) {
  const size_t width = x.shape(x.ndim() - 1), count = width ? x.size() / width : 0;
  check("x", x, nb::dtype<T>(), x.size()), check("y", y, nb::dtype<T>(), x.size());
  const auto softmax = functions<T>().softmax;
  nb::gil_scoped_release release;
  split(threads, count, rows_worth(width),
        [&](size_t a, size_t b) { softmax(static_cast<const T*>(x.data()), width, a, b, static_cast<T*>(y.data())); });
}

template <class T>
void dsoftmax_of(const In& dy, const In& y, const Out& dx, int threads) {
  const size_t width = y.shape(y.ndim() - 1), count = width ? y.size() / width : 0;
  check("y", y, nb::dtype<T>(), y.size()), check("dy", dy, nb::dtype<T>(), y.size());
  check("dx", dx, nb::dtype<T>(), y.size());
  const auto dsoftmax = functions<T>().dsoftmax;
  nb::gil_scoped_release release;
  split(threads, count, rows_worth(width), [&](size_t a, size_t b) {
    const T *gradient = static_cast<const T*>(dy.data()), *output = static_cast<const T*>(y.data());
    dsoftmax(gradient, output, width, a, b, static_cast<T*>(dx.data()));
  });
}

void softmax(In x, Out y, int threads) {
  if (x.ndim() < 1) throw nb::value_error("_native: `x` has no axis");
  (x.dtype() == nb::dtype<float>() ? softmax_of<float> : softmax_of<double>)(x, y, threads);
}

void dsoftmax(In dy, In y, Out dx, int threads) {
  if (y.ndim() < 1) throw nb::value_error("_native: `y` has no axis");
  (y.dtype() == nb::dtype<float>() ? dsoftmax_of<float> : dsoftmax_of<double>)(dy, y, dx, threads);
}

// ---------------------------------------------------------------------- masks

template <class T>
void find_mask_of(const In& x, double value, const Out& keep) {
  const size_t rows = keep.size(), width = rows ? x.size() / rows : 0;
  check("x", x, nb::dtype<T>(), rows * width);
  check("keep", keep, nb::dtype<bool>(), rows);
  const auto find_mask = functions<T>().find_mask;
  nb::gil_scoped_release release;  // alone, because a team takes denormal numbers for zeros
  find_mask(static_cast<const T*>(x.data()), rows, width, T(value), static_cast<bool*>(keep.data()));
}

// keep (…) = whether any number of x (…, features) is not `value`
void find_mask(In x, double value, Out keep) {
  (x.dtype() == nb::dtype<float>() ? find_mask_of<float> : find_mask_of<double>)(x, value, keep);
}

// y (…, features) = x where keep (…) says so, and else zeros, as many steps at a time as are treated alike
void apply_mask(In x, In keep, Out y) {
  const size_t rows = keep.size(), bytes = rows ? x.nbytes() / rows : 0;
  check("x", x, y.dtype(), y.size());
  check("keep", keep, nb::dtype<bool>(), rows);
  if (rows * bytes != x.nbytes()) throw nb::value_error("_native: `keep` does not fit `x`");
  const char* from = static_cast<const char*>(x.data());
  const bool* kept = static_cast<const bool*>(keep.data());
  char* to = static_cast<char*>(y.data());
  nb::gil_scoped_release release;
  for (size_t begin = 0, end; begin < rows; begin = end) {
    for (end = begin + 1; end < rows && kept[end] == kept[begin];) ++end;
    const size_t at = begin * bytes, size = (end - begin) * bytes;
    if (kept[begin]) std::memcpy(to + at, from + at, size);
    else std::memset(to + at, 0, size);
  }
}

// ---------------------------------------------------------------------- embeddings

template <class T>
void scatter_of(const In& indices, const In& dy, const Out& table, int threads) {
  const size_t width = table.shape(1), rows = table.shape(0), count = indices.size();
  check("indices", indices, nb::dtype<int64_t>(), count);
  check("dy", dy, nb::dtype<T>(), count * width);
  check("table", table, nb::dtype<T>(), rows * width);
  const int64_t* index = static_cast<const int64_t*>(indices.data());
  for (size_t i = 0; i < count; ++i)
    if (index[i] < 0 || size_t(index[i]) >= rows) throw nb::value_error("_native: an index is out of range");
  const auto scatter = functions<T>().scatter;
  nb::gil_scoped_release release;
  const size_t part = count * width < PART ? width : std::max<size_t>(16, (width + threads - 1) / threads);
  split(threads, width, std::max<size_t>(1, part), [&](size_t a, size_t b) {
    scatter(index, count, static_cast<const T*>(dy.data()), width, a, b, static_cast<T*>(table.data()));
  });
}

void scatter(In indices, In dy, Out table, int threads) {
  if (table.ndim() != 2 || threads < 1) throw nb::value_error("_native: `table` or `threads` is wrong");
  (table.dtype() == nb::dtype<float>() ? scatter_of<float> : scatter_of<double>)(indices, dy, table, threads);
}

}  // namespace

void elman::bind_rest(nb::module_& m) {
  const auto array = nb::arg().noconvert();
  const auto maybe = nb::arg().noconvert().none();
  const auto number = nb::arg();
  nb::class_<Updater>(m, "Update")
      .def(nb::init<int, Out, Out, std::vector<Out>>(), number, array, array, array)
      .def("squares", &Updater::squares)
      .def("step", &Updater::step);
  m.def("losses", &losses, number, array, maybe, maybe, maybe, maybe, number, number, array, number);
  m.def("softmax", &softmax, array, array, number);
  m.def("dsoftmax", &dsoftmax, array, array, array, number);
  m.def("find_mask", &find_mask, array, number, array);
  m.def("apply_mask", &apply_mask, array, array, array);
  m.def("scatter", &scatter, array, array, array, number);
}
