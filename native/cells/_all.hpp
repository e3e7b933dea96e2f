// All cells, in the order of their numbers in _native_arguments.py.
#pragma once

#include "../table.hpp"
#include "gru.hpp"
#include "gru_decay.hpp"
#include "gru_normalised.hpp"
#include "gru_reset_before.hpp"
#include "indrnn.hpp"
#include "leaky.hpp"
#include "lstm.hpp"
#include "lstm_coupled.hpp"
#include "lstm_normalised.hpp"
#include "lstm_peephole.hpp"
#include "lstm_zoneout.hpp"
#include "min_gru.hpp"
#include "min_lstm.hpp"
#include "simple_rnn.hpp"

namespace ELMAN_ISA {

// f(cell) for the cell of a number, in the order of elman::CELLS.
template <class... C>
struct Cells {
  static_assert(sizeof...(C) == elman::CELL_COUNT);
  template <class F>
  static void with(int cell, F&& f) {
    int i = 0;
    ((cell == i++ ? f(C{}) : void()), ...);
  }
  template <class D>
  static constexpr bool fits(const elman::CellShape& shape) {
    return shape.gates == D::G && shape.states == D::S && shape.extra == D::E && shape.biases == D::BIASES &&
           shape.second == (D::PARTS == 2 ? D::G - D::first(1) : 0) && shape.vectors == D::VECTORS &&
           shape.streams == D::STREAMS && shape.product == D::PRODUCT && shape.decays == D::DECAYS &&
           shape.drops == (D::PRODUCT || D::DROPS) && shape.normalised == D::NORMALISED;
  }
  static constexpr bool all_fit() {
    int i = 0;
    return (fits<C>(elman::CELLS[i++]) && ...);
  }
};
using AllCells = Cells<SimpleRnn, Lstm, Gru, GruResetBefore, LstmCoupled, LstmPeephole, LstmZoneout, IndRnn, MinGru,
                       MinLstm, Leaky, GruDecay, LstmNormalised, GruNormalised>;
static_assert(AllCells::all_fit());

}  // namespace ELMAN_ISA
