"""Training that goes on from a file ends with the bits of training that was never interrupted."""

import h5py
import numpy as np
import pytest

import elman
from elman import Input, Sequential, layers, optimizers
from elman.errors import FormatError, UnsupportedError
from elman.models import load_model
from tests.formats.models import X, Y, assert_same_weights, make, train
from tests.formats.test_damaged_files import entries, instead, weights, write

ENDINGS = [".keras", ".h5"]
SCHEDULES = optimizers.schedules
# Every optimizer, and every option that keeps something.
OPTIMIZERS = {
    "SGD": lambda: optimizers.SGD(0.05),
    "momentum": lambda: optimizers.SGD(0.05, momentum=0.9),
    "RMSprop": lambda: optimizers.RMSprop(0.01, centered=True, momentum=0.5),
    "Adam": lambda: optimizers.Adam(0.01, amsgrad=True, global_clipnorm=0.5),
    "AdamW": lambda: optimizers.AdamW(0.01),
    "Nadam": lambda: optimizers.Nadam(0.01),
    "Adamax": lambda: optimizers.Adamax(0.01),
    "Adagrad": lambda: optimizers.Adagrad(0.01),
    "Adadelta": lambda: optimizers.Adadelta(0.1),
    "Adafactor": lambda: optimizers.Adafactor(0.01),
    "Ftrl": lambda: optimizers.Ftrl(0.01),
    "Lamb": lambda: optimizers.Lamb(0.01),
    "Lion": lambda: optimizers.Lion(0.01),
    "Muon": lambda: optimizers.Muon(0.01),
    "averages": lambda: optimizers.Adam(0.01, use_ema=True, ema_overwrite_frequency=3),
    "gathered": lambda: optimizers.Adam(0.01, gradient_accumulation_steps=3),
    "scaled": lambda: optimizers.Adam(0.01, loss_scale_factor=8.0),
    "a schedule": lambda: optimizers.Adam(SCHEDULES.ExponentialDecay(0.01, 2, 0.5)),
    "a schedule alone": lambda: optimizers.SGD(SCHEDULES.CosineDecay(0.05, 9)),
    "exclusions": lambda: without_decay(["bias"]),
    "exclusions of none": lambda: without_decay(["nothing"]),
}
# What draws at every step.
DRAWS = {
    "Dropout": lambda: [layers.Dropout(0.5, seed=1)],
    "no seed": lambda: [layers.Dropout(0.5), layers.GaussianNoise(0.3)],
    "SpatialDropout1D": lambda: [layers.SpatialDropout1D(0.5, seed=1)],
    "AlphaDropout": lambda: [layers.AlphaDropout(0.5, seed=1)],
    "GaussianNoise": lambda: [layers.GaussianNoise(0.3, seed=1)],
    "GaussianDropout": lambda: [layers.GaussianDropout(0.3, seed=1)],
    "LSTM": lambda: [recurrent(layers.LSTM, dropout=0.3, recurrent_dropout=0.3, seed=1)],
    "GRU": lambda: [
        layers.Bidirectional(recurrent(layers.GRU, dropout=0.3, recurrent_dropout=0.3))
    ],
    "ZoneoutLSTM": lambda: [
        recurrent(layers.ZoneoutLSTM, zoneout_cell=0.5, zoneout_output=0.3, seed=1)
    ],
    "LeakyRNN": lambda: [recurrent(layers.LeakyRNN, noise=0.2, seed=1)],
    "Attention": lambda: [recurrent(layers.GRU), Attentive()],
    "a layer of your own": lambda: [Noisy()],
}


def without_decay(names):
    optimizer = optimizers.AdamW(0.01, weight_decay=0.1)
    optimizer.exclude_from_weight_decay(var_names=names)
    return optimizer


def recurrent(kind, **options):
    return kind(3, return_sequences=True, **options)


@elman.saving.register_keras_serializable("going_on")
class Noisy(layers.Layer):
    """Draws from a generator that it calls as it likes."""

    def __init__(self, **options):
        super().__init__(**options)
        self.noise = elman.random.SeedGenerator(5)

    def call(self, x, training=None):
        if not training:
            return x
        return x + elman.random.normal(elman.ops.shape(x), seed=self.noise)


@elman.saving.register_keras_serializable("going_on")
class Attentive(layers.Layer):
    """Has a layer inside that draws."""

    def __init__(self, **options):
        super().__init__(**options)
        self.attention = layers.Attention(dropout=0.3, seed=1)

    def call(self, x, training=None):
        return self.attention([x, x], training=training)


def made(optimizer, *more):
    """Return a compiled model in which other layers come first."""
    model = Sequential(
        [
            Input((None, 2)),
            *more,
            layers.GRU(3),
            layers.BatchNormalization(name="normal"),
            layers.Dense(4, "relu", name="middle"),
            layers.Dense(1),
        ]
    )
    model.compile(optimizer, "mse")
    return model


def assert_goes_on(model, path, later=lambda model: None):
    """Check a model against itself from a file, both trained on."""
    model.save(path)
    again = load_model(path)
    for each in (model, again):
        later(each)
        train(each)
    assert again.optimizer.iterations == model.optimizer.iterations
    assert_same_weights(again, model)


@pytest.mark.parametrize("ending", ENDINGS)
@pytest.mark.parametrize("which", OPTIMIZERS)
def test_every_optimizer(which, ending, path):
    model = made(OPTIMIZERS[which]())
    train(model)
    assert_goes_on(model, path.with_suffix(ending))


@pytest.mark.parametrize("ending", ENDINGS)
@pytest.mark.parametrize("which", DRAWS)
def test_everything_that_draws(which, ending, path):
    model = made("adam", *DRAWS[which]())
    train(model)
    assert_goes_on(model, path.with_suffix(ending))


def set_trainable(value):
    def change(model):
        model.get_layer("middle").trainable = value

    return change


@pytest.mark.parametrize("ending", ENDINGS)
@pytest.mark.parametrize("which", ["SGD", "momentum", "Adam", "Adafactor", "Muon", "averages"])
def test_what_was_frozen_and_is_trained_again(which, ending, path):
    model = made(OPTIMIZERS[which](), layers.Dropout(0.5, seed=1))
    train(model)
    set_trainable(False)(model)
    train(model)
    assert_goes_on(model, path.with_suffix(ending), set_trainable(True))


@pytest.mark.parametrize("ending", ENDINGS)
def test_all_is_frozen_and_trained_again(ending, path):
    def set_all(value):
        return lambda model: setattr(model, "trainable", value)

    model = made("adam")
    train(model)
    set_all(False)(model)
    assert_goes_on(model, path.with_suffix(ending), set_all(True))


@pytest.mark.parametrize("ending", ENDINGS)
@pytest.mark.parametrize(
    ("layer", "name"), [("middle", "kernel"), ("normal", "gamma"), ("normal", "beta")]
)
def test_a_single_weight_that_is_frozen(layer, name, ending, path):
    model = made("adam")
    getattr(model.get_layer(layer), name).trainable = False
    train(model)
    assert_goes_on(model, path.with_suffix(ending))
    again = load_model(path.with_suffix(ending), compile=False)
    assert_same_weights(again, load_model(path.with_suffix(ending)))
    assert [w.trainable for w in again.weights] == [w.trainable for w in model.weights]
    again.compile("adam", "mse")
    for weight in again.weights:
        weight.trainable = weight.learned
    train(again)  # it is not frozen for ever


def test_a_model_without_anything_of_the_kind_has_no_entry_of_it(path):
    model = Sequential([Input((2,)), layers.Dense(1)])
    model.compile("adam", "mse")
    model.save(path)
    path.write_bytes(entries(path)["model.weights.h5"])
    with h5py.File(path) as file:
        assert "elman_training" not in file


def test_without_the_optimizer_no_more_than_what_is_frozen_is_kept(path):
    model = made(without_decay(["bias"]), layers.Dropout(0.5, seed=1))
    model.get_layer("middle").kernel.trainable = False
    model.save(path, include_optimizer=False)
    path.write_bytes(entries(path)["model.weights.h5"])
    with h5py.File(path) as file:
        assert list(file["elman_training"]) == ["trainable"]


def test_a_generator_of_another_kind_is_refused(path):
    model = made("adam", Noisy(name="noisy"))
    model.layers[0].noise = np.random.Generator(np.random.MT19937(1))
    text = r"save: what Noisy 'noisy' draws from must be made by `numpy.random.default_rng` to be"
    with pytest.raises(UnsupportedError, match=text):
        model.save(path)
    assert not path.exists()
    model.save(path, include_optimizer=False)


def test_generators_that_are_not_there_yet_are_said(path):
    model = made("adam", layers.Dropout(0.5, seed=1))
    model.layers[0].another = elman.random.SeedGenerator(3)
    model.save(path)
    text = r"random numbers begin anew. 'elman_training/generators' has 3 states, where the layers"
    with pytest.warns(UserWarning, match=text):
        load_model(path)


# ---------------------------------------------------------------------- state that does not fit


def changed(path, change):
    contents = entries(path)
    change(contents)
    write(path, contents)


@pytest.mark.parametrize("optimizer", ["sgd", "adam", "a schedule", "averages", "gathered"])
def test_an_optimizer_of_keras_that_was_never_built(optimizer, path):
    """Keras builds its optimizer at the first step, and writes step and rate before."""
    make_one = OPTIMIZERS.get(optimizer, lambda: optimizer)
    model = make(make_one())
    model.save(path)
    rate = optimizer != "a schedule"

    def unbuilt(file):
        for name in list(file["optimizer/vars"])[1:]:
            if not (rate and name == "1"):
                file.pop(f"optimizer/vars/{name}")
        if rate:
            file["optimizer/vars/1"][()] = 0.25

    changed(path, weights(unbuilt))
    again = load_model(path)
    assert again.optimizer.iterations == 0
    if rate:
        assert again.optimizer.learning_rate == 0.25
        model.optimizer.learning_rate = 0.25
    for each in (model, again):
        train(each)
    assert_same_weights(again, model)


OTHERS = {
    "one fewer": (weights(lambda file: file.pop("optimizer/vars/3")), 21),
    "another shape": (instead("optimizer/vars/3", data=np.zeros(2)), 22),
}


@pytest.mark.parametrize("case", OTHERS)
def test_state_of_other_weights_is_left_out_with_a_warning(case, path):
    change, count = OTHERS[case]
    model = make()
    train(model)
    model.save(path)
    changed(path, change)
    text = (
        rf"what the optimizer kept is left out. 'optimizer/vars' has {count} arrays, of which those"
        " of Adam, 22 for the weights that are trainable now, differ in number or shape. Compile "
    )
    with pytest.warns(UserWarning, match=text):
        again = load_model(path)
    assert again.optimizer.iterations == 0
    assert_same_weights(again, model)
    train(again)


WRONG = {
    "flags of other weights": (
        instead("elman_training/trainable", data=np.ones(3, bool)),
        r"'elman_training/trainable' must be a boolean for each of 11 weights; got bool \(3,\)",
    ),
    "flags that are numbers": (
        instead("elman_training/decays", data=np.ones(11)),
        r"'elman_training/decays' must be a boolean for each of 11 weights; got float64 \(11,\)",
    ),
    "generators of another shape": (
        instead("elman_training/generators", data=np.ones((2, 5), np.uint64)),
        r"'elman_training/generators' must be uint64 of shape \(generators, 6\); got uint64 \(2, 5",
    ),
    "no states of generators": (
        instead("elman_training/generators", data=np.full((2, 6), 2**64 - 1, np.uint64)),
        r"'elman_training/generators' must be states of PCG64; got uint64 \(2, 6\)",
    ),
    "a slot of a weight that is trained": (
        weights(lambda file: file.move("elman_training/kept/0007", "elman_training/kept/0000")),
        r"'elman_training/kept/0000/momentum' must be of a frozen weight of the model; got float32",
    ),
    "a slot of no weight": (
        weights(lambda file: file.move("elman_training/kept/0007", "elman_training/kept/x")),
        r"'elman_training/kept/x/momentum' must be of a frozen weight of the model; got float32",
    ),
    "a slot that the optimizer has not": (
        weights(lambda f: f["elman_training/kept/0007"].move("momentum", "speed")),
        r"'elman_training/kept/0007/speed' must be a slot of AdamW; got float32",
    ),
    "a slot of another size": (
        instead("elman_training/kept/0007/momentum", data=np.zeros(3, "float32")),
        r"'elman_training/kept/0007/momentum' must be float32 of shape \(12,\); got float32 \(3,",
    ),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_belongs_to_another_model_is_refused_and_named(case, path):
    change, text = WRONG[case]
    model = made(without_decay(["bias"]), layers.Dropout(0.5, seed=1))
    train(model)
    set_trainable(False)(model)
    train(model)
    model.save(path)
    changed(path, change)
    with pytest.raises(FormatError, match=text) as caught:
        load_model(path)
    assert str(caught.value).startswith(f"{path}: ")
    if "trainable" not in text:
        assert load_model(path, compile=False).compiled is None


def test_the_data_is_what_training_goes_on_with(path):
    """The order in which samples are drawn is the process's, and is not in the file."""
    model = make()
    model.save(path)
    again = load_model(path)
    for each in (model, again):
        elman.utils.set_random_seed(3)
        each.fit(X, Y, epochs=2, batch_size=4, verbose=0)
    assert_same_weights(again, model)
