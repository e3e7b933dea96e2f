// One instruction set's build of the streams; CMake compiles this file once for each.
#include "stream.hpp"

#include "cells/_all.hpp"
#include "stream_normalised.hpp"

namespace ELMAN_ISA {

// Pack a layer's weights where the stage has room for them, and choose what runs it.
template <class T>
void pack(Stage& s, const elman::Weights& w) {
  if (s.kind < elman::CELL_COUNT)
    return AllCells::with(s.kind, [&](auto cell) {
      using C = decltype(cell);
      if constexpr (C::NORMALISED) pack_normalised<T, C>(s, w);
      else if constexpr (!C::DECAYS) pack_cell<T, C>(s, w);
    });
  switch (s.kind) {
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
