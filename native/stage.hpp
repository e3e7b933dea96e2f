// What a stream is made of: a model's layers as stages, and the functions that pack and run them.
//
// A stage is plain numbers and pointers, so that nothing of one instruction set's code leaks into
// another's. bind_stream.cpp owns the memory.
#pragma once

#include <cstddef>

#include "table.hpp"

namespace elman {

// What a stage is: one of the cells, or one of these.
enum StageKind : int { DENSE = 100, ACTIVATION, EMBEDDING };

// The activation that a stage of its own has and a cell has not; the others are those of math.hpp.
constexpr int SOFTMAX = -1;

struct Weights {  // as the layer has them, [rows][gates][units]
  const void *kernel, *recurrent, *bias;
  const void* words[MOST_WORDS];  // (U,) each: the cell's own weights, then what its streams are; null: zeros
};

struct Stage {
  int kind, phi, sigma;
  int F, U, P;       // values in, values out, and U rounded up to whole vectors
  int batch;         // rows
  bool up;           // which way the next step goes through the blocks of units
  void* panel[2];    // packed weights, a part of the cell each; of an embedding, its table
  void* bias[2];     // [gates][P], of the inputs and of the state
  void* words;       // [words][P]
  void* now[2];      // the states, (batch, P) each
  void* next[2];     // where a step leaves the new ones
  void* scratch[2];  // what a second part reads, (batch, P) each; of a normalised cell its products, [gates] of them
  void* out;         // (batch, P), what the stage after reads
  void (*run)(Stage&, const void* in, std::ptrdiff_t stride);
};

struct StreamTable {
  int lanes_float, lanes_double;
  void (*pack_float)(Stage&, const Weights&);
  void (*pack_double)(Stage&, const Weights&);
};

extern const StreamTable stream_portable;
extern const StreamTable stream_avx2;
extern const StreamTable stream_avx512;

}  // namespace elman
