"""The LSTMs of ONNX that are no cell of elman's, step by step in `elman.ops`.

They are those whose cell state is shown through another function than the candidate's (h and g),
and those with peepholes in which f = 1 - i. The names are those of `elman.cells.lstm`.

Source: https://onnx.ai/onnx/operators/onnx__LSTM.html
"""

from typing import Any

import numpy as np

from elman import activations, ops
from elman._typing import Array, Mask

State = tuple[Array, ...]


def unroll(
    weights: tuple[Any, ...], x: Array, start: State, functions: tuple[Any, ...],
    mask: Mask | None, backwards: bool,
) -> tuple[Array, State]:  # fmt: skip
    """Run over x (batch, timesteps, features): outputs in the order of the steps, final states."""
    kernel, recurrent, bias, peepholes, coupled = weights
    sigma, phi, outer = (activations.get(each) for each in functions)
    xw = ops.matmul(x, kernel) if bias is None else ops.matmul(x, kernel) + bias
    (h, c), outputs = start, []
    times = range(x.shape[1])
    for t in reversed(times) if backwards else times:
        a_i, a_f, a_g, a_o = ops.split(xw[:, t] + ops.matmul(h, recurrent), 4, 1)
        p_i, p_f, p_o = peepholes or (0, 0, 0)
        i = sigma(a_i + p_i * c)
        f = 1 - i if coupled else sigma(a_f + p_f * c)
        new_c = f * c + i * phi(a_g)
        new_h = sigma(a_o + p_o * new_c) * outer(new_c)
        taken = True if mask is None else mask[:, t, None]
        h, c = ops.where(taken, new_h, h), ops.where(taken, new_c, c)
        outputs.append(ops.where(taken, new_h, 0).astype(x.dtype))
    y = np.stack(outputs, 1) if outputs else np.zeros((*x.shape[:2], h.shape[-1]), x.dtype)
    return y, (h.astype(x.dtype), c.astype(x.dtype))
