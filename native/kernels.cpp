// One instruction set's build of the kernels; CMake compiles this file once for each.
#include "backward.hpp"
#include "cells/gru.hpp"
#include "cells/gru_reset_before.hpp"
#include "cells/lstm.hpp"
#include "cells/simple_rnn.hpp"
#include "dense.hpp"
#include "forward.hpp"
#include "table.hpp"

namespace ELMAN_ISA {

template <class C>
constexpr bool is_cell(int i) {
  constexpr const elman::CellShape* cells = elman::CELLS;
  return cells[i].gates == C::G && cells[i].states == C::S && cells[i].extra == C::E && cells[i].biases == C::BIASES &&
         cells[i].second == C::G - C::first(1);
}
static_assert(is_cell<SimpleRnn>(0) && is_cell<Lstm>(1) && is_cell<Gru>(2) && is_cell<GruResetBefore>(3));

template <class T>
void run_forward(const elman::Arguments& a, const elman::Forward& f) {
  if (a.cell == 0) forward<T, SimpleRnn>(a, f);
  if (a.cell == 1) forward<T, Lstm>(a, f);
  if (a.cell == 2) forward<T, Gru>(a, f);
  if (a.cell == 3) forward<T, GruResetBefore>(a, f);
}

template <class T>
void run_backward(const elman::Arguments& a, const elman::Backward& b) {
  if (a.cell == 0) backward<T, SimpleRnn>(a, b);
  if (a.cell == 1) backward<T, Lstm>(a, b);
  if (a.cell == 2) backward<T, Gru>(a, b);
  if (a.cell == 3) backward<T, GruResetBefore>(a, b);
}

template <class T>
void run_dense(const elman::Dense& d, bool backward) {
  const Dense<T> dense{d};
  if (backward) dense.backward();
  else dense.forward();
}

}  // namespace ELMAN_ISA

const elman::Table elman::ELMAN_NAMED(table) = {
    ELMAN_ISA::run_forward<float>,   ELMAN_ISA::run_forward<double>, ELMAN_ISA::run_backward<float>,
    ELMAN_ISA::run_backward<double>, ELMAN_ISA::run_dense<float>,    ELMAN_ISA::run_dense<double>,
};
