// `elman._native.Stream`: a model's layers, packed once and run a timestep a call.
//
// Its only caller is src/elman/models/stream_parts.py. An array of the right dtype and shape is read where it
// lies, and one of the other float dtype converted; anything else goes through `admit`, which returns an
// array that fits or raises. `step` is a method of the plain C API, because a small model's step takes less
// time than a richer call.
#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/tuple.h>
#include <nanobind/stl/vector.h>

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <cstring>

#include "arrays.hpp"
#include "bind.hpp"
#include "cpu.hpp"
#include "instruction_set.hpp"
#include "memory.hpp"
#include "stage.hpp"

namespace nb = nanobind;
using In = nb::ndarray<nb::ro, nb::c_contig, nb::device::cpu>;
using Out = nb::ndarray<nb::c_contig, nb::device::cpu>;
// kind, phi, sigma, and kernel, recurrent kernel and bias as the layer has them; then the words of a cell, (U,) each
using Words = std::vector<std::optional<In>>;
using Layer = std::tuple<int, int, int, std::optional<In>, std::optional<In>, std::optional<In>, Words>;

namespace {

void require(bool good, const char* what) {
  if (!good) throw nb::value_error((std::string("_native.Stream: ") + what).c_str());
}

// The shape of a stage, as if it were a cell.
elman::CellShape shape_of(int kind) {
  if (kind < elman::DENSE) return elman::CELLS[kind];
  return {1, 0, 0, kind == elman::DENSE, 0, 0, 0, false, false};
}

// Number i of an array of whole numbers.
std::int64_t index_at(const elman::View& v, Py_ssize_t i) {
  return v->itemsize == 8 ? static_cast<const std::int64_t*>(v->buf)[i] : static_cast<const std::int32_t*>(v->buf)[i];
}

class Stream {
 public:
  Stream(const std::string& instructions, int batch, int features, const std::vector<Layer>& layers, nb::object y,
         nb::callable admit, nb::callable busy)
      : batch_(batch), features_(features), output_(y), admit_(admit), busy_(busy) {
    const elman::InstructionSet* set = elman::find_instruction_set(instructions);
    require(set, "this processor does not have the instruction set");
    const Out output = nb::cast<Out>(y);
    single_ = output.dtype() == nb::dtype<float>();
    require(single_ || output.dtype() == nb::dtype<double>(), "`output` has the wrong dtype");
    require(batch > 0 && features >= 0, "the batch or the features are wrong");
    size_ = single_ ? sizeof(float) : sizeof(double);
    width_ = features, indices_.resize(features ? 0 : batch),
    converted_.resize(std::size_t(batch_ * features_ * size_));
    for (const Layer& layer : layers) add(*set->stream, output.dtype(), layer);
    require(width_ > 0 && output.size() == std::size_t(batch) * width_, "`output` has the wrong size");
    y_ = static_cast<char*>(output.data());
  }

  PyObject* step(PyObject* x) {
    const elman::View given(x, PyBuf_READ);
    if (fits(given, false)) return step(given);
    PyObject* admitted = PyObject_CallFunctionObjArgs(admit_.ptr(), x, nullptr);
    if (!admitted) return nullptr;
    const nb::object keep = nb::steal(admitted);
    const elman::View converted(admitted, PyBuf_READ);
    if (fits(converted, false)) return step(converted);
    PyErr_SetString(PyExc_ValueError, "_native.Stream: what was admitted does not fit");
    return nullptr;
  }

  void process(nb::object block, nb::object out) {
    const elman::View in(block.ptr(), PyBuf_READ), to(out.ptr(), PyBuf_READ | PyBUF_WRITABLE);
    require(fits(in, true), "`block` has the wrong dtype or shape");
    const Py_ssize_t T = in->shape[1];
    require(to && to.is(single_ ? "f" : "d") && to->len == batch_ * T * width_ * size_,
            "`out` has the wrong dtype or size");
    const Turn turn(*this);
    const nb::gil_scoped_release release;
    run(in, T, static_cast<char*>(to->buf));
  }

  int states() const { return int(states_.size()); }

  void read(int i, Out array) {
    copy_state(i, array, [](char* state, char* outside, std::size_t bytes) { std::memcpy(outside, state, bytes); });
  }

  void write(int i, Out array) {
    copy_state(i, array, [](char* state, char* outside, std::size_t bytes) { std::memcpy(state, outside, bytes); });
  }

  void reset(const std::vector<int>& rows) {
    const Turn turn(*this);
    for (int row : rows) {
      require(row >= 0 && row < batch_, "there is no such row");
      for (const auto& [stage, k] : states_) std::memset(state(stage, k, row), 0, stages_[stage].U * size_);
    }
  }

 private:
  static constexpr int PyBuf_READ = PyBUF_ND | PyBUF_FORMAT;  // C order

  class Turn {  // nobody else is inside meanwhile
   public:
    explicit Turn(Stream& s) : s_(s) {
      if (s.running_.exchange(true)) {
        s.busy_();  // raises
        PyErr_SetString(PyExc_RuntimeError, "_native.Stream: another thread is inside");
        throw nb::python_error();
      }
    }
    ~Turn() { s_.running_.store(false); }

   private:
    Stream& s_;
  };

  // Whether an array is (batch, features), or (batch, timesteps, features) of a block, of the right dtype;
  // or the same of indices, without the features. The batch may be left out of a step of one row.
  bool fits(const elman::View& v, bool block) const {
    if (!v || !v.is(!features_ ? "ilq" : !block ? "fd" : single_ ? "f" : "d")) return false;
    const Py_buffer& b = *v;
    const int wanted = 1 + block + (features_ > 0);
    if (reinterpret_cast<std::uintptr_t>(b.buf) % b.itemsize) return false;
    if (b.ndim != wanted && (b.ndim != wanted - 1 || block || batch_ != 1)) return false;
    if (b.ndim == wanted && b.shape[0] != batch_) return false;
    if (block && b.shape[1] < 1) return false;
    if (features_) return b.shape[b.ndim - 1] == features_;
    for (Py_ssize_t i = 0, n = b.len / b.itemsize; i < n; ++i)
      if (index_at(v, i) < 0 || index_at(v, i) >= stages_[0].F) return false;
    return true;
  }

  PyObject* step(const elman::View& in) {
    try {
      const Turn turn(*this);
      run(in, 1, y_);
    } catch (nb::python_error& e) {
      e.restore();
      return nullptr;
    }
    return output_.inc_ref().ptr();
  }

  // The numbers of a timestep in the model's dtype.
  const void* convert(const elman::View& in) {
    const std::ptrdiff_t n = batch_ * features_;
    if (single_) std::copy_n(static_cast<const double*>(in->buf), n, reinterpret_cast<float*>(converted_.data()));
    else std::copy_n(static_cast<const float*>(in->buf), n, reinterpret_cast<double*>(converted_.data()));
    return converted_.data();
  }

  // All layers, timestep by timestep, from (batch, T, features) to (batch, T, width).
  void run(const elman::View& in, Py_ssize_t T, char* y) {
    const bool other = features_ && in->itemsize != size_;
    const char* x = static_cast<const char*>(other ? convert(in) : in->buf);
    const elman::FlushDenormals flush;
    for (Py_ssize_t t = 0; t < T; ++t) {
      const void* from = x + t * features_ * size_;
      std::ptrdiff_t stride = T * features_;
      if (!features_) {
        for (int b = 0; b < batch_; ++b) indices_[b] = index_at(in, b * T + t);
        from = indices_.data(), stride = 1;
      }
      for (elman::Stage& s : stages_) {
        s.run(s, from, stride);
        from = s.out, stride = s.P;
      }
      for (int b = 0; b < batch_; ++b)
        std::memcpy(y + (b * T + t) * width_ * size_, static_cast<const char*>(from) + b * stride * size_,
                    width_ * size_);
    }
  }

  // Room for n numbers, zeros.
  void* room(std::size_t n) {
    memory_.emplace_back(elman::allocate(n * size_ + elman::LINE));
    return std::memset(memory_.back().get(), 0, n * size_ + elman::LINE);
  }

  static const void* data(const std::optional<In>& array, nb::dlpack::dtype dtype, std::size_t size) {
    if (!array) return nullptr;
    require(array->dtype() == dtype && array->size() == size, "a weight has the wrong dtype or size");
    return array->data();
  }

  void add(const elman::StreamTable& best, nb::dlpack::dtype dtype, const Layer& layer) {
    const auto& [kind, phi, sigma, kernel, recurrent, bias, words] = layer;
    const bool cell = kind >= 0 && kind < elman::CELL_COUNT && !elman::CELLS[kind].decays;
    require(cell || (kind >= elman::DENSE && kind <= elman::EMBEDDING), "there is no such layer");
    require((width_ == 0) == (kind == elman::EMBEDDING), "an embedding must stand first, behind indices");
    require((kind == elman::ACTIVATION) == !kernel && (cell && elman::CELLS[kind].product) == bool(recurrent),
            "a weight is missing or one too many");
    const elman::CellShape shape = shape_of(kind);
    const std::size_t G = shape.gates;
    require(words.size() == std::size_t(shape.vectors + shape.streams), "the number of words is wrong");
    elman::Stage s{};
    s.kind = kind, s.phi = phi, s.sigma = sigma, s.batch = batch_, s.up = true;
    require(!kernel || (kernel->ndim() == 2 && kernel->shape(1) % G == 0), "a kernel has the wrong shape");
    s.F = kind == elman::EMBEDDING ? int(kernel->shape(0)) : int(width_);
    s.U = kernel ? int(kernel->shape(1) / G) : s.F;
    require(s.U > 0, "a kernel has the wrong shape");
    const elman::StreamTable& t = shorter(best, s.U);
    s.P = (s.U + lanes(t) - 1) / lanes(t) * lanes(t);
    const std::size_t F = s.F, U = s.U, P = s.P, rows = batch_ * P;
    elman::Weights w{
        data(kernel, dtype, F * G * U), data(recurrent, dtype, U * G * U), data(bias, dtype, shape.biases * G * U), {}};
    for (std::size_t i = 0; i < words.size(); ++i) w.words[i] = data(words[i], dtype, U);
    const std::size_t K = !kernel ? 0 : recurrent ? F + U : F;
    s.panel[0] = room(K * (G - shape.second) * P), s.panel[1] = room(K * shape.second * P);
    for (void*& b : s.bias) b = room(G * P);
    if (!words.empty()) s.words = room(words.size() * P);
    for (int k = 0; k < shape.states; ++k) {
      s.now[k] = room(rows), s.next[k] = room(rows);
      states_.emplace_back(int(stages_.size()), k);
    }
    if (shape.second || shape.normalised)
      for (void*& array : s.scratch) array = room(shape.normalised ? G * rows : rows);
    if (!shape.states) s.out = room(rows);
    (single_ ? t.pack_float : t.pack_double)(s, w);
    stages_.push_back(s), width_ = s.U;
  }

  int lanes(const elman::StreamTable& t) const { return single_ ? t.lanes_float : t.lanes_double; }

  // Half a vector where it holds all units; it gives the same bits.
  const elman::StreamTable& shorter(const elman::StreamTable& best, int units) const {
    const elman::InstructionSet* avx2 = elman::find_instruction_set("avx2");
    return avx2 && lanes(*avx2->stream) < lanes(best) && units <= lanes(*avx2->stream) ? *avx2->stream : best;
  }

  char* state(int stage, int k, int row) {
    const elman::Stage& s = stages_[stage];
    return static_cast<char*>(s.now[k]) + std::size_t(row) * s.P * size_;
  }

  template <class F>
  void copy_state(int i, Out array, F&& copy) {
    const Turn turn(*this);
    require(i >= 0 && i < states(), "there is no such state");
    const auto [stage, k] = states_[i];
    const std::size_t bytes = stages_[stage].U * size_;
    require(array.dtype() == (single_ ? nb::dtype<float>() : nb::dtype<double>()) && array.nbytes() == batch_ * bytes,
            "a state has the wrong dtype or size");
    for (int row = 0; row < batch_; ++row)
      copy(state(stage, k, row), static_cast<char*>(array.data()) + row * bytes, bytes);
  }

  std::atomic<bool> running_{false};
  bool single_;
  std::ptrdiff_t batch_, features_, width_, size_;
  std::vector<elman::Stage> stages_;
  char* y_;
  std::vector<std::int64_t> indices_;
  std::vector<char> converted_;
  std::vector<std::pair<int, int>> states_;  // of which stage, and which of its states
  std::vector<elman::Memory> memory_;
  nb::object output_;
  nb::callable admit_, busy_;
};

PyObject* step(PyObject* self, PyObject* x) { return nb::inst_ptr<Stream>(self)->step(x); }

PyMethodDef METHODS[] = {{"step", step, METH_O, nullptr}, {nullptr, nullptr, 0, nullptr}};
PyType_Slot SLOTS[] = {{Py_tp_methods, METHODS}, {0, nullptr}};

}  // namespace

void elman::bind_stream(nb::module_& m) {
  nb::class_<Stream>(m, "Stream", nb::type_slots(SLOTS))
      .def(nb::init<const std::string&, int, int, const std::vector<Layer>&, nb::object, nb::callable, nb::callable>())
      .def("process", &Stream::process)
      .def("states", &Stream::states)
      .def("read", &Stream::read)
      .def("write", &Stream::write)
      .def("reset", &Stream::reset);
}
