// The memory that the pass in reverse works in.
#pragma once

#include "forward.hpp"

namespace ELMAN_ISA {

// Memory of the team: planes [shares][blocks][rows][W] of one turn, and those of a window.
template <class T, class C>
struct BackwardPlanes {
  Buffer<T> dstate;            // of each state, as it reaches the turn before
  Buffer<T> direct;            // what reaches it without a product
  Buffer<T> dsource;           // of what a cell's second part multiplied
  Buffer<T> dproducts;         // of the products once they are normalised, [G] fields
  Buffer<T> dout;              // of the output, where it has not yet met its step
  RowSums<T> vectors, resets;  // of the cell's own weights, and of what states are put back to
  Buffer<T> streams, fades;    // of one turn: the streams, and the gradient of the one that decays
  Buffer<T> product;  // of one gate and one group of vectors, before its mask of dropout: a piece for each member
  // Of a window: what the gates multiplied, in turn, as one may be read while the next is filled; the gradient of
  // the inputs, and one gate's part of it.
  Buffer<T> inputs[2], sources[2], dinputs, dinputs_of_gate;

  BackwardPlanes(const Sequence<T>& s, int members, bool dx, bool dreset)
      : vectors(s, C::VECTORS), resets(s, dreset && s.has_resets() ? C::S : 0) {
    const ptrdiff_t field = field_size(s, s.B), window = window_size(s, s.B);
    dstate = Buffer<T>(C::S * field), direct = Buffer<T>(field), dout = Buffer<T>(field);
    if (C::PARTS == 2) dsource = Buffer<T>(field);
    if (C::NORMALISED) dproducts = Buffer<T>(C::G * field);
    if (C::STREAMS) streams = Buffer<T>(StreamPlanes<T, C>::size(s, s.B));
    if (C::DECAYS) fades = Buffer<T>(field);
    if (C::PRODUCT && s.recurrent_drops) product = Buffer<T>(members * products_size(s, 1));
    if (dx && s.input_drops > 1) dinputs_of_gate = Buffer<T>(window);
    for (int i = 0; i < 2; ++i) {
      inputs[i] = Buffer<T>(inputs_size(s, s.B));
      if (C::PRODUCT && s.recurrent_drops) sources[i] = Buffer<T>(C::G * field * s.window);
    }
    if (dx) dinputs = Buffer<T>(window);
  }

  static ptrdiff_t field_size(const Sequence<T>& s, int rows) { return ptrdiff_t(s.blocks()) * rows * W<T>; }
  static ptrdiff_t window_size(const Sequence<T>& s, int rows) {
    return ptrdiff_t(blocks_of<T>(s.F)) * s.window * rows * W<T>;
  }
};

}  // namespace ELMAN_ISA
