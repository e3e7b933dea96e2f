// The functions that each instruction set offers, as a table of pointers; see instruction_set.hpp.
#pragma once

#include <cstddef>

namespace elman {

using std::ptrdiff_t;

// The cells, in the order of _native_arguments.py, as native/cells has them.
struct CellShape {
  int gates, states, extra, biases;
  int second;               // how many of the gates are a second part of the step
  int vectors, streams;     // weights of each unit alone; arrays of which a step reads its part
  bool product, decays;     // whether the state is multiplied; whether stream 0 multiplies it before all else
  bool drops = product;     // whether there is recurrent dropout
  bool normalised = false;  // whether products are normalised row by row; the bias is then one of the vectors
};
constexpr CellShape CELLS[] = {
    {1, 1, 0, 1, 0, 0, 0, true, false},                // simple_rnn
    {4, 2, 1, 1, 0, 0, 0, true, false},                // lstm
    {3, 1, 1, 2, 0, 0, 0, true, false},                // gru
    {3, 1, 1, 1, 1, 0, 0, true, false},                // gru_reset_before
    {3, 2, 1, 1, 0, 0, 0, true, false},                // lstm_coupled
    {4, 2, 1, 1, 0, 3, 0, true, false},                // lstm_peephole
    {4, 2, 1, 1, 0, 0, 2, true, false},                // lstm_zoneout
    {1, 1, 0, 1, 0, 1, 0, false, false, true},         // indrnn
    {2, 1, 0, 1, 0, 0, 0, false, false},               // min_gru
    {3, 1, 1, 1, 0, 0, 0, false, false},               // min_lstm
    {1, 1, 0, 1, 0, 1, 2, true, false},                // leaky
    {3, 1, 2, 1, 1, 0, 1, true, true},                 // gru_decay
    {4, 2, 11, 1, 0, 14, 0, true, false, true, true},  // lstm_normalised
    {3, 1, 7, 1, 0, 10, 0, true, false, true, true},   // gru_normalised
};
constexpr int CELL_COUNT = sizeof(CELLS) / sizeof(CELLS[0]);
constexpr int MOST_GATES = 4, MOST_VECTORS = 14, MOST_STREAMS = 2,
              MOST_WORDS = 14;  // that a cell has, and of both together

// Activations from this number on (math.hpp) have derivatives in terms of their input, which the tape then keeps.
constexpr int FIRST_THAT_NEEDS_INPUT = 15;

// Plain arrays and numbers, so that nothing of one instruction set's code leaks into another's.
struct Arguments {
  int cell;
  int B, T, F, U, phi, sigma, threads;
  int window;      // how many turns the planes of the tape hold
  int checkpoint;  // 0, or of how many turns one state alone is kept: a multiple of `window`
  const void *x, *kernel, *recurrent, *bias;
  const void* vectors[MOST_VECTORS];  // (U,) each
  const void* streams[MOST_STREAMS];  // (B, T, U) each; null: zeros
  const unsigned char *mask, *reset;  // (B, T); null: all steps are taken, no state is put back
  const void* reset_state[2];         // (U,) each, what it is put back to; null: zeros
  const void* input_drop[4];
  const void* recurrent_drop[4];
  int input_drops, recurrent_drops;
  bool backwards, zero_output, sequences;
  void *records, *states;  // the tape, null where none is kept; see sequence.hpp
};

struct Forward {
  const void* start[2];  // null: zeros
  void* outputs;
  void* final[2];                       // null: not wanted
  void *states[2], *gates[MOST_GATES];  // (B, T, U) each: the history, by timestep; null: not wanted
};

struct Backward {
  const void* doutputs;
  const void* dfinal[2];               // null: zeros
  void *dx, *dstart[2];                // null: not wanted
  void *dkernel, *drecurrent, *dbias;  // dkernel null: no gradients of weights
  void* dstates[2];                    // (B, T, U) each, or null
  void* dvectors[MOST_VECTORS];
  void* dreset[2];  // null: not wanted
  void* dfades;     // (B, T, U): of the stream that decays; null: not wanted
};

// The product of a Dense layer, a = x W + b.
struct Dense {
  ptrdiff_t rows;
  int K, N, threads;
  const void *x, *kernel, *bias;  // (rows, K), (K, N), (N,) or null
  void* a;                        // (rows, N)
  const void* da;
  void *dx, *dkernel, *dbias;  // dx and dbias may be null
};

struct Table {
  void (*forward_float)(const Arguments&, const Forward&);
  void (*forward_double)(const Arguments&, const Forward&);
  void (*backward_float)(const Arguments&, const Backward&);
  void (*backward_double)(const Arguments&, const Backward&);
  void (*dense_float)(const Dense&, bool backward);
  void (*dense_double)(const Dense&, bool backward);
};

extern const Table table_portable;
extern const Table table_avx2;
extern const Table table_avx512;

}  // namespace elman
