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
from elman import layers
from elman._tree import flatten
from tests import tolerances

PAGE = Path(__file__).parents[3] / "docs" / "guides" / "onnx.md"
PLACE = re.compile(r"(?<=<!-- round trip -->\n).*?(?=<!-- end -->)", re.DOTALL)
B, T, F, U = 4, 50, 8, 16


def models():
    """Return rows: what they show, and their layers."""
    found = {}
    operators = ("SimpleRNN", "GRU", "LSTM", "PeepholeLSTM", "CoupledLSTM")
    loops = ("IndRNN", "LeakyRNN", "MinGRU", "MinLSTM", "ZoneoutLSTM", "LayerNormLSTM",
             "LayerNormGRU")  # fmt: skip
    for names in (operators, loops):
        for name in names:
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
    ]
    found["normalisation"] = [
        [layers.LayerNormalization()], [layers.BatchNormalization()], [layers.RMSNormalization()],
        [layers.UnitNormalization()],
    ]  # fmt: skip
    found["shapes and pooling"] = [
        [layers.Flatten(), layers.RepeatVector(3)], [layers.Permute((2, 1))],
        [layers.Reshape((-1, 4))], [layers.Masking(), layers.GlobalAveragePooling1D()],
        [layers.GlobalMaxPooling1D()],
    ]  # fmt: skip
    return found


def difference(stack, folder):
    """Return the largest differences of a model: in onnxruntime, and in elman from the file."""
    draw = np.random.default_rng(0)
    model = elman.Sequential([elman.Input((T, F), name="x"), *stack])
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
    return float(np.abs(have - want).max() / max(1.0, np.abs(want).max()))


def main():
    """Write the table, and return the exit status."""
    rows = ["| models of | how many | onnxruntime | elman, from the file |", "|---|---|---|---|"]
    worst = 0.0
    with tempfile.TemporaryDirectory() as folder:
        for name, stacks in models().items():
            pairs = [difference(stack, Path(folder)) for stack in stacks]
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
