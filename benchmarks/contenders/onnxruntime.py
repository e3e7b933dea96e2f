"""ONNX Runtime: the same network as an ONNX model, time first as its operators want it."""

from functools import partial
from typing import Any

import numpy as np
import onnxruntime
from onnx import TensorProto, helper, numpy_helper

from benchmarks.contenders import Run
from benchmarks.problem import GATES, Problem, data, weights

OPERATOR = {"SimpleRNN": "RNN", "GRU": "GRU", "LSTM": "LSTM"}
ORDER = {"SimpleRNN": [0], "GRU": [0, 1, 2], "LSTM": [0, 3, 1, 2]}  # LSTM: i o f c
_threads = 1


def set_threads(threads: int) -> None:
    global _threads
    _threads = threads


def infer(problem: Problem) -> Run:
    """The layer's last output, and the dense layer."""
    *_, dense, dense_bias = weights(problem)
    nodes = [
        _layer(problem, outputs=["", "h"]),
        helper.make_node("Squeeze", ["h", "axis"], ["last"]),
        helper.make_node("Gemm", ["last", "dense", "dense_bias"], ["y"]),
    ]
    more = {"dense": dense, "dense_bias": dense_bias, "axis": np.array([0])}
    session = _session(problem, nodes, ["y"], more)
    feeds = {"x": _time_first(problem)}
    call = partial(session.run, ["y"], feeds)
    return Run(call, {"outputs": call()[0]})


def stream(problem: Problem) -> Run:
    """One timestep a call, the states going in and coming out."""
    states = ["h", "c"][: 2 if problem.layer == "LSTM" else 1]
    after = [f"{name}_next" for name in states]
    session = _session(problem, [_layer(problem, ["", *after], states)], after, {}, states)
    x = _time_first(problem)
    feeds = {"x": x[:1]} | {s: np.zeros((1, 1, problem.shape.units), "float32") for s in states}

    def call() -> Any:
        found = session.run(after, feeds)
        feeds.update(zip(states, found, strict=True))
        return found[0]

    outputs = []
    for t in range(len(x)):
        feeds["x"] = np.ascontiguousarray(x[t : t + 1])
        outputs.append(call().ravel())
    return Run(call, {"outputs": np.stack(outputs)})


def _time_first(problem: Problem) -> np.ndarray:
    return np.ascontiguousarray(np.swapaxes(data(problem)[0], 0, 1))


def _tensors(problem: Problem) -> tuple[np.ndarray, ...]:
    """Return W, R and B as ONNX keeps them: (1, gates, inputs), and always two biases."""
    kernel, recurrent, bias, *_ = weights(problem)

    def turned(array: np.ndarray) -> np.ndarray:
        blocks = np.split(array, GATES[problem.layer], axis=-1)
        return np.concatenate([blocks[i] for i in ORDER[problem.layer]], axis=-1)

    both = bias if bias.ndim == 2 else np.stack([bias, np.zeros_like(bias)])
    return turned(kernel).T[None], turned(recurrent).T[None], turned(both).reshape(1, -1)


def _layer(problem: Problem, outputs: list[str], states: list[str] | None = None) -> Any:
    options = {"linear_before_reset": 1} if problem.layer == "GRU" else {}
    start = ["", *states] if states else []
    return helper.make_node(
        OPERATOR[problem.layer],
        ["x", "W", "R", "B", *start],
        outputs,
        hidden_size=problem.shape.units,
        **options,
    )


def _session(
    problem: Problem,
    nodes: list[Any],
    outputs: list[str],
    more: dict[str, np.ndarray],
    states: list[str] | None = None,
) -> onnxruntime.InferenceSession:
    _, _, F, U = problem.shape
    shapes = {"x": [None, None, F]} | {state: [1, None, U] for state in states or []}
    tensors = dict(zip("WRB", _tensors(problem), strict=True)) | more
    graph = helper.make_graph(
        nodes,
        "benchmark",
        [helper.make_tensor_value_info(n, TensorProto.FLOAT, s) for n, s in shapes.items()],
        [helper.make_tensor_value_info(n, TensorProto.FLOAT, None) for n in outputs],
        [numpy_helper.from_array(np.ascontiguousarray(a), n) for n, a in tensors.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads, options.inter_op_num_threads = _threads, 1
    return onnxruntime.InferenceSession(
        model.SerializeToString(), options, providers=["CPUExecutionProvider"]
    )
