"""Mistakes around a model: what is said of them."""

import re
from pathlib import Path

import numpy as np
import pytest

import elman
from elman import Input, Model, Sequential, callbacks, layers
from elman.errors import ArgumentError, FormatError, KeywordError, ShapeError

X, Y = np.ones((8, 2), "float32"), np.ones((8, 1), "float32")


def make():
    model = elman.Sequential([layers.Input((2,)), layers.Dense(1)], name="own")
    model.compile("sgd", "mse")
    return model


def fit(**options):
    return make().fit(X, Y, verbose=0, **options)


@pytest.mark.parametrize(
    ("attempt", "text"),
    [
        (lambda: make().predict(None),
         "Sequential 'own': `x` must be an array of real numbers; got None."),
        (lambda: fit(validation_data=X),
         "Sequential 'own': `validation_data` must be (x, y) or (x, y, sample_weight); got one "
         "array of shape (8, 2)."),
        (lambda: callbacks.TensorBoard(log_dir=3), "TensorBoard: `log_dir` must be a path; got 3."),
    ],
)  # fmt: skip
def test_errors_name_the_argument(attempt, text):
    with pytest.raises(ArgumentError, match=re.escape(text)):
        attempt()


def test_a_folder_is_no_file(tmp_path):
    folder = tmp_path / "a.keras"
    folder.mkdir()
    text = f"`filepath` must be a file; got the folder {str(folder)!r}. Name a file in it, "
    with pytest.raises(ArgumentError, match=re.escape(text)):
        make().save(folder)


@pytest.mark.parametrize(
    "callback",
    [
        callbacks.LambdaCallback(on_epoch_begin=lambda epoch: None),
        callbacks.LearningRateScheduler(lambda epoch: {}[epoch]),
    ],
)
def test_an_error_in_a_function_that_a_callback_was_given_has_a_note(callback):
    with pytest.raises((TypeError, KeyError)) as raised:
        fit(callbacks=[callback])
    assert raised.value.__notes__ == [f"in `on_epoch_begin` of {type(callback).__name__}"]


def headed(losses):
    """A model of two outputs, which are 3 and 0 for ones."""
    x = Input((3,))
    heads = [layers.Dense(1, kernel_initializer=kind, name=kind)(x) for kind in ("ones", "zeros")]
    model = Model(x, heads)
    model.compile("sgd", losses)
    return model


@pytest.mark.parametrize(("losses", "value"), [(["mse", None], 4.0), ([None, "mse"], 1.0)])
def test_targets_of_the_one_output_with_a_loss_may_come_alone_as_in_keras(losses, value):
    x, y = np.ones((8, 3), "float32"), np.ones((8, 1), "float32")
    assert headed(losses).fit(x, y, verbose=0).history["loss"] == [pytest.approx(value)]
    assert headed(losses).evaluate(x, [y], verbose=0) == pytest.approx(value)
    text = "`y` must be 2 arrays (ones, zeros); got 1."
    with pytest.raises(ShapeError, match=re.escape(text)):
        headed(["mse", "mse"]).fit(x, y, verbose=0)
    with pytest.raises(ShapeError, match=re.escape(text)):
        headed("mse").fit(x, y, verbose=0)


@pytest.mark.parametrize(
    ("attempt", "error", "text"),
    [
        (lambda: layers.Dense(3, name="d").kernel, AttributeError,
         "Dense 'd': the layer must be built before `kernel` is there; it is not. Call it on data "
         "first, or `build(input_shape)`."),
        (lambda: layers.LSTM(3, name="r").recurrent_kernel, AttributeError,
         "LSTM 'r': the layer must be built before `recurrent_kernel` is there; it is not."),
        (lambda: layers.Dense(3).kernl, AttributeError, "'Dense' object has no attribute 'kernl'"),
        (lambda: layers.Dense(3).add_weight(shape=(1,), initialiser="zeros"), KeywordError,
         "add_weight: `initialiser` must be an argument that add_weight has. Did you mean 'initia"),
        (lambda: elman.models.clone_model(headed("mse"), clone_fn=lambda layer: layer),
         KeywordError, "clone_model: `clone_fn` must be an argument that clone_model has. Did you "
         "mean 'clone_function'?"),
        (lambda: elman.utils.Dataset(lambda: iter([])).maps(abs), AttributeError,
         "'Dataset' object has no attribute 'maps'. Did you mean 'map'?"),
        (lambda: elman.utils.Dataset(lambda: iter([])).elephants, AttributeError,
         "'Dataset' object has no attribute 'elephants'"),
        (lambda: layers.Dense(1, kernel_regularizer=0.01), ArgumentError,
         "Dense: `kernel_regularizer` must be a regularizer; got 0.01. Did you mean "
         "`elman.regularizers.L2(0.01)`?"),
        (lambda: headed("mse").fit("abc", np.ones(2)), ArgumentError,
         "`x` must be an array of real numbers; got str of dtype <U3. If it names a file, read it "
         "first, such as with `np.loadtxt`."),
        (lambda: headed("mse").fit(["abc"], np.ones(2)), ArgumentError,
         "got list of dtype <U3. Turn words into numbers."),
        (lambda: headed("mse").fit(None), ArgumentError,
         "`x` must be an array of real numbers; got None. Give an array; a function without "
         "`return` gives None."),
    ],
)  # fmt: skip
def test_what_a_new_user_gets_wrong_is_told_with_a_fix(attempt, error, text):
    with pytest.raises(error, match=re.escape(text)):
        attempt()


def test_what_is_missing_is_missing_to_hasattr_too():
    layer = layers.Dense(3)
    assert not hasattr(layer, "kernel")
    layer.build((None, 2))
    assert hasattr(layer, "kernel")


@pytest.mark.parametrize("ending", [".keras", ".weights.h5"])
def test_a_file_of_another_kind_is_told_with_its_path(tmp_path, ending):
    path = tmp_path / f"m{ending}"
    path.write_text("hello")
    read = headed("mse").load_weights if "weights" in ending else elman.models.load_model
    is_what = "be a whole HDF5 file" if "weights" in ending else "be a zip, as models are saved in"
    text = f"{path}: it must {is_what};"
    with pytest.raises(FormatError, match=re.escape(text)):
        read(path)


@pytest.mark.parametrize("loss", ["categorical_crossentropy", "categorical_focal_crossentropy"])
def test_a_loss_over_classes_warns_once_of_outputs_of_one_class(loss):
    x, y = np.ones((8, 3), "float32"), np.ones((8, 1), "float32")
    model = Sequential([Input((3,)), layers.Dense(1, activation="softmax")])
    model.compile("sgd", loss)
    text = f"loss '{loss}': outputs of shape (8, 1) are of one class, and with one class nothing is"
    with pytest.warns(UserWarning, match=re.escape(text)) as found:
        model.fit(x, y, epochs=3, verbose=0)
    assert [Path(each.filename).name for each in found] == [Path(__file__).name]
    assert "`Dense(1, activation='sigmoid')` and the loss 'binary_crossentropy'." in str(found[0])
