"""Steps of optimizers: Keras's numbers, slots that stay with their weights, and configurations."""

import numpy as np
import pytest

from elman import optimizers
from elman.errors import ArgumentError
from elman.optimizers import SGD, Adam, AdamW, RMSprop
from elman.parameters import Weight, pack
from tests.optimizer_steps import GOLDEN, make_weights, run, set_gradients
from tests.tolerances import EXACT, KERAS_STEPS

CASES = {
    "SGD": SGD(0.1),
    "SGD/momentum": SGD(0.1, momentum=0.9),
    "SGD/nesterov": SGD(0.1, momentum=0.9, nesterov=True),
    "SGD/clipnorm": SGD(0.1, clipnorm=1.0),
    "SGD/clipvalue": SGD(0.1, clipvalue=0.5),
    "SGD/global_clipnorm": SGD(0.1, global_clipnorm=1.0),
    "SGD/weight_decay": SGD(0.1, weight_decay=0.05),
    "RMSprop": RMSprop(0.01),
    "RMSprop/momentum": RMSprop(0.01, momentum=0.8),
    "RMSprop/centered": RMSprop(0.01, rho=0.8, centered=True, momentum=0.5),
    "Adam": Adam(0.01),
    "Adam/amsgrad": Adam(0.01, beta_2=0.5, amsgrad=True),
    "Adam/global_clipnorm": Adam(0.01, global_clipnorm=0.5, weight_decay=0.1),
    "AdamW": AdamW(0.01),
}
CLASSES = [SGD, RMSprop, Adam, AdamW]


def fresh(case):
    return optimizers.deserialize(optimizers.serialize(CASES[case]))


@pytest.mark.parametrize("case", CASES)
def test_five_steps_are_keras_s(case):
    optimizer, weights = fresh(case), make_weights()
    buffers = pack(weights)
    for t in range(5):
        set_gradients(weights, t)
        optimizer.step_buffers(buffers)
        for weight in weights:
            expected = GOLDEN[f"optimizers/{case}/{weight.name}"][t]
            np.testing.assert_allclose(weight.array, expected, rtol=KERAS_STEPS, atol=KERAS_STEPS)
    assert optimizer.iterations == 5


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_the_dtype_stays_and_the_gradients_too(case, dtype):
    weights, buffers = run(fresh(case), dtype=dtype)
    for weight in weights:
        assert weight.array.dtype == dtype
        np.testing.assert_array_equal(
            weight.gradient, GOLDEN[f"optimizers/d{weight.name}"][4].astype(dtype)
        )
    assert all(buffer.holds(weight) for buffer in buffers for weight in buffer.weights)


def test_rules_in_float64_are_their_equations():
    w, g1, g2 = np.array([1.0, -2.0]), np.array([0.5, 3.0]), np.array([-1.0, 0.25])

    def stepped(optimizer):
        weight = Weight(w.copy(), name="w", path="w")
        buffers = pack([weight])
        for g in (g1, g2):
            buffers[0].gradients[:] = g
            optimizer.step_buffers(buffers)
        return weight.array

    m1 = -0.1 * g1
    m2 = 0.9 * m1 - 0.1 * g2
    np.testing.assert_allclose(stepped(SGD(0.1, momentum=0.9)), w + m1 + m2, rtol=EXACT)

    v1 = 0.1 * g1**2
    v2 = 0.9 * v1 + 0.1 * g2**2
    expected = w - 0.1 * g1 / np.sqrt(v1 + 1e-7) - 0.1 * g2 / np.sqrt(v2 + 1e-7)
    np.testing.assert_allclose(stepped(RMSprop(0.1)), expected, rtol=EXACT)

    m1, v1 = 0.1 * g1, 0.001 * g1**2
    m2, v2 = 0.9 * m1 + 0.1 * g2, 0.999 * v1 + 0.001 * g2**2
    alpha1 = 0.1 * np.sqrt(0.001) / 0.1
    alpha2 = 0.1 * np.sqrt(1 - 0.999**2) / (1 - 0.9**2)
    expected = w - alpha1 * m1 / (np.sqrt(v1) + 1e-7) - alpha2 * m2 / (np.sqrt(v2) + 1e-7)
    np.testing.assert_allclose(stepped(Adam(0.1)), expected, rtol=EXACT)


@pytest.mark.parametrize("case", CASES)
def test_weights_of_two_dtypes_are_stepped_alike(case):
    weights = make_weights()
    weights[1] = Weight(weights[1].array.astype("float64"), name="bias", path="layer/bias")
    buffers, optimizer = pack(weights), fresh(case)
    assert len(buffers) == 2
    for t in range(5):
        set_gradients(weights, t)
        optimizer.step_buffers(buffers)
    for weight in weights:
        expected = GOLDEN[f"optimizers/{case}/{weight.name}"][4]
        np.testing.assert_allclose(weight.array, expected, rtol=KERAS_STEPS, atol=KERAS_STEPS)


def test_an_infinite_gradient_under_a_norm_makes_weights_nan_as_in_keras():
    for option in ("clipnorm", "global_clipnorm"):
        weights = make_weights()
        buffers = pack(weights)
        buffers[0].gradients[0] = np.inf
        with np.errstate(invalid="ignore"):
            SGD(0.1, **{option: 1.0}).step_buffers(buffers)
        assert np.isnan(weights[0].array).all()


def test_a_zero_gradient_is_not_divided_by():
    for option in ("clipnorm", "global_clipnorm"):
        weights = make_weights()
        SGD(0.1, **{option: 1.0}).step_buffers(pack(weights))
        np.testing.assert_array_equal(weights[0].array, GOLDEN["optimizers/kernel"])


@pytest.mark.parametrize("case", ["SGD/momentum", "RMSprop/centered", "Adam/amsgrad"])
def test_slots_stay_with_their_weight_when_the_buffers_change(case):
    """Freezing and unfreezing another weight between steps must change nothing for the kernel."""
    optimizer, weights = fresh(case), make_weights()
    for t in range(5):
        buffers = pack(weights if t % 2 == 0 else weights[:1])
        set_gradients(weights[:1], t)
        optimizer.step_buffers(buffers)
    expected = GOLDEN[f"optimizers/{case}/kernel"][4]
    np.testing.assert_allclose(weights[0].array, expected, rtol=KERAS_STEPS, atol=KERAS_STEPS)


def test_slots_outlive_the_time_in_which_their_weight_is_away():
    optimizer, weights = fresh("Adam"), make_weights()
    set_gradients(pack(weights)[0].weights, 0)
    optimizer.build_buffers(pack(weights))
    set_gradients(weights, 0)
    optimizer.step_buffers(pack(weights))
    before = optimizer.state()
    optimizer.build_buffers(pack(weights[:1]))
    assert "momentum/layer/bias" not in optimizer.state()
    optimizer.build_buffers([])
    optimizer.build_buffers(pack(weights))
    after = optimizer.state()
    assert list(after) == list(before)
    for name, array in before.items():
        np.testing.assert_array_equal(after[name], array)


def test_an_optimizer_refuses_weights_of_which_it_knows_none():
    optimizer = fresh("Adam")
    optimizer.build_buffers(pack(make_weights()))
    text = "Adam: an optimizer must stay with one model; got weights that it has never seen, such"
    with pytest.raises(ArgumentError, match=text):
        optimizer.build_buffers(pack(make_weights()))


@pytest.mark.parametrize("case", CASES)
def test_training_goes_on_from_a_saved_state(case):
    whole, _ = run(fresh(case))
    first = fresh(case)
    weights, buffers = run(first, range(3))
    state = first.state()
    second = fresh(case)
    second.build_buffers(buffers)
    second.load_state(state)
    assert second.iterations == 3
    for t in (3, 4):
        set_gradients(weights, t)
        second.step_buffers(buffers)
    for one, other in zip(whole, weights, strict=True):
        np.testing.assert_array_equal(one.array, other.array)


def test_the_state_is_named_by_slot_and_path_in_keras_s_order():
    optimizer = Adam(amsgrad=True)
    _, buffers = run(optimizer)
    state = optimizer.state()
    assert list(state) == [
        "iterations",
        "learning_rate",
        "momentum/layer/kernel",
        "velocity/layer/kernel",
        "momentum/layer/bias",
        "velocity/layer/bias",
        "velocity_hat/layer/kernel",
        "velocity_hat/layer/bias",
    ]
    assert state["momentum/layer/kernel"].shape == (3, 4)
    state["momentum/layer/kernel"][...] = 0
    assert optimizer.state()["momentum/layer/kernel"].any()
    assert "learning_rate" not in Adam(lambda t: 0.1).state()
    assert len(buffers) == 1


def test_a_schedule_gives_the_rate_of_each_step():
    weight = Weight(np.zeros(1), name="w", path="w")
    buffers, optimizer = pack([weight]), SGD(lambda t: 1.0 / (t + 1))
    buffers[0].gradients[:] = -1
    assert optimizer.learning_rate == 1.0
    for _ in range(3):
        optimizer.step_buffers(buffers)
    np.testing.assert_allclose(weight.array, 1 + 1 / 2 + 1 / 3, rtol=EXACT)
    assert optimizer.learning_rate == 0.25


def test_the_learning_rate_may_be_set():
    optimizer = SGD(0.1)
    optimizer.learning_rate = 0.5
    assert optimizer.learning_rate == 0.5
    optimizer.learning_rate = 0
    assert optimizer.learning_rate == 0.0
    optimizer.learning_rate = lambda t: 0.25
    assert optimizer.learning_rate == 0.25


def test_a_schedule_is_saved_as_its_own_config():
    class Half:
        def __call__(self, step):
            return 0.5

        def get_config(self):
            return {"a": 1}

    rate = SGD(Half()).get_config()["learning_rate"]
    assert (rate["module"], rate["registered_name"]) == (__name__, "Half")
    assert (rate["class_name"], rate["config"]) == ("Half", {"a": 1})


def test_defaults_are_keras_s():
    rates = [cls().learning_rate for cls in CLASSES]
    assert rates == [0.01, 0.001, 0.001, 0.001]
    assert AdamW().weight_decay == 0.004
    assert Adam().weight_decay is None
    assert (RMSprop().rho, RMSprop().epsilon, Adam().beta_2) == (0.9, 1e-7, 0.999)
    assert [cls().name for cls in CLASSES] == ["sgd", "rm_sprop", "adam", "adam_w"]


@pytest.mark.parametrize("cls", CLASSES)
def test_get_takes_every_kind_of_identifier(cls):
    one = cls()
    assert optimizers.get(one) is one
    for identifier in (cls, cls.__name__, cls.__name__.lower(), cls.__name__.upper()):
        assert type(optimizers.get(identifier)) is cls
    assert type(optimizers.get({"class_name": cls.__name__, "config": {}})) is cls


@pytest.mark.parametrize("case", CASES)
def test_a_config_makes_the_same_optimizer_again(case):
    wrapped = optimizers.serialize(CASES[case])
    assert wrapped["module"] == "keras.optimizers"
    assert fresh(case).get_config() == CASES[case].get_config()


def test_configs_as_keras_writes_them_are_read():
    config = {
        "name": "adam",
        "learning_rate": 0.0010000000474974513,
        "weight_decay": None,
        "clipnorm": None,
        "global_clipnorm": None,
        "clipvalue": None,
        "use_ema": False,
        "ema_momentum": 0.99,
        "ema_overwrite_frequency": None,
        "loss_scale_factor": None,
        "gradient_accumulation_steps": None,
        "beta_1": 0.9,
        "beta_2": 0.999,
        "epsilon": 1e-07,
        "amsgrad": True,
    }
    assert Adam.from_config(config).amsgrad is True
