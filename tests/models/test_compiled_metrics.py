import numpy as np
import pytest

from elman import GradientTape, Input, Model, Sequential, layers
from tests.tolerances import FLOAT32

RNG = np.random.default_rng(0)
X, Y = RNG.normal(size=(8, 3)).astype("float32"), RNG.normal(size=(8, 1)).astype("float32")
WEIGHT = np.arange(8.0)


class Stepping(Model):
    """Its steps are what Keras's guide shows."""

    def test_step(self, data):
        x, y, weight = (*data, None)[:3]
        y_pred = self(x, training=False)
        loss = self.compute_loss(y=y, y_pred=y_pred, sample_weight=weight)
        for metric in self.metrics:
            if metric.name == "loss":
                metric.update_state(loss)
            elif metric.name == "compile_metrics":
                metric.update_state(y, y_pred, weight)
        return {metric.name: metric.result() for metric in self.metrics}


def one(kind, **options):
    x = Input((3,))
    model = kind(x, layers.Dense(1, kernel_initializer="ones")(x))
    model.compile("sgd", "mse", **options)
    return model


def two(kind, **options):
    x = Input((3,))
    dense = {"kernel_initializer": "ones"}
    outputs = [layers.Dense(1, name="p", **dense)(x), layers.Dense(1, name="q", **dense)(x)]
    model = kind(x, outputs)
    model.compile("sgd", ["mse", "mae"], **options)
    return model


def test_the_metrics_of_compile_are_one_among_those_of_a_model():
    model = one(Model, metrics=["mae"], weighted_metrics=["mse"])
    assert [metric.name for metric in model.metrics] == ["loss", "compile_metrics"]
    model.evaluate(X, Y, verbose=0)
    assert set(model.metrics[1].result()) == {"mae", "mse"}
    model.reset_metrics()
    assert model.metrics[1].result() == {"mae": 0.0, "mse": 0.0}


def test_means_of_the_losses_of_outputs_stand_behind_them():
    model = two(Model, metrics=[["mae"], ["mse"]])
    model.evaluate(X, [Y, Y], verbose=0)
    assert [metric.name for metric in model.metrics] == [
        *("loss", "compile_metrics", "p_loss", "q_loss")
    ]


def test_only_weighted_metrics_heed_the_weights_that_a_step_gives():
    options = {"metrics": ["mae"], "weighted_metrics": ["mse"]}
    own, plain = one(Stepping, **options), one(Model, **options)
    found, expected = (
        model.evaluate(X, Y, sample_weight=WEIGHT, batch_size=4, verbose=0, return_dict=True)
        for model in (own, plain)
    )
    assert found["mae"] == pytest.approx(expected["mae"], rel=FLOAT32)
    assert found["mse"] == pytest.approx(expected["mse"], rel=FLOAT32)


def test_each_metric_sees_its_own_output():
    options = {"metrics": [["mae"], ["mse"]]}
    own, plain = two(Stepping, **options), two(Model, **options)
    found, expected = (
        model.evaluate(X, [Y, 3 * Y], verbose=0, return_dict=True) for model in (own, plain)
    )
    for name in ("p_mae", "q_mse"):
        assert found[name] == pytest.approx(expected[name], rel=FLOAT32)


def test_masked_steps_do_not_count_in_a_step_of_one_s_own():
    words = np.array([[1, 2, 0], [3, 0, 0]])
    y = RNG.normal(size=(2, 3, 1))

    def made(kind):
        x = Input((3,), dtype="int32")
        h = layers.Embedding(4, 2, mask_zero=True, embeddings_initializer="ones")(x)
        model = kind(x, layers.Dense(1, kernel_initializer="ones")(h))
        model.compile("sgd", "mse", metrics=["mae"])
        return model.evaluate(words, y, verbose=0, return_dict=True)

    assert made(Stepping)["mae"] == pytest.approx(made(Model)["mae"], rel=FLOAT32)


def test_a_weighted_metric_of_a_name_that_is_taken_is_called_weighted():
    model = one(Model, metrics=["mae", "mae"], weighted_metrics=["mse", "mae", "mae"])
    model.evaluate(X, Y, verbose=0)
    expected = ["loss", "mae", "mae_1", "mse", "weighted_mae", "weighted_mae_1"]
    assert model.metrics_names == expected
    several = two(Model, metrics=[["mae"], ["mse"]], weighted_metrics=[["mae"], ["mae"]])
    several.evaluate(X, [Y, Y], verbose=0)
    assert several.metrics_names == [
        *("loss", "p_loss", "q_loss", "p_mae", "p_weighted_mae", "q_mae", "q_mse")
    ]


def test_arrays_of_one_number_in_logs_are_numbers():
    class Logging(Sequential):
        def train_step(self, data):
            x, y = data
            with GradientTape() as tape:
                loss = self.compute_loss(y=y, y_pred=self(x, training=True))
            self.optimizer.apply(
                tape.gradient(loss, self.trainable_weights), self.trainable_weights
            )
            return {"loss": loss, "largest": np.max(x), "axes": np.ones(2)}

    model = Logging([Input((3,)), layers.Dense(1)])
    model.compile("sgd", "mse")
    history = model.fit(X, Y, epochs=2, verbose=0).history
    assert [type(v) for v in (*history["loss"], *history["largest"])] == [float] * 4
    assert history["axes"][0].shape == (2,)


def test_a_model_that_is_not_trainable_trains_nothing_of_what_is_inside():
    inner = Sequential([Input((3,)), layers.Dense(2)])
    model = Sequential([Input((3,)), inner, layers.Dense(1)])
    model.trainable = False
    inner.trainable = True
    assert model.trainable_weights == []
    assert len(model.non_trainable_weights) == 4
    assert len(inner.trainable_weights) == 2
    model.compile("sgd", "mse")
    before = model.get_weights()
    model.fit(X, Y, verbose=0)
    for old, new in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)
