import re
from pathlib import Path

import numpy as np
import pytest

from elman import optimizers
from elman.errors import ArgumentError, NotBuiltError, ShapeError, UnsupportedError
from elman.optimizers import SGD, Adam, AdamW, RMSprop
from elman.parameters import Weight, pack
from tests.tolerances import EXACT, KERAS_STEPS

GOLDEN = np.load(Path(__file__).parent / "golden" / "training.npz")
NAMES = ("kernel", "bias")
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


def make_weights(dtype="float32"):
    return [
        Weight(GOLDEN[f"optimizers/{name}"].astype(dtype), name=name, path=f"layer/{name}")
        for name in NAMES
    ]


def set_gradients(weights, t):
    for weight in weights:
        weight.gradient[...] = GOLDEN[f"optimizers/d{weight.name}"][t]


def run(optimizer, steps=range(5), dtype="float32"):
    weights = make_weights(dtype)
    buffers = pack(weights)
    for t in steps:
        set_gradients(weights, t)
        optimizer.step_buffers(buffers)
    return weights, buffers


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


def built():
    optimizer = Adam()
    optimizer.build_buffers(pack(make_weights()))
    return optimizer


def without(name):
    return {key: value for key, value in built().state().items() if key != name}


def set_rate(optimizer, rate):
    optimizer.learning_rate = rate


def test_what_is_set_later_is_what_is_used():
    one, other = SGD(0.1, momentum=0.5), SGD(0.1, momentum=0.9, nesterov=True, clipnorm=1.0)
    one.momentum, one.nesterov, one.clipnorm = np.float32(0.9), True, 1
    one.momentum = 0.9
    for a, b in zip(run(one)[0], run(other)[0], strict=True):
        np.testing.assert_array_equal(a.array, b.array)
    assert one.get_config() == other.get_config() | {"name": one.name}
    one.momentum, one.iterations = 0.8, 0  # training has begun, and what is kept stays the same


class Own(SGD):
    def __init__(self):
        super().__init__()
        self.counter = 0


def test_an_optimizer_of_one_s_own_may_keep_what_it_likes():
    optimizer = Own()
    optimizer.counter += 1
    optimizer.anything = optimizer.counter
    with pytest.raises(ArgumentError, match="Own: `momentum` must be a finite number"):
        optimizer.momentum = 2


def running(optimizer):
    run(optimizer, [0])
    return optimizer


@pytest.mark.parametrize(
    ("make", "name", "value", "text"),
    [
        (
            Adam,
            "lr",
            0.1,
            "Adam: `lr` must be an attribute that Adam has; got 0.1. Did you mean 'learning_rate'?",
        ),
        (AdamW, "lr", 0.1, "AdamW: `lr` must be an attribute that AdamW has; got 0.1."),
        (SGD, "momentun", 0.9, "got 0.9. Did you mean 'momentum'?"),
        (SGD, "beta_1", 0.9, "SGD: `beta_1` must be an attribute that SGD has; got 0.9."),
        (RMSprop, "rho", 2, "RMSprop: `rho` must be a finite number and at least 0 and at most 1"),
        (Adam, "amsgrad", "no", "Adam: `amsgrad` must be True or False; got 'no'."),
        (Adam, "clipnorm", -1, "Adam: `clipnorm` must be positive; got -1. Leave it None not to"),
        (
            lambda: Adam(clipnorm=1),
            "clipvalue",
            1,
            "Adam: `clipnorm` must be the only kind of clipping; got `clipvalue` as well.",
        ),
        (AdamW, "weight_decay", None, "AdamW: `weight_decay` must be a finite number"),
        (Adam, "iterations", -1, "Adam: `iterations` must be an integer of at least 0; got -1."),
        (Adam, "name", None, "Adam: `name` must be a string; got None."),
        (
            lambda: running(SGD()),
            "momentum",
            0.9,
            "SGD: `momentum` must stay 0.0 once training has begun, because it decides what is "
            "kept for each weight; got 0.9. Compile with a new optimizer.",
        ),
        (lambda: running(Adam()), "amsgrad", True, "Adam: `amsgrad` must stay False once training"),
        (lambda: running(RMSprop()), "centered", True, "RMSprop: `centered` must stay False once"),
    ],
)
def test_what_cannot_be_set_is_refused_and_nothing_changes(make, name, value, text):
    optimizer = make()
    before = dict(vars(optimizer))
    with pytest.raises(ArgumentError, match=re.escape(text)):
        setattr(optimizer, name, value)
    assert vars(optimizer) == before


@pytest.mark.parametrize(
    ("call", "error", "text"),
    [
        (lambda: SGD(0), ArgumentError, "SGD: `learning_rate` must be positive; got 0."),
        (lambda: SGD(-0.1), ArgumentError, "SGD: `learning_rate` must be positive; got -0.1."),
        (
            lambda: Adam("fast"),
            ArgumentError,
            "Adam: `learning_rate` must be a finite number; got 'fast'.",
        ),
        (
            lambda: set_rate(SGD(), -1),
            ArgumentError,
            "SGD: `learning_rate` must be a finite number and at least 0; got -1.",
        ),
        (
            lambda: set_rate(SGD(lambda t: 0.1), 0.2),
            ArgumentError,
            "SGD: `learning_rate` must stay a schedule, which it was made with; got 0.2.",
        ),
        (
            lambda: Adam(clipnorm=1.0, global_clipnorm=1.0),
            ArgumentError,
            "Adam: `clipnorm` must be the only kind of clipping; got `global_clipnorm` as well."
            " Drop one of them.",
        ),
        (
            lambda: Adam(clipvalue=0.0),
            ArgumentError,
            "Adam: `clipvalue` must be positive; got 0.0. Leave it None not to clip.",
        ),
        (
            lambda: SGD(momentum=1.5),
            ArgumentError,
            "SGD: `momentum` must be a finite number and at least 0 and at most 1; got 1.5.",
        ),
        (
            lambda: Adam(beta_1=-1),
            ArgumentError,
            "Adam: `beta_1` must be a finite number and at least 0 and at most 1; got -1.",
        ),
        (
            lambda: AdamW(weight_decay=None),
            ArgumentError,
            "AdamW: `weight_decay` must be a number; got None. Use `Adam`.",
        ),
        (
            lambda: SGD(weight_decay=-1),
            ArgumentError,
            "SGD: `weight_decay` must be a finite number and at least 0; got -1.",
        ),
        (
            lambda: Adam(learning_rat=0.1),
            ArgumentError,
            "Adam: `learning_rat` must be an argument that Adam has. Did you mean 'learning_rate'?",
        ),
        (
            lambda: Adam.from_config({"beta1": 0.9}),
            ArgumentError,
            "Adam: `beta1` must be an argument that Adam has. Did you mean 'beta_1'?",
        ),
        (
            lambda: SGD(lambda t: 0.1).get_config(),
            UnsupportedError,
            "learning_rate: `<lambda>` must be registered to be saved, because it has no name by",
        ),
        (
            lambda: optimizers.get("adm"),
            ArgumentError,
            "optimizer: `identifier` must be one of 'adadelta', 'adafactor', 'adagrad', 'adam',"
            " 'adamw', 'adamax', 'ftrl', 'lamb', 'lion', 'muon', 'nadam', 'rmsprop', 'sgd'; got"
            " 'adm'."
            " Did you mean 'adam'?",
        ),
        (lambda: optimizers.get(None), ArgumentError, "optimizer: `identifier` must be one of"),
        (
            lambda: Adam(lr=0.1),
            ArgumentError,
            "Adam: `lr` must be an argument that Adam has. Did you mean 'learning_rate'?",
        ),
        (lambda: SGD(nesterov=3), ArgumentError, "SGD: `nesterov` must be True or False; got 3."),
        (
            lambda: Adam().load_state({}),
            NotBuiltError,
            "Adam: slots must be made before `load_state`; there are none. Call `build(variables)`",
        ),
        (
            lambda: built().load_state(without("velocity/layer/bias")),
            ArgumentError,
            "Adam: `state` must hold exactly this optimizer's arrays; got 'velocity/layer/bias'"
            " missing.",
        ),
        (
            lambda: built().load_state(built().state() | {"x": np.zeros(1)}),
            ArgumentError,
            "got 'x' unknown.",
        ),
        (
            lambda: built().load_state(built().state() | {"velocity/layer/bias": np.zeros(1)}),
            ShapeError,
            "Adam: `state` must hold 'velocity/layer/bias' of shape (4,); got (1,).",
        ),
    ],
)
def test_errors_name_the_argument_and_the_fix(call, error, text):
    with pytest.raises(error, match=re.escape(text)):
        call()
