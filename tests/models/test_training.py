"""Training: steps are those of a loop by hand, over the right batches, the same bits each time."""

import numpy as np
import pytest

import elman
from elman import Input, Sequential, gradients, layers
from elman.callbacks import Callback, LambdaCallback
from tests.layers.checks import F64, normal
from tests.models.small import X, Y, recurrent, same_weights, still
from tests.tolerances import EXACT


def linear(*, optimizer="sgd", loss="mse", features=3, **options):
    """Return y = x w + b from zeros, small enough to be trained by hand."""
    dense = layers.Dense(1, kernel_initializer="zeros", **F64)
    model = Sequential([Input((features,), dtype="float64"), dense])
    model.compile(optimizer, loss, **options)
    return model


class Seen(Callback):
    """Remembers the loss after every batch."""

    def __init__(self):
        self.losses = []

    def on_train_batch_end(self, batch, logs=None):
        self.losses.append(logs["loss"])


# ---------------------------------------------------------------------- against a loop by hand


def test_fit_is_gradient_descent_by_hand():
    x, y = normal(10, 3), normal(10, 1, seed=1)
    model = linear(optimizer=elman.optimizers.SGD(0.1))
    history = model.fit(x, y, epochs=3, batch_size=4, shuffle=False, verbose=0).history
    w, b, losses = np.zeros((3, 1)), np.zeros(1), []
    for _ in range(3):
        total = 0.0
        for start in (0, 4, 8):  # the last batch has two samples
            xs, ys = x[start : start + 4], y[start : start + 4]
            e = xs @ w + b - ys
            total += float((e**2).mean()) * len(xs)
            w, b = w - 0.1 * 2 * xs.T @ e / len(xs), b - 0.1 * 2 * e.mean(axis=0)
        losses.append(total / 10)
    np.testing.assert_allclose(model.get_weights()[0], w, rtol=EXACT)
    np.testing.assert_allclose(model.get_weights()[1], b, rtol=EXACT)
    np.testing.assert_allclose(history["loss"], losses, rtol=EXACT)
    assert losses[2] < losses[0]


def test_one_step_moves_every_weight_against_its_gradient():
    model = recurrent(optimizer=elman.optimizers.SGD(0.5))
    before, outputs = model.get_weights(), model(X)
    found = gradients(model, X, output_gradients=2 * (outputs - Y) / len(X))["weights"]
    loss = model.train_on_batch(X, Y)
    assert loss == pytest.approx(float(((outputs - Y) ** 2).mean()), rel=EXACT)
    for old, new, dw in zip(before, model.get_weights(), found, strict=True):
        np.testing.assert_allclose(new, old - 0.5 * dw, rtol=EXACT)


def test_the_loss_of_a_batch_is_the_mean_over_batches_so_far():
    seen, model = Seen(), recurrent(optimizer=still())
    model.fit(X, Y, batch_size=4, shuffle=False, callbacks=[seen], verbose=0)
    squares = ((model(X) - Y) ** 2)[:, 0]
    expected = [squares[:4].mean(), squares[:8].mean(), squares.mean()]
    np.testing.assert_allclose(seen.losses, expected, rtol=EXACT)


def test_training_learns():
    """The sum of a sequence, which a linear cell can do exactly."""
    x = normal(64, 5, 1)
    y = x.sum(axis=1)
    model = Sequential([Input((5, 1)), layers.SimpleRNN(1, "linear", **F64)])
    model.compile(elman.optimizers.Adam(0.05), "mse")
    losses = model.fit(x, y, epochs=60, batch_size=16, verbose=0).history["loss"]
    assert losses[-1] < 1e-3 * losses[0]


# ---------------------------------------------------------------------- batches


def batches_seen(model, **options):
    """Return the first feature of every sample in the order in which training saw them."""
    seen = []
    forward = model.graph.forward

    def spy(inputs, masks, mode):
        if mode.training:
            seen.append(inputs[0][:, 0, 0].tolist())
        return forward(inputs, masks, mode)

    model.graph.forward = spy
    model.fit(X, Y, verbose=0, **options)
    return seen


def joined(batches):
    return [sample for batch in batches for sample in batch]


def test_batches_hold_every_sample_once_and_in_order_without_shuffling():
    seen = batches_seen(recurrent(), batch_size=4, shuffle=False, epochs=2)
    assert [len(batch) for batch in seen] == [4, 4, 2] * 2
    assert joined(seen[:3]) == X[:, 0, 0].tolist() == joined(seen[3:])


def test_shuffling_draws_every_sample_once_in_a_new_order_each_epoch():
    elman.utils.set_random_seed(0)
    seen = batches_seen(recurrent(), batch_size=4, epochs=2)
    first, second = joined(seen[:3]), joined(seen[3:])
    ordered = sorted(X[:, 0, 0].tolist())
    assert sorted(first) == sorted(second) == ordered
    assert first != second
    assert first != X[:, 0, 0].tolist()


def test_fewer_steps_than_batches_go_on_where_the_last_epoch_stopped():
    seen = batches_seen(recurrent(), batch_size=4, steps_per_epoch=2, shuffle=False, epochs=3)
    assert joined(seen[:3]) == X[:, 0, 0].tolist()
    assert seen[3:] == seen[:3]


def test_the_batch_size_is_32_unless_given():
    model = linear()
    model.fit(np.ones((70, 3)), np.ones((70, 1)), verbose=0)
    assert model.optimizer.iterations == 3


# ---------------------------------------------------------------------- the same bits


def run(seed=3, *, dropout=0.3, **options):
    elman.utils.set_random_seed(seed)
    model = Sequential(
        [
            Input((4, 2)),
            layers.GRU(3, dropout=dropout, recurrent_dropout=dropout, return_sequences=True),
            layers.Dropout(dropout),
            layers.LSTM(2),
            layers.Dense(1),
        ]
    )
    model.compile("adam", "mse", metrics=["mae"])
    history = model.fit(X, Y, batch_size=3, epochs=2, verbose=options.pop("verbose", 0), **options)
    return model, history.history


def test_the_same_seed_gives_the_same_bits():
    one, history = run()
    other, again = run()
    assert same_weights(one, other)
    assert history == again
    assert not same_weights(one, run(seed=4)[0])


@pytest.mark.parametrize(
    "options",
    [
        {"verbose": 2},
        {"verbose": 1},
        {"callbacks": [Seen()]},
        {"validation_data": (X, Y)},
        {"callbacks": [LambdaCallback(on_epoch_end=lambda epoch, logs: np.random.random())]},  # noqa: NPY002
    ],
    ids=["lines", "bar", "callback", "validation", "global generator"],
)
def test_bits_do_not_depend_on_who_watches(options):
    assert same_weights(run()[0], run(**options)[0])


# ---------------------------------------------------------------------- on one batch


def test_train_and_test_on_batch_return_what_evaluate_would():
    model = recurrent(metrics=["mae", "mse"])
    expected = model.evaluate(X, Y, verbose=0)
    assert model.test_on_batch(X, Y) == expected
    assert model.test_on_batch(X, Y, return_dict=True) == dict(
        zip(["loss", "mae", "mse"], expected, strict=True)
    )
    assert model.train_on_batch(X, Y) == expected
    assert model.evaluate(X, Y, verbose=0) != expected
    alone = recurrent()
    assert isinstance(alone.evaluate(X, Y, verbose=0), float)
    assert isinstance(alone.train_on_batch(X, Y), float)


def test_predict_on_batch_is_a_call():
    model = recurrent(dropout=0.5)
    np.testing.assert_array_equal(model.predict_on_batch(X), model(X))


# ---------------------------------------------------------------------- breaking off


def test_an_interrupt_leaves_a_model_that_works():
    ended = []  # as in Keras, nobody is told of an end

    def interrupt(batch, logs):
        if batch == 1:
            raise KeyboardInterrupt

    watch = LambdaCallback(on_train_batch_end=interrupt, on_train_end=lambda logs: ended.append(1))
    model = recurrent()
    before = model.get_weights()[0]
    with pytest.raises(KeyboardInterrupt):
        model.fit(X, Y, batch_size=2, callbacks=[watch], verbose=0)
    assert ended == []
    assert model.optimizer.iterations == 2
    assert not np.array_equal(before, model.get_weights()[0])
    assert np.isfinite(model.fit(X, Y, verbose=0).history["loss"]).all()


def test_stop_training_stops_after_the_batch():
    def stop(batch, logs):
        model.stop_training = batch == 1

    model = recurrent()
    history = model.fit(
        X, Y, batch_size=2, epochs=5, callbacks=[LambdaCallback(on_train_batch_end=stop)], verbose=0
    )
    assert (model.optimizer.iterations, history.epoch) == (2, [0])
    assert len(model.fit(X, Y, epochs=2, verbose=0).epoch) == 2  # a new fit begins anew


def test_the_history_stays_with_the_model():
    model = recurrent()
    assert model.history is None
    history = model.fit(X, Y, epochs=5, initial_epoch=2, verbose=0)
    assert model.history is history
    assert (history.epoch, len(history.history["loss"])) == ([2, 3, 4], 3)
    assert recurrent().fit(X, Y, epochs=2, initial_epoch=2, verbose=0).history == {}


def test_no_epochs_train_nothing_as_in_keras():
    model, heard = recurrent(), []
    before = model.get_weights()
    watch = LambdaCallback(on_train_end=lambda logs: heard.append(logs))
    history = model.fit(X, Y, epochs=0, verbose=0, callbacks=[watch])
    assert (history.history, history.epoch, heard) == ({}, [], [{}])
    for old, new in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)


# ---------------------------------------------------------------------- stateful layers


def stateful():
    model = Sequential([Input((4, 2)), layers.LSTM(3, stateful=True, name="rnn"), layers.Dense(1)])
    model.compile("sgd", "mse")
    return model


def test_batches_of_one_size_carry_the_state_through_fit_evaluate_and_predict():
    model = stateful()
    model.fit(X, Y, batch_size=5, epochs=2, verbose=0)
    model.evaluate(X, Y, batch_size=5, verbose=0)
    model.layers[0].reset_state()
    found = model.predict(X, batch_size=5, verbose=0)
    model.layers[0].reset_state()
    np.testing.assert_array_equal(found, np.concatenate([model(X[:5]), model(X[5:])]))
    assert len(model.predict(X[:8], batch_size=5, steps=1, verbose=0)) == 5
