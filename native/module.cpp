// The Python module `elman._native`: arrays in, arrays out, the GIL released in between.
//
// Its only caller is src/elman/kernels.py, which makes all arrays. Every size is checked here all the
// same: a wrong call is an error and never a crash.
#include <nanobind/nanobind.h>
#include <nanobind/stl/string.h>

#include <algorithm>
#include <atomic>
#include <climits>
#include <iterator>
#include <memory>
#include <vector>

#include "arrays.hpp"
#include "bind_rest.hpp"
#include "instruction_set.hpp"
#include "limit.hpp"
#include "memory.hpp"
#include "pool.hpp"
#include "table.hpp"

namespace nb = nanobind;
using elman::Array;

namespace {

// What the planes of a window of turns may take. Of a recorded pass it should still be in the cache when the gradients
// of the weights are added up, and so long that this is worth it; else it should leave room for the weights.
std::atomic<size_t> tape_window_bytes{size_t(1) << 21}, window_bytes{size_t(1) << 18};

struct Release {
  void operator()(void* memory) const { elman::release(memory); }
};
using Memory = std::unique_ptr<void, Release>;

// A pass over a sequence, checked, with the arrays that it reads and its tape.
class Pass {
 public:
  Pass(int cell, int phi, int sigma, int threads, bool backwards, bool zero_output, bool sequences, bool record,
       int checkpoint, nb::handle x, nb::handle kernel, nb::handle recurrent, nb::handle bias, nb::tuple start,
       nb::handle mask, nb::tuple input_drop, nb::tuple recurrent_drop, nb::handle outputs, nb::tuple final) {
    if (cell < 0 || size_t(cell) >= std::size(elman::CELLS)) throw nb::value_error("_native: there is no such cell");
    shape_ = elman::CELLS[cell];
    const elman::Shape of_x("x", x.ptr(), 3), of_recurrent("recurrent", recurrent.ptr(), 2);
    type_ = of_x.type;
    B_ = of_x.axes[0], T_ = of_x.axes[1], F_ = of_x.axes[2], U_ = of_recurrent.axes[0];
    const size_t G = size_t(shape_.gates), drops = input_drop.size();
    if ((type_ != 'f' && type_ != 'd') || B_ > INT_MAX / 64 || T_ > INT_MAX / 64 || F_ > INT_MAX / 64 ||
        U_ > INT_MAX / 64 || T_ < 1 || F_ < 1 || U_ < 1)
      throw nb::value_error("_native: there must be timesteps, features and units, of float32 or float64");
    if ((drops > 1 && drops != G) || (recurrent_drop.size() != 0 && recurrent_drop.size() != G))
      throw nb::value_error("_native: there must be as many dropout masks as gates");
    a_.cell = cell, a_.phi = phi, a_.sigma = sigma;
    a_.B = int(B_), a_.T = int(T_), a_.F = int(F_), a_.U = int(U_);
    a_.x = read("x", x, B_ * T_ * F_);
    a_.kernel = read("kernel", kernel, F_ * G * U_);
    a_.recurrent = read("recurrent", recurrent, U_ * G * U_);
    if (!bias.is_none()) a_.bias = read("bias", bias, size_t(shape_.biases) * G * U_);
    if (!mask.is_none()) a_.mask = static_cast<const unsigned char*>(read("mask", mask, B_ * T_, '?'));
    for (nb::handle m : input_drop) a_.input_drop[a_.input_drops++] = read("input_drop", m, B_ * F_);
    for (nb::handle m : recurrent_drop) a_.recurrent_drop[a_.recurrent_drops++] = read("recurrent_drop", m, B_ * U_);
    a_.backwards = backwards, a_.zero_output = zero_output, a_.sequences = sequences;
    plan(threads, record, checkpoint);
    forward(start, outputs, final);
    recorded_ = record;
  }

  // The gradients of everything that entered the pass, into the arrays given. It overwrites the tape.
  void backward(nb::handle doutputs, nb::tuple dfinal, nb::handle dx, nb::tuple dstart, nb::handle dkernel,
                nb::handle drecurrent, nb::handle dbias, nb::tuple dstates) {
    std::vector<Array> held;
    const auto take = [&](const char* name, nb::handle array, size_t size, bool writable) {
      held.emplace_back(name, array.ptr(), type_, size, writable);
      return held.back().data();
    };
    const size_t G = size_t(shape_.gates);
    elman::Backward b{};
    b.doutputs = take("doutputs", doutputs, outputs(), false);
    if (!dx.is_none()) b.dx = take("dx", dx, B_ * T_ * F_, true);
    b.dkernel = take("dkernel", dkernel, F_ * G * U_, true);
    b.drecurrent = take("drecurrent", drecurrent, U_ * G * U_, true);
    if (dbias.is_none() != (a_.bias == nullptr)) throw nb::value_error("_native: `dbias` is wrong");
    if (a_.bias) b.dbias = take("dbias", dbias, size_t(shape_.biases) * G * U_, true);
    states(dfinal), states(dstart), states(dstates);
    for (size_t i = 0; i < dfinal.size(); ++i) b.dfinal[i] = take("dfinal", dfinal[i], B_ * U_, false);
    for (size_t i = 0; i < dstart.size(); ++i) b.dstart[i] = take("dstart", dstart[i], B_ * U_, true);
    for (size_t i = 0; i < dstates.size(); ++i) b.dstates[i] = take("dstates", dstates[i], B_ * T_ * U_, true);
    if (!recorded_.exchange(false)) throw nb::value_error("_native: a pass can be run in reverse once");
    nb::gil_scoped_release release;
    (type_ == 'f' ? table_.backward_float : table_.backward_double)(a_, b);
    records_.reset(), states_.reset();  // the tape is spent
  }

  size_t bytes() const { return bytes_; }

 private:
  const void* read(const char* name, nb::handle array, size_t size, char type = 0) {
    held_.emplace_back(name, array.ptr(), type ? type : type_, size);
    return held_.back().data();
  }
  size_t outputs() const { return a_.sequences ? B_ * T_ * U_ : B_ * U_; }
  void states(const nb::tuple& given) const {
    if (given.size() != 0 && given.size() != size_t(shape_.states))
      throw nb::value_error("_native: the number of states is wrong");
  }

  // How the turns are cut into windows, how much is kept of them, and on how many threads. The windows depend on
  // sizes alone, so that sums are in the same order however the work is shared.
  void plan(int threads, bool record, int checkpoint) {
    const size_t lanes = elman::LINE / (type_ == 'f' ? 4 : 8), blocks = (U_ + lanes - 1) / lanes;
    const bool inputs = std::max(a_.phi, a_.sigma) >= elman::FIRST_THAT_NEEDS_INPUT;
    const size_t fields = size_t(shape_.gates * (inputs ? 2 : 1) + shape_.extra), states = size_t(shape_.states);
    const size_t turn = blocks * std::max<size_t>(B_, 1) * elman::LINE;
    const size_t most = record ? tape_window_bytes.load() : window_bytes.load();
    const size_t fit = std::clamp<size_t>(most / (fields * turn), 1, T_);
    const size_t cuts = (T_ + fit - 1) / fit, window = (T_ + cuts - 1) / cuts;
    a_.window = int(window);
    // As many as have rows, or four blocks of units each to share out: see share_of in sequence.hpp.
    a_.threads = std::clamp(threads, 1, int(std::min<size_t>(64, std::max<size_t>({B_, blocks / 4, 1}))));
    if (!record) return;
    if (checkpoint > 0 && size_t(checkpoint) < T_) {
      const size_t every = (size_t(checkpoint) + window - 1) / window * window;
      if (every < T_) a_.checkpoint = int(every);
    }
    const size_t turns = cuts * window;
    const size_t kept = a_.checkpoint ? (T_ + size_t(a_.checkpoint) - 1) / size_t(a_.checkpoint) : turns;
    bytes_ = states * kept * turn;
    states_.reset(elman::allocate(bytes_));
    a_.states = states_.get();
    if (a_.checkpoint) return;
    bytes_ += fields * turns * turn;
    records_.reset(elman::allocate(fields * turns * turn));
    a_.records = records_.get();
  }

  void forward(nb::tuple start, nb::handle outputs_array, nb::tuple final) {
    std::vector<Array> held;
    const auto take = [&](const char* name, nb::handle array, size_t size, bool writable) {
      held.emplace_back(name, array.ptr(), type_, size, writable);
      return held.back().data();
    };
    elman::Forward f{};
    f.outputs = take("outputs", outputs_array, outputs(), true);
    states(start), states(final);
    for (size_t i = 0; i < start.size(); ++i) f.start[i] = take("start", start[i], B_ * U_, false);
    for (size_t i = 0; i < final.size(); ++i) f.final[i] = take("final", final[i], B_ * U_, true);
    nb::gil_scoped_release release;
    (type_ == 'f' ? table_.forward_float : table_.forward_double)(a_, f);
  }

  elman::Arguments a_{};
  const elman::Table& table_ = *elman::chosen().passes;  // a tape is read by the build that wrote it
  elman::CellShape shape_{};
  char type_ = 'f';
  size_t B_ = 0, T_ = 0, F_ = 0, U_ = 0, bytes_ = 0;
  std::vector<Array> held_;
  Memory records_, states_;
  std::atomic<bool> recorded_{false};
};

// x (rows, K), W (K, N), b (N,) or None: the arrays of a Dense layer, checked.
elman::Dense dense_arguments(std::vector<Array>& held, char type, int threads, nb::handle x, nb::handle kernel) {
  const elman::Shape of_x("x", x.ptr(), 2), of_kernel("kernel", kernel.ptr(), 2);
  elman::Dense d{};
  d.rows = ptrdiff_t(of_x.axes[0]);
  if ((type != 'f' && type != 'd') || of_kernel.axes[0] > INT_MAX / 64 || of_kernel.axes[1] > INT_MAX / 64 ||
      of_kernel.axes[0] < 1 || of_kernel.axes[1] < 1)
    throw nb::value_error("_native: there must be features and units, of float32 or float64");
  d.K = int(of_kernel.axes[0]), d.N = int(of_kernel.axes[1]);
  d.threads = std::clamp(threads, 1, int(std::min<ptrdiff_t>(64, std::max<ptrdiff_t>(1, d.rows))));
  held.emplace_back("x", x.ptr(), type, size_t(d.rows) * size_t(d.K));
  d.x = held.back().data();
  held.emplace_back("kernel", kernel.ptr(), type, size_t(d.K) * size_t(d.N));
  d.kernel = held.back().data();
  return d;
}

void dense(int threads, nb::handle x, nb::handle kernel, nb::handle bias, nb::handle a) {
  const char type = elman::Shape("x", x.ptr(), 2).type;
  std::vector<Array> held;
  elman::Dense d = dense_arguments(held, type, threads, x, kernel);
  if (!bias.is_none()) held.emplace_back("bias", bias.ptr(), type, size_t(d.N)), d.bias = held.back().data();
  held.emplace_back("a", a.ptr(), type, size_t(d.rows) * size_t(d.N), true);
  d.a = held.back().data();
  nb::gil_scoped_release release;
  (type == 'f' ? elman::chosen().passes->dense_float : elman::chosen().passes->dense_double)(d, false);
}

void dense_backward(int threads, nb::handle x, nb::handle kernel, nb::handle da, nb::handle dx, nb::handle dkernel,
                    nb::handle dbias) {
  const char type = elman::Shape("x", x.ptr(), 2).type;
  std::vector<Array> held;
  elman::Dense d = dense_arguments(held, type, threads, x, kernel);
  held.emplace_back("da", da.ptr(), type, size_t(d.rows) * size_t(d.N));
  d.da = held.back().data();
  if (!dx.is_none())
    held.emplace_back("dx", dx.ptr(), type, size_t(d.rows) * size_t(d.K), true), d.dx = held.back().data();
  held.emplace_back("dkernel", dkernel.ptr(), type, size_t(d.K) * size_t(d.N), true);
  d.dkernel = held.back().data();
  if (!dbias.is_none()) held.emplace_back("dbias", dbias.ptr(), type, size_t(d.N), true), d.dbias = held.back().data();
  nb::gil_scoped_release release;
  (type == 'f' ? elman::chosen().passes->dense_float : elman::chosen().passes->dense_double)(d, true);
}

// Choose an instruction set; false if this build or this processor does not have it.
bool use(const std::string& name) {
  const elman::InstructionSet* set = elman::find_instruction_set(name);
  if (set) elman::choose(*set);
  return set;
}

}  // namespace

void bind_stream(nb::module_& m);  // bind_stream.cpp

// By which threadpoolctl knows this library among those that are loaded.
extern "C" NB_EXPORT void elman_native() {}

NB_MODULE(_native, m) {
  elman::start_pool();
  elman::guard_memory();
  nb::set_leak_warnings(false);  // what lives until the end, in a cycle that nobody collects, is no news
  bind_stream(m);
  nb::class_<Pass>(m, "Pass")
      .def(nb::init<int, int, int, int, bool, bool, bool, bool, int, nb::handle, nb::handle, nb::handle, nb::handle,
                    nb::tuple, nb::handle, nb::tuple, nb::tuple, nb::handle, nb::tuple>(),
           nb::arg(), nb::arg(), nb::arg(), nb::arg(), nb::arg(), nb::arg(), nb::arg(), nb::arg(), nb::arg(), nb::arg(),
           nb::arg(), nb::arg(), nb::arg().none(), nb::arg(), nb::arg().none(), nb::arg(), nb::arg(), nb::arg(),
           nb::arg())
      .def("backward", &Pass::backward, nb::arg(), nb::arg(), nb::arg().none(), nb::arg(), nb::arg(), nb::arg(),
           nb::arg().none(), nb::arg())
      .def_prop_ro("bytes", &Pass::bytes);
  m.def("dense", &dense, nb::arg(), nb::arg(), nb::arg(), nb::arg().none(), nb::arg());
  m.def("dense_backward", &dense_backward, nb::arg(), nb::arg(), nb::arg(), nb::arg(), nb::arg().none(), nb::arg(),
        nb::arg().none());
  m.def("release_memory", &elman::trim);
  m.def("set_window_bytes", [](size_t tape, size_t other) { tape_window_bytes = tape, window_bytes = other; });
  m.def("use", &use);
  elman::bind_rest(m);
  m.def("multiply_add_limit", &elman::multiply_add_limit, nb::call_guard<nb::gil_scoped_release>());
}
