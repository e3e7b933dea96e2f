"""Files that real Keras wrote, of every version: the same weights, the same numbers."""

import numpy as np
import pytest

import elman
from elman.models import load_model, model_from_json
from tests.formats.pack_keras import inputs, put, several, unpack
from tests.tolerances import KERAS_OUTPUT, KERAS_TRAINING

FILES = {
    (file, name): case
    for file in ("keras3", "keras3_0", "keras2", "keras2_12")
    for name, case in unpack(file).items()
    if not name.startswith("train_")
}


def each(cases, *forms):
    """Return a mark for every model and form in which there is a file of it."""
    found = [(which, form) for which, case in cases.items() for form in forms if form in case]
    names = ["-".join((*which, form)) for which, form in found]
    return pytest.mark.parametrize(("which", "form"), found, ids=names)


def assert_same_outputs(model, case):
    for again in ("", "_again"):
        if again and "y0_again" not in case:
            break
        y = model(inputs(case))
        if isinstance(y, dict):
            pairs = [(y[key], case[f"y_{key}"]) for key in y]
        else:
            ys = list(y) if isinstance(y, (list, tuple)) else [y]
            pairs = [(each, case[f"y{i}{again}"]) for i, each in enumerate(ys)]
        for have, want in pairs:
            np.testing.assert_allclose(
                have, want, rtol=0, atol=KERAS_OUTPUT * max(1, np.abs(want).max())
            )


def assert_weights(model, case):
    for have, want in zip(model.get_weights(), several(case, "w"), strict=True):
        np.testing.assert_array_equal(have, want)


@each(FILES, "keras", "h5")
def test_whole_models_compute_what_keras_computes(which, form, tmp_path):
    case = FILES[which]
    model = load_model(put(case, form, tmp_path))
    assert_weights(model, case)
    assert_same_outputs(model, case)


@each(FILES, "weights.h5", "w.h5")
def test_weights_alone_go_into_a_model(which, form, tmp_path):
    case = FILES[which]
    if which[0] == "keras3":
        model = model_from_json(case["model.json"].tobytes().decode())
    else:
        model = load_model(put(case, "h5" if "h5" in case else "keras", tmp_path), compile=False)
        model.set_weights([0 * w for w in model.get_weights()])
    model.load_weights(put(case, form, tmp_path))
    assert_weights(model, case)
    assert_same_outputs(model, case)


@each({which: case for which, case in FILES.items() if "t0" in case}, "keras", "h5")
def test_what_compile_chose_and_the_optimizer_are_there(which, form, tmp_path):
    case = FILES[which]
    model = load_model(put(case, form, tmp_path))
    loss = model.evaluate(inputs(case), case["t0"], verbose=0, return_dict=True)["loss"]
    assert abs(loss - case["evaluate_loss"]) < KERAS_OUTPUT
    assert model.optimizer.iterations == case["optimizer_iterations"]


TRAINED = {
    (file, name): case
    for file in ("keras2_training", "keras2_12")
    for name, case in unpack(file).items()
    if name.startswith("train_") and name != "train_old_nadam"
}


@each(TRAINED, "keras", "h5")
def test_training_goes_on_as_in_keras_2(which, form, tmp_path):
    case = TRAINED[which]
    model = load_model(put(case, form, tmp_path))
    assert model.optimizer.iterations == case["iterations"]
    x, y = case["train_x"], case["train_y"]
    assert abs(model.evaluate(x, y, verbose=0)[0] - case["loss"]) < KERAS_OUTPUT
    model.fit(x, y, epochs=2, batch_size=4, shuffle=False, verbose=0)
    if which[1] == "train_nadam":
        return  # Keras 2 multiplies the momenta of a step anew for each weight
    for have, want in zip(model.get_weights(), several(case, "later"), strict=True):
        np.testing.assert_allclose(have, want, rtol=0, atol=KERAS_TRAINING)


def test_an_older_nadam_is_refused_and_its_model_read(tmp_path):
    path = put(unpack("keras2_training")["train_old_nadam"], "h5", tmp_path)
    with pytest.raises(elman.errors.UnsupportedError, match=r"Nadam must be that of Keras 2.11"):
        load_model(path)
    assert load_model(path, compile=False).compiled is None


def test_a_layer_s_name_tells_which_weights_are_its(tmp_path):
    case = FILES["keras2", "encoder"]
    whole = load_model(put(case, "h5", tmp_path), compile=False)
    source = elman.Input((4, 2))
    part = elman.Model(source, elman.layers.LSTM(4, name="encoder")(source))
    part.load_weights(put(case, "w.h5", tmp_path), by_name=True)
    for have, want in zip(
        part.get_weights(), whole.get_layer("encoder").get_weights(), strict=True
    ):
        np.testing.assert_array_equal(have, want)
