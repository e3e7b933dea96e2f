// The functions that each instruction set offers, as a table of pointers chosen once at import.
#pragma once

#include <cstddef>
#include <functional>

namespace elman {

using Parallel = void (*)(int threads, int count, const std::function<void(int)>& job);

// Plain arrays and numbers, so that nothing of one instruction set's code leaks into another's.
struct Arguments {
  int cell;  // 0 SimpleRNN, 1 LSTM, 2 GRU, 3 GRU with the reset gate before the product
  int B, T, F, U, phi, sigma, threads;
  Parallel parallel;
  const void *x, *kernel, *recurrent, *bias;
  const unsigned char* mask;
  const void* input_drop[4];
  const void* recurrent_drop[4];
  int input_drops, recurrent_drops;
  bool backwards, zero_output, sequences;
  void *gates, *extra, *history;
};

struct Forward {
  const void* start[2];
  void* outputs;
  void* final[2];
};

struct Backward {
  const void* doutputs;
  const void* dfinal[2];
  void *dgates, *dlast;  // scratch: like gates; [B][T][P]
  void *dx, *dstart[2], *dkernel, *drecurrent, *dbias;
};

struct Table {
  const char* name;
  int lanes_float, lanes_double;
  void (*forward_float)(const Arguments&, const Forward&);
  void (*forward_double)(const Arguments&, const Forward&);
  void (*backward_float)(const Arguments&, const Backward&);
  void (*backward_double)(const Arguments&, const Backward&);
};

extern const Table table_portable;
extern const Table table_avx2;
extern const Table table_avx512;

}  // namespace elman
