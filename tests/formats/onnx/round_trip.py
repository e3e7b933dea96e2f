"""Write models of every layer that ONNX can hold, run them, and write the table of the guide.

    python -m tests.formats.onnx.round_trip

Each model goes to a file, through onnxruntime and through `elman.load_onnx`; the table in
docs/guides/onnx.md has the largest difference from elman's own outputs, relative to the larger of 1
and the largest of them. The exit status is 1 where one is above the tolerance of the tests.
"""

import re
import sys
import tempfile
from pathlib import Path

import numpy as np
import onnxruntime

import elman
from elman import layers, ops
from elman._tree import flatten
from tests import tolerances

PAGE = Path(__file__).parents[3] / "docs" / "guides" / "onnx.md"
PLACE = re.compile(r"(?<=<!-- round trip -->\n).*?(?=<!-- end -->)", re.DOTALL)
B, T, F, U = 4, 50, 8, 16
FUNCTIONS = (  # of those that take one array
    *("argsort", "cumprod", "cumsum", "erf", "exp", "floor", "gelu", "layer_normalization"),
    *("logsumexp", "median", "normalize", "rms_normalization", "sin", "softmax", "softplus"),
    *("sort", "sparsemax", "square", "std", "tanh", "transpose", "tril", "var"),
)


def stacks():
    """Return rows of layers on top of one another: what they show, and the layers."""
    found = {}
    operators = ("SimpleRNN", "GRU", "LSTM", "PeepholeLSTM", "CoupledLSTM")
    loops = ("IndRNN", "LeakyRNN", "MinGRU", "MinLSTM", "ZoneoutLSTM", "LayerNormLSTM",
             "LayerNormGRU", "GRUD")  # fmt: skip
    for name in (*operators, *loops):
        make = getattr(layers, name)
        found[f"`{name}`"] = [
            [make(U)], [layers.Masking(), make(U, return_sequences=True)],
            [layers.Masking(), layers.Bidirectional(make(U, return_sequences=True))],
            [make(U, return_sequences=True, go_backwards=True), make(U)],
        ]  # fmt: skip
    cells = [layers.GRUCell(U), layers.LSTMCell(U), layers.SimpleRNNCell(U)]
    found["stacks of cells"] = [[layers.RNN(cells)]]
    found["`Dense` and activations"] = [
        [layers.TimeDistributed(layers.Dense(U, activation=name))]
        for name in ("relu", "softmax", "gelu", "mish", "silu", "selu", "hard_sigmoid")
    ] + [[layers.Softmax([1, 2])], [layers.ReLU(1.0, 0.1, 0.2)], [layers.PReLU()]]
    found["normalisation"] = [
        [layers.LayerNormalization()], [layers.LayerNormalization(axis=1)],
        [layers.LayerNormalization(rms_scaling=True)], [layers.BatchNormalization()],
        [layers.RMSNormalization()], [layers.UnitNormalization()],
    ]  # fmt: skip
    found["convolutions"] = [
        [make(U, 3, strides=stride, padding=padding)]
        for make in (layers.Conv1D, layers.SeparableConv1D, layers.Conv1DTranspose)
        for stride in (1, 2)
        for padding in ("valid", "same")
    ] + [[layers.Conv1D(U, 3, padding="causal", dilation_rate=4)], [layers.DepthwiseConv1D(5)]]
    found["shapes and pooling"] = [
        [layers.Flatten(), layers.RepeatVector(3)], [layers.Permute((2, 1))],
        [layers.Reshape((-1, 4))], [layers.Masking(), layers.GlobalAveragePooling1D()],
        [layers.GlobalMaxPooling1D()], [layers.MaxPooling1D(3, padding="same")],
        [layers.AveragePooling1D(3, 2, padding="same")], [layers.UpSampling1D(2)],
        [layers.ZeroPadding1D(2), layers.Cropping1D((1, 3))],
    ]  # fmt: skip
    return found


def functions():
    """Return rows of models that are no stacks: what they show, and what makes them of an input."""
    masked = [layers.Masking(), layers.Identity(), layers.Masking(1.0)]
    merges = ("Add", "Average", "Concatenate", "Maximum", "Minimum", "Multiply", "Subtract")

    def merged(name, first):
        merge = getattr(layers, name)()
        return lambda x: layers.GRU(U)(merge([masked[i](x) for i in (first, first + 1)]))

    attention = (layers.Attention, layers.AdditiveAttention)
    return {
        "merging, with masks": [merged(name, first) for name in merges for first in (0, 1)],
        "attention and `Dot`": [
            *((lambda x, make=make: make()([layers.Masking()(x), x])) for make in attention),
            *((lambda x, make=make: make()([x, layers.Masking()(x)], use_causal_mask=True))
              for make in attention),
            lambda x: layers.Dot(2, normalize=True)([x, x]),
        ],
        "functions of `elman.ops`": [
            lambda x, name=name: getattr(ops, name)(x) for name in FUNCTIONS
        ],
    }  # fmt: skip


def difference(make, folder):
    """Return the largest differences of a model: in onnxruntime, and in elman from the file."""
    draw = np.random.default_rng(0)
    entry = elman.Input((T, F), name="x")
    y = entry
    for layer in make if isinstance(make, list) else [make]:
        y = layer(y)
    model = elman.Model(entry, y)
    x = draw.normal(size=(B, T, F)).astype("float32")
    x[1, 30:], x[2, :5], x[3, 10:20] = 0, 0, 0
    for weight in model.weights:
        if "bias" in weight.name:
            weight.assign(draw.normal(size=weight.shape).astype(weight.dtype))
    path = folder / "model.onnx"
    model.export(path)
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    wanted = flatten(model(x))
    return [
        max(apart(have, want) for have, want in zip(found, wanted, strict=True))
        for found in (session.run(None, {"x": x}), elman.load_onnx(path).run({"x": x}))
    ]


def apart(have, want):
    """Return the largest difference, relative to the larger of 1 and the largest number."""
    have, want = np.asarray(have, "float64"), np.asarray(want, "float64")
    return float(np.abs(have - want).max() / max(1.0, np.abs(want).max()))


def main():
    """Write the table, and return the exit status."""
    rows = ["| models of | how many | onnxruntime | elman, from the file |", "|---|---|---|---|"]
    worst = 0.0
    with tempfile.TemporaryDirectory() as folder:
        for name, makes in (stacks() | functions()).items():
            pairs = [difference(make, Path(folder)) for make in makes]
            one, other = (max(each) for each in zip(*pairs, strict=True))
            worst = max(worst, one, other)
            rows.append(f"| {name} | {len(pairs)} | {one:.1e} | {other:.1e} |")
    table = "\n" + "\n".join(rows) + "\n\n"
    page = PAGE.read_text(encoding="utf-8")
    PAGE.write_text(PLACE.sub(lambda _: table, page), encoding="utf-8")
    print(table)
    return int(worst > tolerances.ONNX)


if __name__ == "__main__":
    sys.exit(main())
