"""Operators and functions of `elman.ops` on symbolic tensors."""

import json
import re
from pathlib import Path

import numpy as np
import pytest

import elman
from elman import Input, Model, activations, layers, ops
from elman.errors import ArgumentError, ShapeError, UnsupportedError
from elman.gradient_tape import GradientTape
from elman.layers.parts.symbolic import SymbolicTensor
from elman.layers.saved import keras_classes
from elman.models import clone_model, model_from_json
from tests.golden.operations import MODELS, data
from tests.gradcheck import assert_gradient
from tests.tolerances import KERAS_GRADIENT, KERAS_OUTPUT

GOLDEN = np.load(Path(__file__).parents[1] / "golden" / "operations.npz")
EACH = pytest.mark.parametrize("name", MODELS)
A = np.linspace(-1.3, 2.4, 24).reshape(2, 4, 3)


def with_weights(name, model):
    model.set_weights([GOLDEN[f"{name}/weights/{i}"] for i in range(len(model.weights))])
    return model


@EACH
@pytest.mark.parametrize("source", ["elman", "keras"])
def test_models_compute_what_keras_s_do_whoever_wrote_them(name, source):
    text = str(GOLDEN[f"{name}/json"]) if source == "keras" else MODELS[name](elman).to_json()
    model = with_weights(name, model_from_json(text))
    with GradientTape() as tape:
        found = elman._tree.flatten(model(data(name)))
        loss = sum(ops.sum(ops.square(ops.cast(y, "float32"))) for y in found)
    for i, y in enumerate(found):
        expected = GOLDEN[f"{name}/output/{i}"]
        np.testing.assert_allclose(
            ops.convert_to_numpy(y), expected, rtol=KERAS_OUTPUT, atol=KERAS_OUTPUT
        )
        assert ops.dtype(y) == expected.dtype
    for i, dw in enumerate(tape.gradient(loss, model.weights)):
        expected = GOLDEN[f"{name}/gradient/{i}"]
        np.testing.assert_allclose(dw, expected, atol=KERAS_GRADIENT * np.abs(expected).max())


@EACH
def test_operations_are_written_as_keras_writes_them(name):
    def form(config):
        unsaid = [("dtype", None), ("dtype", "float32")]
        numbers = re.compile(r"_\d+$")
        entries = [
            {key: entry[key] for key in ("module", "class_name", "registered_name")}
            | {"options": sorted((k, v) for k, v in entry["config"].items()
                                  if k != "name" and (k, v) not in unsaid)}
            | {"name": numbers.sub("", entry["name"])}
            | {"args": [re.sub(r'"keras_history": \[[^]]*\]', "", json.dumps(call["args"]))
                        for call in entry["inbound_nodes"]]}
            for entry in config["config"]["layers"]
            if entry["module"].startswith("keras.src.ops")
        ]  # fmt: skip
        places = [
            json.dumps(entry).replace("int64", "int32") for entry in entries
        ]  # as NumPy has it
        return sorted(places)

    written = form(json.loads(MODELS[name](elman).to_json()))
    expected = form(json.loads(str(GOLDEN[f"{name}/json"])))
    if name == "masks":  # the operations that make masks are Keras's own affair
        assert set(written) <= set(expected)
    else:
        assert written == expected


@pytest.mark.filterwarnings("ignore:.*the mask of its input ends here")
@EACH
def test_json_and_clones_are_the_same_model(name):
    model = with_weights(name, MODELS[name](elman))
    for again in (model_from_json(model.to_json()), clone_model(model)):
        with_weights(name, again)
        for a, b in zip(
            elman._tree.flatten(model(data(name))),
            elman._tree.flatten(again(data(name))),
            strict=True,
        ):
            np.testing.assert_array_equal(a, b)


UNARY = {
    "-x": lambda x: -x,
    "abs(x)": abs,
    "round(x, 1)": lambda x: round(x, 1),
    "~(x > 0)": lambda x: ~(x > 0),
    "x[:, 1:, 0]": lambda x: x[:, 1:, 0],
    "x[..., -1]": lambda x: x[..., -1],
    "x[:, None]": lambda x: x[:, None],
}
BINARY = {
    "+": lambda x, y: x + y,
    "-": lambda x, y: x - y,
    "*": lambda x, y: x * y,
    "/": lambda x, y: x / y,
    "//": lambda x, y: x // y,
    "%": lambda x, y: x % y,
    "**": lambda x, y: abs(x) ** y if np.ndim(y) or y != 1.5 else x**2,
    "<": lambda x, y: x < y,
    "<=": lambda x, y: x <= y,
    ">": lambda x, y: x > y,
    ">=": lambda x, y: x >= y,
    "!=": lambda x, y: x != y,
    "&": lambda x, y: (x > 0) & (x < y),
    "|": lambda x, y: (x > 0) | (x < y),
    "^": lambda x, y: (x > 0) ^ (x < y),
}


@pytest.mark.parametrize("name", UNARY)
def test_operators_of_one_tensor(name):
    x = Input((4, 3), dtype="float64")
    y = UNARY[name](x)
    assert isinstance(y, SymbolicTensor)
    expected = A.round(1) if name.startswith("round") else UNARY[name](A)
    assert y.shape == (None, *expected.shape[1:])
    assert y.dtype == expected.dtype
    np.testing.assert_array_equal(Model(x, y)(A), expected)


@pytest.mark.parametrize("name", BINARY)
@pytest.mark.parametrize("other", [1.5, np.linspace(0.5, 1.5, 3), np.float64(0.75), 2])
def test_operators_with_numbers_and_arrays_on_either_side(name, other):
    f = BINARY[name]
    x = Input((4, 3), dtype="float64")
    np.testing.assert_array_equal(Model(x, f(x, other))(A), f(A, other))
    if name not in ("&", "|", "^", "**"):
        np.testing.assert_array_equal(Model(x, f(other, x))(A), f(other, A))


def test_matrices_are_multiplied_on_either_side():
    x = Input((4, 3), dtype="float64")
    w = np.linspace(-1, 1, 6).reshape(3, 2)
    model = Model(x, [x @ w, w.T @ x[:, :3], x.reshape((-1, 12)), x[:, :1].squeeze(1)])
    expected = [A @ w, w.T @ A[:, :3], A.reshape(-1, 12), A[:, 0]]
    for y, z in zip(model(A), expected, strict=True):
        np.testing.assert_allclose(y, z)


def test_a_gradient_goes_through_operations_into_layers_and_inputs():
    x, y = Input((4, 3), dtype="float64"), Input((4, 3), dtype="float64")
    dense = layers.Dense(3, dtype="float64")
    model = Model([x, y], ops.sum(ops.softmax(dense(x) * y + x), axis=1) / (1 + y[:, 0] ** 2))
    arrays = [A, A[::-1] + 0.3]

    def loss(a):
        return float((model([a, arrays[1]]) ** 2).sum())

    with GradientTape() as tape:
        boxes = [tape.watch(a) for a in arrays]
        total = ops.sum(ops.square(model(boxes)))
    assert_gradient(loss, A.copy(), tape.gradient(total, boxes[0]))
    kernel = dense.kernel.array
    before = kernel.copy()

    def changed(w):
        kernel[...] = w
        return loss(arrays[0])

    assert_gradient(changed, kernel.copy(), tape.gradient(total, dense.kernel))
    kernel[...] = before
    model.compile("sgd", "mse")
    found = elman.gradients(model, arrays, y=np.zeros((2, 3)))["weights"]
    for dw, weight in zip(found, dense.weights, strict=True):
        np.testing.assert_allclose(dw * 6, tape.gradient(total, weight), rtol=1e-9, atol=1e-12)


def test_training_moves_through_operations():
    x = Input((5, 2))
    h = layers.LSTM(4, return_sequences=True)(x)
    model = Model(x, layers.Dense(1)(ops.mean(h * ops.sigmoid(h), axis=1)))
    model.compile("adam", "mse")
    data = np.random.default_rng(0).normal(size=(32, 5, 2)).astype("float32")
    history = model.fit(data, data.sum((1, 2))[:, None], epochs=5, verbose=0).history["loss"]
    assert history[-1] < history[0]


def test_names_are_keras_s():
    elman.utils.clear_session()
    x = Input((3,))
    y = ops.expand_dims(1 / (x + 1 + x), -1)
    assert y.name == "expand_dims"
    names = [layer.name for layer in Model(x, y).layers]
    assert names == ["input_layer", "add", "add_1", "true_divide", "expand_dims"]
    assert repr(y) == "<SymbolicTensor shape=(None, 3, 1), dtype=float32, name=expand_dims>"


def test_shapes_and_dtypes_follow_open_axes():
    x = Input((None, 3))
    assert ops.concatenate([x, x], axis=1).shape == (None, None, 3)
    assert ops.matmul(x, ops.transpose(x, (0, 2, 1))).shape == (None, None, None)
    assert ops.sum(x, axis=-1).shape == (None, None)
    assert ops.reshape(x, (-1, 6)).shape == (None, 6)
    assert ops.shape(x) == (None, None, 3)
    assert (x > 0).dtype == "bool"
    assert ops.argmax(x, axis=1).dtype == "int64"
    values, places = ops.top_k(x, 2)
    assert (values.shape, places.dtype) == ((None, None, 2), "int32")
    assert ops.inv(Input((3, 3))).shape == (None, 3, 3)


@pytest.mark.parametrize("name", ["relu", "mish", "gelu", "leaky_relu", "exponential", "elu"])
def test_activations_are_operations_too(name):
    f = getattr(activations, name)
    x = Input((4, 3), dtype="float64")
    model = Model(x, f(x))
    np.testing.assert_allclose(model(A), f(A), rtol=1e-12)
    if name != "mish":
        np.testing.assert_allclose(model_from_json(model.to_json())(A), f(A), rtol=1e-12)


def test_loops_and_functions_of_one_s_own_are_operations():
    x = Input((4, 3), dtype="float64")
    model = Model(x, ops.map(ops.sum, x))
    np.testing.assert_allclose(model(A), A.sum((1, 2)))
    with pytest.raises(UnsupportedError, match="must be inside a layer to be saved, because Keras"):
        model.to_json()


def test_every_class_of_keras_s_has_its_function():
    for name, (module, class_name, names) in keras_classes.CLASSES.items():
        code = getattr(ops, name).__wrapped__.__code__
        takes = code.co_varnames[: code.co_argcount + 1]
        assert {each for each in names.split() if each[0] != "*"} <= set(takes), name
        if name not in keras_classes.SAME_CLASS:
            assert keras_classes.find(f"keras.src.ops.{module}", class_name) == name


def test_a_mask_that_ends_at_an_operation_is_said_to_end():
    x = Input((4, 3))
    model = Model(x, layers.LSTM(2)(layers.Masking()(x) * 2))
    with pytest.warns(UserWarning, match="Multiply 'multiply.*': the mask of its input ends here"):
        model(np.ones((1, 4, 3), np.float32))


@pytest.mark.parametrize(
    ("attempt", "error", "text"),
    [
        (lambda x: x + np.ones((5, 7)), ShapeError,
         "`inputs` must have shapes that `elman.ops.add` takes"),
        (lambda x: ops.reshape(x, (2, 7)), ShapeError, "`elman.ops.reshape` takes"),
        (lambda x: bool(x > 0), ArgumentError, "it holds no numbers yet for NumPy or Python"),
        (lambda x: np.asarray(x), ArgumentError, "must be computed with by layers, operators or"),
        (lambda x: np.exp(x), ArgumentError,
         "`elman.ops`; got NumPy's `exp`. Write `elman.ops.exp`, or a `call` of a layer of your"),
        (lambda x: np.mean(x, axis=1), ArgumentError, "`mean`. Write `elman.ops.mean`, or"),
        (lambda x: np.concatenate([x, x]), ArgumentError, "Write `elman.ops.concatenate`, or"),
        (lambda x: np.gradient(x), ArgumentError, "`gradient`. Write it with `elman.ops`, or"),
        (lambda x: np.add.reduce(x), ArgumentError, "`add`. Write `elman.ops.add`, or"),
        (lambda x: len(x), ArgumentError,
         "`len` must be asked of an array; got the symbolic tensor that it makes. Its sizes are in "
         "`x.shape`: (None, 4, 3)."),
        (lambda x: x.mean(), AttributeError, "no attribute 'mean'. Write `elman.ops.mean(x)`."),
        (lambda x: x.units, AttributeError, "'SymbolicTensor' object has no attribute 'units'"),
        (lambda x: list(x), ArgumentError, "must be computed with by layers, operators or"),
        (lambda x: float(x), ArgumentError, "it holds no numbers yet"),
        (lambda x: ops.convert_to_numpy(x), ArgumentError, "convert_to_numpy: `x` must hold numb"),
        (lambda x: x * layers.Dense(1).add_weight((3,), name="w"), UnsupportedError,
         "elman.ops.multiply: what is beside a symbolic tensor must be an array; got the weight"),
    ],
)  # fmt: skip
def test_errors_say_what_to_do(attempt, error, text):
    with pytest.raises(error, match=re.escape(text)):
        attempt(Input((4, 3)))


def test_an_array_may_stand_on_the_left_of_an_operator():
    x, a = Input((3,)), np.array([1.0, 2.0, 3.0], np.float32)
    model = Model(x, [a + x, a - x, a * x, a / x, a**x, a // x, a % x, a @ ops.transpose(x)])
    compared = Model(x, [a < x, a <= x, a > x, a >= x, a != x])
    given = np.array([[2.0, 2.0, 2.0]], np.float32)
    wanted = [a + given, a - given, a * given, a / given, a**given, a // given, a % given]
    for found, each in zip(model(given), [*wanted, a @ given.T], strict=True):
        np.testing.assert_array_equal(found, each)
    for found, each in zip(
        compared(given), [a < given, a <= given, a > given, a >= given, a != given], strict=True
    ):
        np.testing.assert_array_equal(found, each)
    assert (np.shape(x), np.ndim(x)) == ((None, 3), 2)
    assert np.float32(2) * x is not None
    assert [a == x] == [False]


def test_a_tensor_where_keras_takes_a_value_cannot_be_saved():
    x = Input((3,))
    model = Model(x, ops.clip(x, -1.0, ops.max(x)))
    np.testing.assert_array_equal(model(np.array([[-2.0, 0.0, 0.5]], "f4")), [[-1, 0, 0.5]])
    with pytest.raises(UnsupportedError, match="`x_max` must be a plain value to be saved"):
        model.to_json()


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"class_name": "Conv"}, "has class Conv, which elman does not have"),
        ({"config": {"name": "one_hot", "num_classes": 3, "axis": -1, "sparse": True}}, "sparse"),
    ],
)
def test_operations_that_elman_lacks_are_named(change, text):
    x = Input((), dtype="int32")
    config = json.loads(Model(x, ops.one_hot(x, 3)).to_json())
    config["config"]["layers"][1] |= change
    with pytest.raises((UnsupportedError, ArgumentError), match=text):
        model_from_json(json.dumps(config))
