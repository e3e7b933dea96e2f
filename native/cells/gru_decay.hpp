// The gated recurrent unit whose state fades before each step; the equations are those of
// src/elman/cells/gru_decay.py.
#pragma once

#include "gru_reset_before.hpp"

namespace ELMAN_ISA {

struct GruDecay : GruResetBefore {
  static constexpr int E = 2;  // and the state before it faded
  static constexpr int STREAMS = 1;
  static constexpr bool DECAYS = true, MUCH_USED = false;
};

}  // namespace ELMAN_ISA
