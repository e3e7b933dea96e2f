// How Python calls the recurrent passes over a sequence, and keeps the tape between them.
//
// src/elman/kernels.py makes all arrays. Every size is checked here all the same: a wrong call is an error and
// never a crash.
#include <nanobind/nanobind.h>

#include <algorithm>
#include <atomic>
#include <climits>
#include <cstring>
#include <iterator>
#include <type_traits>

#include "arrays.hpp"
#include "bind.hpp"
#include "instruction_set.hpp"
#include "memory.hpp"
#include "table.hpp"

namespace nb = nanobind;

namespace {

// What the planes of a window of turns may take. Of a recorded pass it should still be in the cache when the gradients
// of the weights are added up, and so long that this is worth it; else it should leave room for the weights.
std::atomic<size_t> tape_window_bytes{size_t(1) << 21}, window_bytes{size_t(1) << 18};

// A pass over a sequence, checked, with the arrays that it reads and its tape.
class Pass {
 public:
  Pass(int cell, int phi, int sigma, int threads, bool backwards, bool zero_output, bool sequences, bool record,
       int checkpoint, nb::handle x, nb::handle kernel, nb::handle recurrent, nb::handle bias, nb::tuple vectors,
       nb::tuple streams, nb::tuple start, nb::handle mask, nb::handle reset, nb::tuple reset_state,
       nb::tuple input_drop, nb::tuple recurrent_drop, nb::handle outputs, nb::tuple final, nb::tuple history) {
    if (cell < 0 || size_t(cell) >= std::size(elman::CELLS)) throw nb::value_error("_native: there is no such cell");
    shape_ = elman::CELLS[cell];
    const elman::Shape of_x("x", x, 3), of_kernel("kernel", kernel, 2);
    type_ = of_x.type;
    B_ = of_x.axes[0], T_ = of_x.axes[1], F_ = of_x.axes[2];
    const size_t G = size_t(shape_.gates), drops = input_drop.size();
    U_ = of_kernel.axes[1] / G;
    if ((type_ != 'f' && type_ != 'd') || B_ > INT_MAX / 64 || T_ > INT_MAX / 64 || F_ > INT_MAX / 64 ||
        U_ > INT_MAX / 64 || T_ < 1 || F_ < 1 || U_ < 1)
      throw nb::value_error("_native: there must be timesteps, features and units, of float32 or float64");
    if ((drops > 1 && drops != G) || (recurrent_drop.size() != 0 && (recurrent_drop.size() != G || !shape_.drops)))
      throw nb::value_error("_native: there must be as many dropout masks as gates");
    a_.cell = cell, a_.phi = phi, a_.sigma = sigma;
    a_.B = int(B_), a_.T = int(T_), a_.F = int(F_), a_.U = int(U_);
    held_ = elman::Arrays(type_);
    a_.x = held_.read("x", x, B_ * T_ * F_);
    a_.kernel = held_.read("kernel", kernel, F_ * G * U_);
    if (recurrent.is_none() == shape_.product || streams.size() != size_t(shape_.streams))
      throw nb::value_error("_native: the cell has other weights or streams");
    a_.recurrent = held_.read_any("recurrent", recurrent, U_ * G * U_);
    const void* b = held_.read_any("bias", bias, size_t(shape_.biases) * G * U_);
    has_bias_ = b != nullptr;
    if (!shape_.normalised) a_.bias = b;
    size_t n = 0;
    for (nb::handle array : vectors)
      n = split(held_.read("vectors", array, length(array)), length(array), n, a_.vectors);
    if (n + (shape_.normalised ? G : 0) != size_t(shape_.vectors))
      throw nb::value_error("_native: the cell has other weights or streams");
    if (shape_.normalised && b) split(b, G * U_, n, a_.vectors);
    for (size_t i = 0; i < streams.size(); ++i) a_.streams[i] = held_.read_any("streams", streams[i], B_ * T_ * U_);
    if (shape_.decays && !a_.streams[0]) throw nb::value_error("_native: `streams` must have what decays");
    a_.mask = held_.read_mask("mask", mask, B_ * T_);
    a_.reset = held_.read_mask("reset", reset, B_ * T_);
    states(reset_state);
    for (size_t i = 0; i < reset_state.size(); ++i) a_.reset_state[i] = held_.read("reset_state", reset_state[i], U_);
    for (nb::handle m : input_drop) a_.input_drop[a_.input_drops++] = held_.read("input_drop", m, B_ * F_);
    for (nb::handle m : recurrent_drop)
      a_.recurrent_drop[a_.recurrent_drops++] = held_.read("recurrent_drop", m, B_ * U_);
    a_.backwards = backwards, a_.zero_output = zero_output, a_.sequences = sequences;
    plan(threads, record, checkpoint);
    forward(start, outputs, final, history);
    recorded_ = record;
  }

  // The gradients of everything that entered the pass, into the arrays given; those of the weights all, or none. It
  // overwrites the tape.
  void backward(nb::handle doutputs, nb::tuple dfinal, nb::handle dx, nb::tuple dstart, nb::handle dkernel,
                nb::handle drecurrent, nb::handle dbias, nb::tuple dvectors, nb::handle dfades, nb::tuple dreset,
                nb::tuple dstates) {
    const size_t G = size_t(shape_.gates);
    elman::Arrays arrays(type_);
    elman::Backward b{};
    b.doutputs = arrays.read("doutputs", doutputs, outputs());
    b.dx = arrays.write_any("dx", dx, B_ * T_ * F_);
    b.dkernel = arrays.write_any("dkernel", dkernel, F_ * G * U_);
    b.drecurrent = arrays.write_any("drecurrent", drecurrent, U_ * G * U_);
    const bool all = b.dkernel != nullptr;
    if (dbias.is_none() == (all && has_bias_) || drecurrent.is_none() == (all && shape_.product) ||
        (!dfades.is_none() && !shape_.decays))
      throw nb::value_error("_native: the cell has gradients of other weights or streams");
    b.dbias = arrays.write_any("dbias", dbias, size_t(shape_.biases) * G * U_);
    size_t n = 0;
    for (nb::handle array : dvectors)
      n = split(arrays.write("dvectors", array, length(array)), length(array), n, b.dvectors);
    if (all ? n + (shape_.normalised ? G : 0) != size_t(shape_.vectors) : n != 0)
      throw nb::value_error("_native: the cell has gradients of other weights or streams");
    if (shape_.normalised && b.dbias) split(b.dbias, G * U_, n, b.dvectors), b.dbias = nullptr;
    b.dfades = arrays.write_any("dfades", dfades, B_ * T_ * U_);
    states(dfinal), states(dstart), states(dstates), states(dreset);
    for (size_t i = 0; i < dreset.size(); ++i) {
      b.dreset[i] = arrays.write("dreset", dreset[i], U_);
      std::memset(b.dreset[i], 0, U_ * (type_ == 'f' ? 4 : 8));  // where nothing is put back
    }
    for (size_t i = 0; i < dfinal.size(); ++i) b.dfinal[i] = arrays.read("dfinal", dfinal[i], B_ * U_);
    for (size_t i = 0; i < dstart.size(); ++i) b.dstart[i] = arrays.write("dstart", dstart[i], B_ * U_);
    for (size_t i = 0; i < dstates.size(); ++i) b.dstates[i] = arrays.write("dstates", dstates[i], B_ * T_ * U_);
    if (!recorded_.exchange(false)) throw nb::value_error("_native: a pass can be run in reverse once");
    const nb::gil_scoped_release release;
    (type_ == 'f' ? table_.backward_float : table_.backward_double)(a_, b);
    records_.reset(), states_.reset();  // the tape is spent
  }

  size_t bytes() const { return bytes_; }

 private:
  // The length of an array, which must be made of whole vectors (U,), MOST_VECTORS at most.
  size_t length(nb::handle array) const {
    const size_t all = elman::Shape("vectors", array, 1).axes[0];
    if (all % U_ || all / U_ > elman::MOST_VECTORS) throw nb::value_error("_native: `vectors` has the wrong size");
    return all;
  }
  // An array of several vectors (U,) as those, from number n on; returns the number after them.
  template <class P>
  size_t split(P* array, size_t all, size_t n, P** vectors) const {
    using Bytes = std::conditional_t<std::is_const_v<P>, const char, char>;
    for (size_t i = 0; i < all; i += U_, ++n) {
      if (n >= size_t(elman::MOST_VECTORS)) throw nb::value_error("_native: there are too many vectors");
      vectors[n] = reinterpret_cast<Bytes*>(array) + i * (type_ == 'f' ? 4 : 8);
    }
    return n;
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
    const size_t sources = a_.recurrent_drops ? size_t(shape_.gates) : 0;  // what each gate read, made again in reverse
    const size_t fit = std::clamp<size_t>(most / ((fields + sources) * turn), 1, T_);
    const size_t cuts = (T_ + fit - 1) / fit, window = (T_ + cuts - 1) / cuts;
    a_.window = int(window);
    // As many as have rows, or blocks of units to share out, four each if they meet: see Sequence.
    const size_t units = shape_.product ? blocks / 4 : blocks;
    a_.threads = std::clamp(threads, 1, int(std::min<size_t>(64, std::max<size_t>({B_, units, 1}))));
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

  void forward(nb::tuple start, nb::handle outputs_array, nb::tuple final, nb::tuple history) {
    elman::Arrays arrays(type_);
    elman::Forward f{};
    f.outputs = arrays.write("outputs", outputs_array, outputs());
    states(start), states(final);
    for (size_t i = 0; i < start.size(); ++i) f.start[i] = arrays.read("start", start[i], B_ * U_);
    for (size_t i = 0; i < final.size(); ++i) f.final[i] = arrays.write("final", final[i], B_ * U_);
    const size_t S = size_t(shape_.states);
    if (history.size() != 0 && history.size() != S + size_t(shape_.gates))
      throw nb::value_error("_native: `history` must have all states and gates");
    for (size_t i = 0; i < history.size(); ++i)
      (i < S ? f.states[i] : f.gates[i - S]) = arrays.write("history", history[i], B_ * T_ * U_);
    const nb::gil_scoped_release release;
    (type_ == 'f' ? table_.forward_float : table_.forward_double)(a_, f);
  }

  elman::Arguments a_{};
  const elman::Table& table_ = *elman::chosen().passes;  // a tape is read by the build that wrote it
  elman::CellShape shape_{};
  bool has_bias_ = false;
  char type_ = 'f';
  size_t B_ = 0, T_ = 0, F_ = 0, U_ = 0, bytes_ = 0;
  elman::Arrays held_{type_};
  elman::Memory records_, states_;
  std::atomic<bool> recorded_{false};
};

}  // namespace

void elman::bind_pass(nb::module_& m) {
  nb::class_<Pass>(m, "Pass")
      .def(nb::init<int, int, int, int, bool, bool, bool, bool, int, nb::handle, nb::handle, nb::handle, nb::handle,
                    nb::tuple, nb::tuple, nb::tuple, nb::handle, nb::handle, nb::tuple, nb::tuple, nb::tuple,
                    nb::handle, nb::tuple, nb::tuple>(),
           nb::arg(), nb::arg(), nb::arg(), nb::arg(), nb::arg(), nb::arg(), nb::arg(), nb::arg(), nb::arg(), nb::arg(),
           nb::arg(), nb::arg().none(), nb::arg().none(), nb::arg(), nb::arg(), nb::arg(), nb::arg().none(),
           nb::arg().none(), nb::arg(), nb::arg(), nb::arg(), nb::arg(), nb::arg(), nb::arg() = nb::tuple())
      .def("backward", &Pass::backward, nb::arg(), nb::arg(), nb::arg().none(), nb::arg(), nb::arg().none(),
           nb::arg().none(), nb::arg().none(), nb::arg(), nb::arg().none(), nb::arg(), nb::arg())
      .def_prop_ro("bytes", &Pass::bytes);
  m.def("set_window_bytes", [](size_t tape, size_t other) { tape_window_bytes = tape, window_bytes = other; });
}
