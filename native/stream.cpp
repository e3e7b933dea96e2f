// One instruction set's build of the streams; CMake compiles this file once for each.
#include "stream.hpp"

#include "cells/gru.hpp"
#include "cells/gru_reset_before.hpp"
#include "cells/lstm.hpp"
#include "cells/simple_rnn.hpp"

namespace ELMAN_ISA {

// Pack a layer's weights where the stage has room for them, and choose what runs it.
template <class T>
void pack(Stage& s, const elman::Weights& w) {
  switch (s.kind) {
    case elman::SIMPLE_RNN:
      return pack_cell<T, SimpleRnn>(s, w);
    case elman::LSTM:
      return pack_cell<T, Lstm>(s, w);
    case elman::GRU:
      return pack_cell<T, Gru>(s, w);
    case elman::GRU_RESET_BEFORE:
      return pack_cell<T, GruResetBefore>(s, w);
    case elman::DENSE:
      return pack_dense<T>(s, w);
    case elman::ACTIVATION:
      s.run = activation<T>;
      return;
    default:
      s.run = embedding<T>;
      std::memcpy(s.panel[0], w.kernel, std::size_t(s.F) * s.U * sizeof(T));
  }
}

}  // namespace ELMAN_ISA

const elman::StreamTable elman::ELMAN_NAMED(stream) = {ELMAN_ISA::Vec<float>::N, ELMAN_ISA::Vec<double>::N,
                                                       ELMAN_ISA::pack<float>, ELMAN_ISA::pack<double>};
