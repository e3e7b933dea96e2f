// What a step of training needs beside the recurrent passes: optimizers, norms, losses, masks, embeddings, missing
// values, random numbers.
//
// A table of pointers for each instruction set, as in table.hpp. Every function works on a part of
// its arrays, so that module code can split the work among threads.
#pragma once

#include <cstddef>
#include <cstdint>

namespace elman {

// One step of an optimizer over the model's buffer; the rules are those of src/elman/optimizers/.
//   g <- min(max(g, -clip), clip) * scale
//   w <- w - w * decay * eta
//   w <- rule(w, g, slots, numbers)
template <class T>
struct Update {
  int rule;  // 0 SGD, 1 RMSprop, 2 Adam, 3 Adamax, 4 Nadam, 5 Adagrad, 6 Adadelta, 7 Lion
  T* w;
  const T* g;
  T* slots[3];        // in the order of the optimizer's `slots`
  double numbers[4];  // as the optimizer's `numbers` gives them
  long t;             // the number of this step, from 1
  T eta, decay, clip, scale;
};

// Rows of predictions, their targets and weights; the losses are those of src/elman/losses/.
template <class T>
struct Rows {
  int loss;  // the order in losses.hpp
  size_t width;
  const T *p, *y;             // [rows][width]
  const int64_t* labels;      // [rows], in place of y
  const T* weights;           // [rows], or null for 1
  const unsigned char* keep;  // [rows], or null for all
  T divisor, delta;           // delta: Huber's
  T* dp;                      // [rows][width], dL/dp
  double* values;             // [rows], each row's loss times its weight
};

// What a GRU-D reads in place of missing values, and the gradients of that: rows of timesteps of features, with the
// names of src/elman/layers/recurrence/imputation.py.
template <class T>
struct Imputation {
  size_t timesteps, features;
  const T *x, *times, *start;  // [rows][timesteps][features], NaN where missing; [rows][timesteps]; [rows]
  const unsigned char* taken;  // [rows][timesteps]
  const T *mean, *w, *b;       // [features]
  T *inputs, *apart, *d, *g;   // [rows][timesteps][2 features]: xhat and m; [rows][timesteps][features]
};
template <class T>
struct ImputationBack {
  size_t timesteps, features;
  const T *dinputs, *inputs, *apart, *d, *g;  // as above
  const unsigned char* taken;
  const T *w, *b;
  T* dr;                // dL/dr, and from here on what is null where dx is not wanted
  T *dx, *dd, *dstart;  // dd: what reaches d by gamma; then dL/dtimes, of each feature. dstart: [rows][features]
};

template <class T>
struct RestOf {
  void (*update)(const Update<T>&, size_t begin, size_t end);
  double (*squares)(const T* g, size_t count);
  void (*losses)(const Rows<T>&, size_t begin, size_t end);
  void (*softmax)(const T* x, size_t width, size_t begin, size_t end, T* y);
  void (*dsoftmax)(const T* dy, const T* y, size_t width, size_t begin, size_t end, T* dx);
  void (*scatter)(const int64_t* indices, size_t count, const T* dy, size_t width, size_t begin, size_t end, T* table);
  void (*find_mask)(const T* x, size_t rows, size_t width, T value, bool* keep);
  void (*fill_in)(const Imputation<T>&, size_t begin, size_t end);
  void (*fill_in_back)(const ImputationBack<T>&, size_t begin, size_t end);
  void (*choose)(uint64_t key, uint32_t threshold, T below, T other, uint64_t first, size_t count, T* out);
};

struct Rest {
  RestOf<float> f32;
  RestOf<double> f64;
  void (*normal)(uint64_t key, const float* deviation, size_t width, uint64_t first, size_t count, float* out);
};

extern const Rest rest_portable;
extern const Rest rest_avx2;
extern const Rest rest_avx512;

}  // namespace elman
