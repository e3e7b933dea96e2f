// One instruction set's build of the kernels; CMake compiles this file once for each.
#include "backward.hpp"
#include "cells/gru.hpp"
#include "cells/gru_reset_before.hpp"
#include "cells/lstm.hpp"
#include "cells/simple_rnn.hpp"
#include "forward.hpp"
#include "table.hpp"

namespace ELMAN_ISA {

template <class T>
Sequence<T> sequence(const elman::Arguments& a) {
  Sequence<T> s{};
  s.B = a.B, s.T_ = a.T, s.F = a.F, s.U = a.U, s.phi = a.phi, s.sigma = a.sigma, s.threads = a.threads;
  s.parallel = a.parallel;
  s.x = static_cast<const T*>(a.x), s.kernel = static_cast<const T*>(a.kernel);
  s.recurrent = static_cast<const T*>(a.recurrent), s.bias = static_cast<const T*>(a.bias);
  s.mask = a.mask;
  for (int i = 0; i < 4; ++i) {
    s.input_drop[i] = static_cast<const T*>(a.input_drop[i]);
    s.recurrent_drop[i] = static_cast<const T*>(a.recurrent_drop[i]);
  }
  s.input_drops = a.input_drops, s.recurrent_drops = a.recurrent_drops;
  s.backwards = a.backwards, s.zero_output = a.zero_output, s.sequences = a.sequences;
  s.gates = static_cast<T*>(a.gates), s.extra = static_cast<T*>(a.extra), s.history = static_cast<T*>(a.history);
  return s;
}

template <class T>
void run_forward(const elman::Arguments& a, const elman::Forward& f) {
  const Sequence<T> s = sequence<T>(a);
  const T* start[2] = {static_cast<const T*>(f.start[0]), static_cast<const T*>(f.start[1])};
  T* final[2] = {static_cast<T*>(f.final[0]), static_cast<T*>(f.final[1])};
  T* outputs = static_cast<T*>(f.outputs);
  if (a.cell == 0) forward<T, SimpleRnn>(s, start, outputs, final);
  if (a.cell == 1) forward<T, Lstm>(s, start, outputs, final);
  if (a.cell == 2) forward<T, Gru>(s, start, outputs, final);
  if (a.cell == 3) forward<T, GruResetBefore>(s, start, outputs, final);
}

template <class T>
void run_backward(const elman::Arguments& a, const elman::Backward& b) {
  const Sequence<T> s = sequence<T>(a);
  const T* dfinal[2] = {static_cast<const T*>(b.dfinal[0]), static_cast<const T*>(b.dfinal[1])};
  const Scratch<T> w{static_cast<T*>(b.dgates), static_cast<T*>(b.dlast)};
  const Gradients<T> out{static_cast<T*>(b.dx),
                         {static_cast<T*>(b.dstart[0]), static_cast<T*>(b.dstart[1])},
                         static_cast<T*>(b.dkernel),
                         static_cast<T*>(b.drecurrent),
                         static_cast<T*>(b.dbias)};
  const T* doutputs = static_cast<const T*>(b.doutputs);
  if (a.cell == 0) backward<T, SimpleRnn>(s, w, doutputs, dfinal, out);
  if (a.cell == 1) backward<T, Lstm>(s, w, doutputs, dfinal, out);
  if (a.cell == 2) backward<T, Gru>(s, w, doutputs, dfinal, out);
  if (a.cell == 3) backward<T, GruResetBefore>(s, w, doutputs, dfinal, out);
}

}  // namespace ELMAN_ISA

#define ELMAN_CONCAT_(a, b) a##b
#define ELMAN_CONCAT(a, b) ELMAN_CONCAT_(a, b)
#define ELMAN_STRING_(a) #a
#define ELMAN_STRING(a) ELMAN_STRING_(a)

const elman::Table elman::ELMAN_CONCAT(table_, ELMAN_ISA) = {
    ELMAN_STRING(ELMAN_ISA),        ELMAN_ISA::Vec<float>::N,       ELMAN_ISA::Vec<double>::N,
    ELMAN_ISA::run_forward<float>,  ELMAN_ISA::run_forward<double>, ELMAN_ISA::run_backward<float>,
    ELMAN_ISA::run_backward<double>};
