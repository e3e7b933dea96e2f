import re

import numpy as np
import pytest

import elman
from elman import Input, Model, Sequential, layers
from elman.errors import ArgumentError
from tests.tolerances import FLOAT32

X, Y = np.ones((4, 3)), np.zeros((4, 1))


def compiled(*arguments, **options):
    model = Sequential([Input((3,)), layers.Dense(1, name="out")], name="s")
    model.compile(*arguments, **options)
    return model


def two(**options):
    x = Input((3,))
    model = Model(x, [layers.Dense(1, name="p")(x), layers.Dense(1, name="q")(x)], name="m")
    model.compile("sgd", **options)
    return model


def test_names_and_instances_mean_the_same():
    one = compiled("adam", "mse", metrics=["mae"])
    other = compiled(
        elman.optimizers.Adam(),
        elman.losses.MeanSquaredError(),
        metrics=[elman.metrics.MeanAbsoluteError()],
    )
    other.set_weights(one.get_weights())
    found = [m.fit(X, Y, epochs=2, verbose=0).history for m in (one, other)]
    assert list(found[0].values()) == list(found[1].values())
    assert (list(found[0]), list(found[1])) == (["loss", "mae"], ["loss", "mean_absolute_error"])
    function = compiled("adam", elman.losses.mean_squared_error)
    function.set_weights(one.get_weights())
    assert function.evaluate(X, Y, verbose=0) == one.evaluate(X, Y, verbose=0)[0]


def test_a_metric_may_be_a_function_of_one_s_own():
    def worst(y_true, y_pred):
        return np.abs(y_true - y_pred).max(axis=-1)

    model = compiled("sgd", "mse", metrics=[worst])
    found = model.evaluate(X, Y, verbose=0, return_dict=True)
    assert found["worst"] == pytest.approx(np.abs(model(X)).mean(), rel=FLOAT32)


def test_the_defaults_are_keras_s():
    model = Sequential([Input((3,)), layers.Dense(1)])
    model.compile()
    assert isinstance(model.optimizer, elman.optimizers.RMSprop)
    assert model.loss is None


def test_accuracy_means_what_fits_the_targets():
    for units, activation, loss, y, expected in (
        (1, "sigmoid", "binary_crossentropy", [[0], [1]], elman.metrics.BinaryAccuracy),
        (
            3,
            "softmax",
            "sparse_categorical_crossentropy",
            [0, 2],
            elman.metrics.SparseCategoricalAccuracy,
        ),
        (
            3,
            "softmax",
            "categorical_crossentropy",
            [[1, 0, 0], [0, 0, 1]],
            elman.metrics.CategoricalAccuracy,
        ),
    ):
        model = Sequential([Input((3,)), layers.Dense(units, activation)])
        model.compile("sgd", loss, metrics=["accuracy", "acc"])
        found = model.evaluate(X[:2], np.array(y), verbose=0, return_dict=True)
        metric = expected()
        metric.update_state(np.array(y), model(X[:2]))
        assert found["accuracy"] == found["acc"] == metric.result()


def test_what_only_tunes_keras_s_speed_is_passed_over():
    compiled("sgd", "mse", run_eagerly=True, jit_compile=False, steps_per_execution=2)


def test_compiling_again_starts_with_a_fresh_optimizer():
    model = compiled("adam", "mse")
    model.fit(X, Y, verbose=0)
    model.compile("adam", "mae")
    assert model.optimizer.iterations == 0
    assert model.fit(X, Y, verbose=0).history["loss"][0] > 0


def test_an_optimizer_may_be_changed_between_fits():
    model = compiled(elman.optimizers.SGD(0.1), "mse")
    model.fit(X, Y, verbose=0)
    model.optimizer.learning_rate = 0.0
    before = model.get_weights()
    model.fit(X, Y, verbose=0)
    np.testing.assert_array_equal(before[0], model.get_weights()[0])


def test_metrics_names_are_known_once_batches_have_been_seen():
    model = compiled("sgd", "mse", metrics=["mae"])
    assert model.metrics_names == ["loss"]
    model.evaluate(X, Y, verbose=0)
    assert model.metrics_names == ["loss", "mae"]


@pytest.mark.parametrize(
    ("attempt", "text"),
    [
        (
            lambda: compiled("adm", "mse"),
            "'sgd'; got 'adm'. Did you mean 'adam'?",
        ),
        (lambda: compiled("adam", "msee"), "got 'msee'. Did you mean 'mse'?"),
        (
            lambda: compiled("adam", "mse", metrics=["acuracy"]),
            "got 'acuracy'. Did you mean 'accuracy'?",
        ),
        (lambda: compiled("adam", {"out": "msee"}), "got 'msee'. Did you mean 'mse'?"),
        (lambda: two(loss=["mse", "maee"]), "got 'maee'. Did you mean 'mae'?"),
        (lambda: two(loss="mse", metrics={"p": ["maee"]}), "got 'maee'. Did you mean 'mae'?"),
        (
            lambda: compiled(optimzer="adam"),
            "Sequential 's': `optimzer` must be an argument that compile has. Did you mean "
            "'optimizer'?",
        ),
        (
            lambda: compiled("adam", "mse", weighted_metric=[]),
            "Sequential 's': `weighted_metric` must be an argument that compile has. "
            "Did you mean 'weighted_metrics'?",
        ),
    ],
)
def test_a_typo_is_an_error_at_once(attempt, text):
    with pytest.raises(ArgumentError, match=re.escape(text)):
        attempt()


@pytest.mark.parametrize(
    ("make", "text"),
    [
        (
            lambda: two(loss={"p": "mse", "r": "mse"}),
            "Model 'm': `loss` must be one of 'p', 'q'; got 'r'.",
        ),
        (
            lambda: two(loss=["mse"]),
            "Model 'm': `loss` must have one entry an output (p, q); got 1.",
        ),
        (
            lambda: two(loss="mse", loss_weights=2.0),
            "Model 'm': `loss_weights` must have one entry an output (p, q); got 2.0.",
        ),
        (
            lambda: two(loss="mse", metrics={"r": "mae"}),
            "Model 'm': `metrics` must be one of 'p', 'q'; got 'r'.",
        ),
        (
            lambda: two(loss="mse", metrics=["mae"]),
            "Model 'm': `metrics` must have one entry an output (p, q); got 1.",
        ),
    ],
)
def test_what_does_not_fit_the_outputs_is_an_error_at_the_first_batch(make, text):
    with pytest.raises(ArgumentError, match=re.escape(text)):
        make().evaluate(X, [Y, Y], verbose=0)
