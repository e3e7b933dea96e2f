// The Elman cell; the equations are those of src/elman/cells/simple_rnn.py.
#pragma once

#include "../math.hpp"

namespace ELMAN_ISA {

struct SimpleRnn {
  static constexpr int G = 1, S = 1, E = 0, BIASES = 1, ROWS = 6, BACK_ROWS = 12;

  static constexpr int PARTS = 1;
  static constexpr int first(int part) { return part * G; }
  static constexpr bool made(int, int) { return true; }

  template <int, class T>
  static void forward(int phi, int, const Vec<T>* x, const Vec<T>* q, const Vec<T>*, Vec<T>* gates, Vec<T>*,
                      Vec<T>* state) {
    gates[0] = activate(phi, x[0] + q[0]);
    state[0] = gates[0];
  }

  template <int, class T>
  static void backward(int phi, int, const Vec<T>* gates, const Vec<T>*, const Vec<T>*, const Vec<T>* ds, Vec<T>* dx,
                       Vec<T>* dq, Vec<T>* dprev) {
    dx[0] = dq[0] = derive(phi, ds[0], gates[0]);
    dprev[0] = Vec<T>::zero();
  }
};

}  // namespace ELMAN_ISA
