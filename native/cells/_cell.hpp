// What the time loop asks of a cell, and what most of them answer.
//
// A cell is a type with the constants below and two functions, of as many rows and units as its vectors hold:
//
//   forward <PART>(phi, sigma, x, q, prev, w, gates, extra, state, a)
//   backward<PART>(phi, sigma, gates, extra, prev, w, ds, a, dx, dq, dprev, dw)
//
//   x, q    of each gate: x W + b, and the state's product        gates   the activated gates
//   prev    the states before the step, state: those after it     a       what the activations were taken of
//   w       the cell's own weights of these units, its streams at this step, and recurrent dropout's mask where it
//           DROPS; dw: the gradients of the weights
#pragma once

#include "../math.hpp"

namespace ELMAN_ISA {

template <int GATES, int STATES, int EXTRA = 0>
struct Cell {
  static constexpr int G = GATES, S = STATES;
  static constexpr int E = EXTRA;        // fields that backward reads besides the gates
  static constexpr int BIASES = 1;       // 2 where the product has one of its own
  static constexpr int VECTORS = 0;      // weights (U,), of each unit alone
  static constexpr int STREAMS = 0;      // arrays (B, T, U) that a step reads its part of
  static constexpr bool PRODUCT = true;  // whether the state is multiplied
  static constexpr bool DECAYS = false;  // whether stream 0 multiplies the state before all else
  static constexpr int WORDS = 1;        // at least VECTORS + STREAMS
  static constexpr bool NORMALISED = false;
  static constexpr bool DROPS = false;      // whether recurrent dropout's mask is one more word
  static constexpr int PHI = TANH;          // the usual activation phi,
  static constexpr bool SIGMA = GATES > 1;  // and whether there is a sigma
  // Whether it has code of its own for more activations, which takes time to compile.
  static constexpr bool MUCH_USED = false;
  static constexpr int PARTS = 1;                            // products a step, one after the other
  static constexpr int first(int part) { return part * G; }  // of the gates of a part
  static constexpr int gates(int) { return G; }              // how many it has
  static constexpr bool made(int, int) { return true; }      // whether a part of the way back makes a gate's gradient
  static constexpr int product_field(int gate) { return gate; }  // where the gradient of a gate's product stands
};

// A cell whose products are normalised, xhat and qhat, and perhaps its state; see normalised.hpp. Its bias is one of
// its own weights. It takes its step in two, the second where its STATE has been normalised.
template <int GATES, int STATES, int EXTRA>
struct NormalisedCell : Cell<GATES, STATES, EXTRA> {
  static constexpr int G = GATES;
  static constexpr bool NORMALISED = true;
  static constexpr int product_field(int gate) { return 2 * G + gate; }
};

}  // namespace ELMAN_ISA
