// What the table of an instruction set has of the passes, for one type of numbers; see table.hpp.
#pragma once

#include "backward.hpp"
#include "cells/_all.hpp"
#include "dense.hpp"
#include "forward.hpp"
#include "table.hpp"

namespace ELMAN_ISA {

template <class T>
void run_forward(const elman::Arguments& a, const elman::Forward& f) {
  AllCells::with(a.cell, [&](auto cell) { forward<T, decltype(cell)>(a, f); });
}

template <class T>
void run_backward(const elman::Arguments& a, const elman::Backward& b) {
  AllCells::with(a.cell, [&](auto cell) { backward<T, decltype(cell)>(a, b); });
}

template <class T>
void run_dense(const elman::Dense& d, bool backward) {
  const Dense<T> dense{d};
  if (backward) dense.backward();
  else dense.forward();
}

}  // namespace ELMAN_ISA
