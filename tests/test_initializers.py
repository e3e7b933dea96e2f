import re

import numpy as np
import pytest

from elman import _random, initializers
from elman.errors import ArgumentError, ShapeError, UnsupportedError
from tests.tolerances import EXACT, STATISTIC

SHAPE = (200, 500)
FAN_IN, FAN_AVG = 200, 350
RANDOM = [
    "RandomNormal",
    "RandomUniform",
    "TruncatedNormal",
    "VarianceScaling",
    "GlorotUniform",
    "GlorotNormal",
    "HeUniform",
    "HeNormal",
    "LecunUniform",
    "LecunNormal",
    "Orthogonal",
]


def make(name, **options):
    return getattr(initializers, name)(**options)


@pytest.mark.parametrize(
    ("name", "variance"),
    [
        ("RandomNormal", 0.05**2),
        ("RandomUniform", 0.1**2 / 12),
        ("TruncatedNormal", (0.05 * initializers.TRUNCATED_STDDEV) ** 2),
        ("VarianceScaling", 1 / FAN_IN),
        ("GlorotUniform", 1 / FAN_AVG),
        ("GlorotNormal", 1 / FAN_AVG),
        ("HeUniform", 2 / FAN_IN),
        ("HeNormal", 2 / FAN_IN),
        ("LecunUniform", 1 / FAN_IN),
        ("LecunNormal", 1 / FAN_IN),
    ],
)
def test_draws_have_mean_zero_and_the_stated_variance(name, variance):
    draws = make(name, seed=1)(SHAPE, "float64")
    stddev = np.sqrt(variance)
    assert abs(draws.mean()) < STATISTIC * stddev
    assert abs(draws.std() / stddev - 1) < STATISTIC


@pytest.mark.parametrize(
    ("name", "limit"),
    [
        ("RandomUniform", 0.05),
        ("TruncatedNormal", 0.1),
        ("GlorotUniform", np.sqrt(3 / FAN_AVG)),
        ("HeUniform", np.sqrt(6 / FAN_IN)),
        ("LecunUniform", np.sqrt(3 / FAN_IN)),
        ("LecunNormal", 2 * np.sqrt(1 / FAN_IN) / initializers.TRUNCATED_STDDEV),
    ],
)
def test_draws_stay_within_their_limits_and_come_near_them(name, limit):
    draws = make(name, seed=1)(SHAPE, "float64")
    assert 0.95 * limit < np.abs(draws).max() <= limit


@pytest.mark.parametrize("mode", ["fan_in", "fan_out", "fan_avg"])
@pytest.mark.parametrize("distribution", ["uniform", "normal", "untruncated_normal"])
def test_variance_scaling_scales_by_the_chosen_fan(mode, distribution):
    n = {"fan_in": 200, "fan_out": 500, "fan_avg": 350}[mode]
    draws = make("VarianceScaling", scale=3.0, mode=mode, distribution=distribution, seed=0)(SHAPE)
    assert abs(draws.std() / np.sqrt(3 / n) - 1) < STATISTIC


def test_fans_of_every_rank():
    assert initializers.fans(()) == (1, 1)
    assert initializers.fans((7,)) == (7, 7)
    assert initializers.fans((3, 8)) == (3, 8)
    assert initializers.fans((5, 3, 8)) == (15, 40)
    assert initializers.fans((5, 3, 8), input_axes=[0], output_axes=[1, 2]) == (5, 24)


@pytest.mark.parametrize("shape", [(4, 4), (6, 3), (3, 6), (2, 3, 4)])
def test_orthogonal_has_orthonormal_rows_or_columns(shape):
    matrix = make("Orthogonal", gain=2.0, seed=0)(shape, "float64").reshape(-1, shape[-1])
    rows, columns = matrix.shape
    product = matrix.T @ matrix if rows >= columns else matrix @ matrix.T
    np.testing.assert_allclose(product, 4.0 * np.eye(min(rows, columns)), atol=EXACT)


def test_orthogonal_draws_both_orientations():
    signs = {np.sign(np.linalg.det(make("Orthogonal", seed=s)((3, 3)))) for s in range(20)}
    assert signs == {-1.0, 1.0}


@pytest.mark.parametrize("name", RANDOM)
def test_an_integer_seed_gives_the_same_values_at_each_call(name):
    one, other = make(name, seed=3), make(name, seed=4)
    np.testing.assert_array_equal(one((3, 4)), one((3, 4)))
    assert not np.array_equal(one((3, 4)), other((3, 4)))


@pytest.mark.parametrize("name", RANDOM)
def test_without_a_seed_the_process_seed_decides(name):
    _random.seed_process(5)
    first, second = make(name)((3, 4)), make(name)((3, 4))
    _random.seed_process(5)
    np.testing.assert_array_equal(make(name)((3, 4)), first)
    assert not np.array_equal(first, second)


@pytest.mark.parametrize("name", [*RANDOM, "Zeros", "Ones", "Constant", "Identity"])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_the_dtype_is_the_one_asked_for(name, dtype):
    array = make(name)((3, 4), dtype)
    assert array.dtype == dtype
    assert array.shape == (3, 4)
    assert make(name)((3, 4)).dtype == "float32"


def test_float32_draws_are_float64_draws_rounded():
    draw = make("GlorotUniform", seed=0)
    np.testing.assert_array_equal(draw((3, 4)), draw((3, 4), "float64").astype("float32"))


def test_get_takes_every_kind_of_identifier():
    def halves(shape, dtype):
        return np.full(shape, 0.5, dtype)

    instance = initializers.Orthogonal(seed=1)
    assert initializers.get(None) is None
    assert initializers.get(instance) is instance
    assert initializers.get(halves) is halves
    for identifier in [
        "glorot_uniform",
        "GlorotUniform",
        initializers.GlorotUniform,
        initializers.glorot_uniform,
        {"class_name": "GlorotUniform", "config": {"seed": None}},
    ]:
        assert type(initializers.get(identifier)) is initializers.GlorotUniform


@pytest.mark.parametrize("name", [*RANDOM, "Zeros", "Ones", "Constant", "Identity"])
def test_a_config_makes_the_same_initializer_again(name):
    one = make(name, **({"seed": 7} if name in RANDOM else {}))
    wrapped = initializers.serialize(one)
    assert set(wrapped) == {"module", "class_name", "config", "registered_name"}
    assert wrapped["module"] == "keras.initializers"
    again = initializers.deserialize(wrapped)
    assert (
        again.get_config()
        == one.get_config()
        == type(one).from_config(one.get_config()).get_config()
    )
    np.testing.assert_array_equal(again((4, 4)), one((4, 4)))


@pytest.mark.parametrize(
    "config",
    [
        {
            "class_name": "GlorotUniform",
            "config": {"seed": 1, "input_axes": None, "output_axes": None},
        },
        {"class_name": "Identity", "config": {}},
        {
            "class_name": "Orthogonal",
            "config": {
                "gain": 1.0,
                "seed": {"class_name": "SeedGenerator", "config": {"seed": 3, "name": "s"}},
            },
        },
    ],
)
def test_configs_as_keras_writes_them_are_read(config):
    assert type(initializers.get(config)).__name__ == config["class_name"]


@pytest.mark.parametrize(
    ("call", "error", "text"),
    [
        (
            lambda: initializers.get("glorot_unifrom"),
            ArgumentError,
            "got 'glorot_unifrom'. Did you mean 'glorot_uniform'?",
        ),
        (lambda: initializers.get("Orthogona"), ArgumentError, "Did you mean 'Orthogonal'?"),
        (lambda: initializers.get(3), ArgumentError, "initializer: `identifier` must be one of"),
        (
            lambda: initializers.get({"config": {}}),
            ArgumentError,
            "initializer: `identifier` must have the keys 'class_name' and 'config'; got",
        ),
        (
            lambda: initializers.get({"class_name": "Constant", "config": {"valu": 1}}),
            ArgumentError,
            "Constant: `config` must hold only arguments; got 'valu'. Did you mean 'value'?",
        ),
        (
            lambda: initializers.Orthogonal()((3,)),
            ShapeError,
            "Orthogonal: `shape` must have at least 2 axes; got (3,).",
        ),
        (
            lambda: initializers.Identity()((3,)),
            ShapeError,
            "Identity: `shape` must have 2 axes; got (3,).",
        ),
        (
            lambda: initializers.VarianceScaling(scale=0),
            ArgumentError,
            "VarianceScaling: `scale` must be positive; got 0.",
        ),
        (
            lambda: initializers.VarianceScaling(mode="fan"),
            ArgumentError,
            "VarianceScaling: `mode` must be one of 'fan_in', 'fan_out', 'fan_avg'; got 'fan'.",
        ),
        (
            lambda: initializers.VarianceScaling(distribution="gauss"),
            ArgumentError,
            "VarianceScaling: `distribution` must be one of",
        ),
        (
            lambda: initializers.RandomNormal(stddev=-1),
            ArgumentError,
            "RandomNormal: `stddev` must be a finite number and at least 0; got -1.",
        ),
        (
            lambda: initializers.RandomUniform(1.0, 0.0),
            ArgumentError,
            "RandomUniform: `maxval` must be a finite number and at least 1; got 0.0.",
        ),
        (
            lambda: initializers.GlorotUniform(seed="x"),
            ArgumentError,
            "GlorotUniform: `seed` must be an integer of at least 0; got 'x'.",
        ),
        (
            lambda: initializers.serialize(3),
            UnsupportedError,
            "initializer: `initializer` must be a function with a name, or have a `get_config`, to "
            "be saved; got 3.",
        ),
    ],
)
def test_errors_name_the_argument_and_the_fix(call, error, text):
    with pytest.raises(error, match=re.escape(text)):
        call()


def test_classes_have_keras_s_other_names():
    assert initializers.IdentityInitializer is initializers.Identity
    assert initializers.OrthogonalInitializer is initializers.Orthogonal
