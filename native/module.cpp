// The Python module `elman._native`: arrays in, arrays out, the GIL released in between.
//
// Its only caller is src/elman/kernels.py, which makes all arrays. Every size is checked here all the
// same: a wrong call is an error and never a crash.
#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include "cpu.hpp"
#include "pool.hpp"
#include "table.hpp"

namespace nb = nanobind;
using In = nb::ndarray<nb::ro, nb::c_contig, nb::device::cpu>;
using Out = nb::ndarray<nb::numpy, nb::c_contig, nb::device::cpu>;

namespace {

const elman::Table* chosen = &elman::table_portable;

struct CellShape {
  int gates, states, extra, biases;
};
// SimpleRNN, LSTM, GRU, GRU with the reset gate before the product
constexpr CellShape CELLS[] = {{1, 1, 0, 1}, {4, 2, 1, 1}, {3, 1, 1, 2}, {3, 1, 1, 1}};

struct Options {
  int cell, phi, sigma, threads;
  bool backwards, zero_output, sequences;
};

template <class A>
auto* data(const char* name, const A& array, nb::dlpack::dtype dtype, size_t size) {
  if (array.dtype() != dtype || array.size() != size)
    throw nb::value_error((std::string("_native: `") + name + "` has the wrong dtype or size").c_str());
  return array.data();
}

struct Call {  // one pass over a sequence, checked
  elman::Arguments a{};
  CellShape cell;
  nb::dlpack::dtype dtype;
  size_t B, T, F, U, P;

  Call(const Options& o, const In& x, const In& kernel, const In& recurrent, const std::optional<In>& bias,
       const std::optional<In>& mask, const std::vector<In>& input_drop, const std::vector<In>& recurrent_drop,
       const Out& gates, const Out& extra, const Out& history)
      : dtype(x.dtype()) {
    const bool single = dtype == nb::dtype<float>();
    if (o.cell < 0 || o.cell > 3 || x.ndim() != 3 || recurrent.ndim() != 2 || (!single && dtype != nb::dtype<double>()))
      throw nb::value_error("_native: the cell, `x` or `recurrent` is wrong");
    cell = CELLS[o.cell];
    B = x.shape(0), T = x.shape(1), F = x.shape(2), U = recurrent.shape(0);
    const size_t lanes = single ? chosen->lanes_float : chosen->lanes_double, G = cell.gates;
    P = (U + lanes - 1) / lanes * lanes;
    if (T < 1 || U < 1 || input_drop.size() > 4 || (recurrent_drop.size() != 0 && recurrent_drop.size() != G) ||
        (input_drop.size() > 1 && input_drop.size() != G))
      throw nb::value_error("_native: there must be timesteps, units, and as many dropout masks as gates");
    a.cell = o.cell, a.phi = o.phi, a.sigma = o.sigma, a.threads = o.threads, a.parallel = elman::parallel;
    a.B = int(B), a.T = int(T), a.F = int(F), a.U = int(U);
    a.x = x.data();
    a.kernel = data("kernel", kernel, dtype, F * G * U);
    a.recurrent = data("recurrent", recurrent, dtype, U * G * U);
    if (bias) a.bias = data("bias", *bias, dtype, cell.biases * G * U);
    if (mask) a.mask = static_cast<const unsigned char*>(data("mask", *mask, nb::dtype<uint8_t>(), B * T));
    for (const In& m : input_drop) a.input_drop[a.input_drops++] = data("input_drop", m, dtype, B * F);
    for (const In& m : recurrent_drop) a.recurrent_drop[a.recurrent_drops++] = data("recurrent_drop", m, dtype, B * U);
    a.backwards = o.backwards, a.zero_output = o.zero_output, a.sequences = o.sequences;
    a.gates = data("gates", gates, dtype, B * T * G * P);
    a.extra = data("extra", extra, dtype, cell.extra * B * T * P);
    a.history = data("history", history, dtype, cell.states * B * (T + 1) * P);
  }

  size_t outputs() const { return a.sequences ? B * T * U : B * U; }
  void states(size_t given) const {
    if (given != size_t(cell.states)) throw nb::value_error("_native: the number of states is wrong");
  }
};

void forward(const Options& o, In x, In kernel, In recurrent, std::optional<In> bias, std::vector<In> start,
             std::optional<In> mask, std::vector<In> input_drop, std::vector<In> recurrent_drop, Out gates, Out extra,
             Out history, Out outputs, std::vector<Out> final) {
  const Call call(o, x, kernel, recurrent, bias, mask, input_drop, recurrent_drop, gates, extra, history);
  elman::Forward f{};
  f.outputs = data("outputs", outputs, call.dtype, call.outputs());
  call.states(start.size()), call.states(final.size());
  for (size_t i = 0; i < start.size(); ++i) {
    f.start[i] = data("start", start[i], call.dtype, call.B * call.U);
    f.final[i] = data("final", final[i], call.dtype, call.B * call.U);
  }
  nb::gil_scoped_release release;
  (call.dtype == nb::dtype<float>() ? chosen->forward_float : chosen->forward_double)(call.a, f);
}

void backward(const Options& o, In x, In kernel, In recurrent, std::optional<In> bias, std::optional<In> mask,
              std::vector<In> input_drop, std::vector<In> recurrent_drop, Out gates, Out extra, Out history,
              In doutputs, std::vector<In> dfinal, Out dgates, std::optional<Out> dlast, Out dx,
              std::vector<Out> dstart, Out dkernel, Out drecurrent, std::optional<Out> dbias) {
  const Call call(o, x, kernel, recurrent, bias, mask, input_drop, recurrent_drop, gates, extra, history);
  const size_t G = call.cell.gates;
  elman::Backward b{};
  b.doutputs = data("doutputs", doutputs, call.dtype, call.outputs());
  b.dgates = data("dgates", dgates, call.dtype, call.B * call.T * G * call.P);
  if (bool(dlast) != (call.cell.biases == 2) || bool(dbias) != bool(bias))
    throw nb::value_error("_native: `dlast` or `dbias` is wrong");
  if (dlast) b.dlast = data("dlast", *dlast, call.dtype, call.B * call.T * call.P);
  b.dx = data("dx", dx, call.dtype, call.B * call.T * call.F);
  b.dkernel = data("dkernel", dkernel, call.dtype, call.F * G * call.U);
  b.drecurrent = data("drecurrent", drecurrent, call.dtype, call.U * G * call.U);
  if (dbias) b.dbias = data("dbias", *dbias, call.dtype, call.cell.biases * G * call.U);
  call.states(dfinal.size()), call.states(dstart.size());
  for (size_t i = 0; i < dfinal.size(); ++i) {
    b.dfinal[i] = data("dfinal", dfinal[i], call.dtype, call.B * call.U);
    b.dstart[i] = data("dstart", dstart[i], call.dtype, call.B * call.U);
  }
  nb::gil_scoped_release release;
  (call.dtype == nb::dtype<float>() ? chosen->backward_float : chosen->backward_double)(call.a, b);
}

// Choose an instruction set; false if this build or this processor does not have it.
bool use(const std::string& name) {
  if (name == "portable") return chosen = &elman::table_portable, true;
#if defined(ELMAN_X86)
  if (name == "avx2" && elman::cpu_has_avx2()) return chosen = &elman::table_avx2, true;
  if (name == "avx512" && elman::cpu_has_avx512()) return chosen = &elman::table_avx512, true;
#endif
  return false;
}

}  // namespace

void bind_stream(nb::module_& m);  // bind_stream.cpp

NB_MODULE(_native, m) {
  bind_stream(m);
  nb::class_<Options>(m, "Options")
      .def("__init__",
           [](Options* o, int cell, int phi, int sigma, int threads, bool backwards, bool zero_output, bool sequences) {
             new (o) Options{cell, phi, sigma, threads, backwards, zero_output, sequences};
           });
  m.def("forward", &forward);
  m.def("backward", &backward);
  m.def("use", &use);
  m.def("lanes", [](bool single) { return single ? chosen->lanes_float : chosen->lanes_double; });
  m.def("instruction_set", [] { return std::string(chosen->name); });
}
