import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import elman
from elman import Input, Model, Sequential, gradients, layers
from elman.callbacks import Callback, LambdaCallback
from elman.errors import ArgumentError, NotBuiltError, ShapeError
from tests.layers.checks import F64, normal, scramble
from tests.tolerances import EXACT, FLOAT32

X, Y = normal(10, 4, 2), normal(10, 1, seed=1)


def linear(*, optimizer="sgd", loss="mse", features=3, **options):
    """Return y = x w + b from zeros, small enough to be trained by hand."""
    dense = layers.Dense(1, kernel_initializer="zeros", **F64)
    model = Sequential([Input((features,), dtype="float64"), dense])
    model.compile(optimizer, loss, **options)
    return model


def recurrent(*, dropout=0.0, **options):
    model = Sequential(
        [Input((4, 2)), layers.LSTM(3, dropout=dropout, **F64), layers.Dense(1, **F64)]
    )
    model.compile(options.pop("optimizer", "sgd"), options.pop("loss", "mse"), **options)
    return scramble(model)


def still():
    """Return an optimizer that moves nothing, so that losses may be worked out beforehand."""
    return elman.optimizers.SGD(1e-300)


def same_weights(one, other):
    return all(
        np.array_equal(a, b) for a, b in zip(one.get_weights(), other.get_weights(), strict=True)
    )


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


# ---------------------------------------------------------------------- validation


def test_a_split_keeps_the_last_samples_for_validation():
    model = recurrent(metrics=["mae"])
    history = model.fit(
        X, Y, validation_split=0.3, epochs=2, batch_size=2, shuffle=False, verbose=0
    ).history
    other = recurrent(metrics=["mae"])
    expected = other.fit(
        X[:7], Y[:7], validation_data=(X[7:], Y[7:]), epochs=2, batch_size=2, shuffle=False,
        verbose=0,
    ).history  # fmt: skip
    assert history == expected
    assert list(history) == ["loss", "mae", "val_loss", "val_mae"]
    assert same_weights(model, other)
    found = model.evaluate(X[7:], Y[7:], batch_size=2, verbose=0)
    assert found == [history["val_loss"][-1], history["val_mae"][-1]]


def test_validation_changes_no_weight():
    one, other = recurrent(), recurrent()
    one.fit(X, Y, epochs=2, shuffle=False, verbose=0)
    other.fit(X, Y, epochs=2, shuffle=False, verbose=0, validation_data=(X, Y))
    assert same_weights(one, other)


def test_errors_say_that_the_validation_data_are_meant():
    with pytest.raises(ShapeError, match=r"got 3\. These are the `validation_data`\."):
        recurrent().fit(X, Y, validation_data=(X, Y[:3]), verbose=0)


def test_validation_data_come_before_a_split():
    model = recurrent()
    model.fit(X, Y, validation_split=0.5, validation_data=[X, Y], batch_size=5, verbose=0)
    assert model.optimizer.iterations == 2


def test_validation_every_so_many_epochs():
    history = (
        recurrent()
        .fit(X, Y, validation_data=(X, Y), validation_freq=2, epochs=5, verbose=0)
        .history
    )
    assert (len(history["loss"]), len(history["val_loss"])) == (5, 2)


def test_validation_steps_begin_with_the_first_sample_each_time():
    model = recurrent(optimizer=still())
    history = model.fit(
        X, Y, validation_data=(X, Y), validation_steps=1, validation_batch_size=3, epochs=3,
        verbose=0,
    ).history  # fmt: skip
    expected = float(((model(X[:3]) - Y[:3]) ** 2).mean())
    np.testing.assert_allclose(history["val_loss"], [expected] * 3, rtol=EXACT)


def test_class_weights_do_not_weigh_the_validation():
    y = (Y > 0).astype(float)
    model = recurrent(optimizer=still())
    history = model.fit(X, y, validation_split=0.3, class_weight={0: 5.0}, verbose=0).history
    expected = float(((model(X[7:]) - y[7:]) ** 2).mean())
    np.testing.assert_allclose(history["val_loss"], [expected], rtol=EXACT)


# ---------------------------------------------------------------------- weights of samples


def test_sample_weights_weigh_the_loss_and_not_the_metrics():
    model, weights = recurrent(metrics=["mse"]), np.arange(10.0)
    squares = ((model(X) - Y) ** 2)[:, 0]
    found = model.test_on_batch(X, Y, sample_weight=weights, return_dict=True)
    assert found["loss"] == pytest.approx((weights * squares).sum() / 10, rel=EXACT)
    assert found["mse"] == pytest.approx(squares.mean(), rel=EXACT)


def test_a_weight_of_zero_is_a_sample_that_moves_nothing():
    one, other = recurrent(loss="mae"), recurrent(loss="mae")
    weights = np.array([1.0] * 5 + [0.0] * 5)
    one.train_on_batch(X, Y, sample_weight=weights * 2)  # divided by 10, not by 5
    other.train_on_batch(X[:5], Y[:5])
    for a, b in zip(one.get_weights(), other.get_weights(), strict=True):
        np.testing.assert_allclose(a, b, rtol=EXACT, atol=EXACT)


def test_timesteps_have_weights_of_their_own():
    model = Sequential([Input((4, 2)), layers.GRU(1, return_sequences=True, **F64)])
    model.compile("sgd", "mse")
    y, weights = normal(10, 4, 1, seed=3), np.abs(normal(10, 4, seed=4))
    squares = ((model(X) - y) ** 2)[..., 0]
    found = model.evaluate(X, y, sample_weight=weights, verbose=0)
    assert found == pytest.approx((weights * squares).mean(), rel=FLOAT32)
    per_sample = model.evaluate(X, y, sample_weight=weights[:, 0], verbose=0)
    assert per_sample == pytest.approx((weights[:, :1] * squares).mean(), rel=FLOAT32)


@pytest.mark.parametrize(
    ("loss", "units", "targets"),
    [
        ("sparse_categorical_crossentropy", 3, lambda c: c),
        ("sparse_categorical_crossentropy", 3, lambda c: c[:, None]),
        ("categorical_crossentropy", 3, lambda c: np.eye(3)[c]),
        ("mse", 1, lambda c: c[:, None].astype(float)),
    ],
    ids=["labels", "column", "one-hot", "numbers"],
)
def test_class_weights_are_the_sample_weights_of_the_classes(loss, units, targets):
    classes = np.array([0, 1, 2, 2, 1, 0, 0, 1, 2, 0])
    model = Sequential([Input((4, 2)), layers.GRU(2), layers.Dense(units, "softmax")])
    model.compile("sgd", loss)
    weights = model.get_weights()
    table = {0: 0.5, 2: 3.0}  # 1 weighs 1
    y = targets(classes)
    found = model.train_on_batch(X, y, class_weight=table)
    model.set_weights(weights)
    per_sample = np.array([table.get(c, 1.0) for c in classes.tolist()])
    assert found == pytest.approx(model.train_on_batch(X, y, sample_weight=per_sample), rel=FLOAT32)


def test_classes_may_be_numpy_s_integers():
    labels = np.array([0, 1] * 5)
    found = [
        recurrent(loss="mse")
        .fit(X, labels, class_weight=table, shuffle=False, verbose=0)
        .history["loss"]
        for table in ({0: 3.0, 1: 0.5}, {np.int64(0): 3.0, np.int8(1): np.float32(0.5)})
    ]
    assert found[0] == found[1]


def test_class_weights_of_labels_a_timestep():
    model = Sequential(
        [Input((4, 2)), layers.GRU(2, return_sequences=True), layers.Dense(3, "softmax")]
    )
    model.compile("sgd", "sparse_categorical_crossentropy")
    y = np.random.default_rng(0).integers(0, 3, (10, 4))
    weights, own = model.get_weights(), np.arange(10.0)
    for targets in (y, y[..., None]):
        model.set_weights(weights)
        found = model.train_on_batch(X, targets, own, class_weight={0: 2.0, 1: 0.0})
        model.set_weights(weights)
        per_step = np.array([2.0, 0.0, 1.0])[y] * own[:, None]
        assert found == pytest.approx(model.train_on_batch(X, targets, per_step), rel=FLOAT32)


# ---------------------------------------------------------------------- masks


def masked(return_sequences):
    stack = [Input((None, 2), dtype="float64"), layers.Masking(), layers.GRU(2, **F64)]
    stack[2].return_sequences = return_sequences
    model = Sequential([*stack, layers.Dense(1, **F64)])
    model.compile(elman.optimizers.SGD(0.1), "mse", metrics=["mae"])
    return scramble(model)


@given(
    lengths=st.lists(st.integers(1, 4), min_size=1, max_size=4),
    padding=st.integers(0, 4),
    return_sequences=st.booleans(),
)
def test_padding_changes_neither_loss_nor_metrics_nor_a_step(lengths, padding, return_sequences):
    longest = max(lengths)
    x, y = normal(len(lengths), longest, 2), normal(len(lengths), longest, 1, seed=1)
    for i, n in enumerate(lengths):
        x[i, n:] = 0
    if not return_sequences:
        y = y[:, 0]
    longer = np.concatenate([x, np.zeros((len(lengths), padding, 2))], axis=1)
    targets = y
    if return_sequences:
        targets = np.concatenate([y, np.full((len(lengths), padding, 1), 7.0)], axis=1)
    one, other = masked(return_sequences), masked(return_sequences)
    np.testing.assert_allclose(
        one.train_on_batch(x, y), other.train_on_batch(longer, targets), rtol=EXACT
    )
    for a, b in zip(one.get_weights(), other.get_weights(), strict=True):
        np.testing.assert_allclose(a, b, rtol=EXACT, atol=EXACT)


def test_the_masked_loss_is_the_mean_over_the_steps_that_count():
    x, y = normal(2, 3, 2), normal(2, 3, 1, seed=1)
    x[0, 1:] = 0
    model = masked(return_sequences=True)
    squares = ((model(x) - y) ** 2)[..., 0]
    expected = (squares[0, 0] + squares[1].sum()) / 4
    assert model.evaluate(x, y, verbose=0)[0] == pytest.approx(expected, rel=EXACT)


# ---------------------------------------------------------------------- targets


def test_targets_may_lack_the_last_axis_of_size_one():
    results = [recurrent().evaluate(X, y, verbose=0) for y in (Y, Y[:, 0], Y[:, 0].tolist())]
    assert results[0] == results[1] == results[2]


def test_everything_may_be_lists():
    one, other = recurrent(), recurrent()
    one.fit(X, Y, shuffle=False, verbose=0)
    other.fit(X.tolist(), Y.tolist(), shuffle=False, verbose=0)
    assert same_weights(one, other)


def two_outputs(**options):
    x = Input((4, 2))
    h = layers.GRU(2, **F64)(x)
    outputs = [layers.Dense(1, name="p", **F64)(h), layers.Dense(2, name="q", **F64)(h)]
    model = Model(x, options.pop("structure", lambda o: o)(outputs))
    model.compile("sgd", **options)
    return scramble(model)


YS = [Y, normal(10, 2, seed=2)]


@pytest.mark.parametrize(
    ("loss", "factors"),
    [
        (["mse", "mae"], None),
        ({"q": "mae", "p": "mse"}, None),
        (["mse", "mae"], [0.5, 3.0]),
        ({"q": "mae", "p": "mse"}, {"q": 3.0, "p": 0.5}),
    ],
)
def test_losses_of_several_outputs_add_up_with_their_weights(loss, factors):
    model = two_outputs(loss=loss, loss_weights=factors)
    p, q = model(X)
    parts = [float(((p - YS[0]) ** 2).mean()), float(np.abs(q - YS[1]).mean())]
    a, b = (0.5, 3.0) if factors else (1.0, 1.0)
    expected = {"loss": a * parts[0] + b * parts[1], "p_loss": parts[0], "q_loss": parts[1]}
    for y in (YS, tuple(YS), {"q": YS[1], "p": YS[0]}):
        found = model.evaluate(X, y, verbose=0, return_dict=True)
        assert found == pytest.approx(expected, rel=EXACT)
    douts = [a * 2 * (p - YS[0]) / 10, b * np.sign(q - YS[1]) / 20]
    dweights, before = gradients(model, X, output_gradients=douts)["weights"], model.get_weights()
    model.train_on_batch(X, YS)
    for old, new, dw in zip(before, model.get_weights(), dweights, strict=True):
        np.testing.assert_allclose(new, old - 0.01 * dw, rtol=EXACT)


def test_an_output_without_a_loss_is_left_alone():
    model = two_outputs(loss={"q": "mae"})
    before = model.get_layer("p").get_weights()
    found = model.fit(X, {"q": YS[1]}, verbose=0).history
    assert list(found) == ["loss"]
    for old, new in zip(before, model.get_layer("p").get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)


def test_one_loss_serves_all_outputs():
    found = two_outputs(loss="mse").evaluate(X, YS, verbose=0, return_dict=True)
    assert found["loss"] == pytest.approx(found["p_loss"] + found["q_loss"], rel=EXACT)


def test_metrics_of_several_outputs_are_named_by_output():
    by_list = two_outputs(loss="mse", metrics=[["mae"], ["mse", "mae"]])
    by_name = two_outputs(loss="mse", metrics={"q": ["mse", "mae"], "p": "mae"})
    found = by_list.evaluate(X, YS, verbose=0, return_dict=True)
    assert list(found) == ["loss", "p_loss", "q_loss", "p_mae", "q_mae", "q_mse"]
    assert by_name.evaluate(X, YS, verbose=0, return_dict=True) == found
    assert by_list.metrics_names == list(found)


def test_a_list_of_results_has_keras_s_order_and_a_dictionary_keeps_it():
    """Losses go by output, metrics by their sorted names; Keras sorts a dictionary too."""
    x = Input((4, 2))
    h = layers.LSTM(2)(x)
    model = Model(x, [layers.Dense(1, name=name)(h) for name in ("b", "a", "c")])
    model.compile("sgd", ["mse", "mae", None], metrics=[["mae"], ["mse"], ["mse"]])
    found = model.evaluate(X, [Y, Y, Y], verbose=0, return_dict=True)
    assert list(found) == ["loss", "b_loss", "a_loss", "a_mse", "b_mae", "c_mse"]
    assert model.evaluate(X, [Y, Y, Y], verbose=0) == list(found.values())
    assert list(model.fit(X, [Y, Y, Y], verbose=0).history) == list(found)


def test_with_a_single_loss_there_is_no_loss_by_output():
    x = Input((4, 2))
    h = layers.LSTM(2)(x)
    model = Model(x, [layers.Dense(1, name=name)(h) for name in ("b", "a")])
    model.compile("sgd", ["mse", None], metrics=[["mae"], ["mse"]])
    assert list(model.evaluate(X, [Y, Y], return_dict=True)) == ["loss", "a_mse", "b_mae"]


def test_metrics_of_one_name_are_numbered_as_in_keras():
    model = recurrent(metrics=["mse", "mse", "mae", lambda y, p: 0 * p, lambda y, p: 0 * p + 1])
    found = model.evaluate(X, Y, verbose=0, return_dict=True)
    assert list(found) == ["loss", "mse", "mse_1", "mae", "lambda", "lambda_1"]
    assert found["mse"] == found["mse_1"]
    assert (found["lambda"], found["lambda_1"]) == (0, 1)


def test_outputs_in_a_dictionary_take_targets_by_key():
    model = two_outputs(
        loss={"one": "mse", "two": "mae"}, structure=lambda o: {"two": o[1], "one": o[0]}
    )
    found = model.fit(X, {"one": YS[0], "two": YS[1]}, verbose=0).history
    assert list(found) == ["loss", "one_loss", "two_loss"]


# ---------------------------------------------------------------------- freezing


def test_frozen_layers_stand_still_and_the_others_do_not():
    model = recurrent()
    model.layers[0].trainable = False
    before = model.get_weights()
    model.fit(X, Y, verbose=0)
    moved = [not np.array_equal(a, b) for a, b in zip(before, model.get_weights(), strict=True)]
    assert moved == [False, False, False, True, True]


def test_freezing_after_training_keeps_the_optimizer_s_state_of_the_others():
    """Adam's slots of the Dense layer must be those of a model that always trained it."""
    x, y = normal(10, 3), normal(10, 1, seed=1)

    def make():
        model = Sequential(
            [Input((3,)), layers.Dense(1, name="a", **F64), layers.Dense(1, name="b", **F64)]
        )
        model.compile("adam", "mse")
        return scramble(model)

    model = make()
    model.fit(x, y, epochs=2, shuffle=False, verbose=0)
    momentum = slot(model, "momentum", "b/kernel")
    model.get_layer("a").trainable = False
    frozen = model.get_layer("a").get_weights()
    dw = gradients(model, x, output_gradients=2 * (model(x) - y) / len(x))["weights"][2]
    model.train_on_batch(x, y)
    assert model.optimizer.iterations == 3
    np.testing.assert_allclose(
        slot(model, "momentum", "b/kernel"), 0.9 * momentum + 0.1 * dw, rtol=EXACT
    )
    for old, new in zip(frozen, model.get_layer("a").get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)
    model.get_layer("a").trainable = True
    model.train_on_batch(x, y)
    assert not np.array_equal(model.get_layer("a").get_weights()[0], frozen[0])


def slot(model, name, path):
    (found,) = [
        array
        for key, array in model.optimizer.state().items()
        if key.startswith(name) and key.endswith(path)
    ]
    return found


def test_a_frozen_model_inside_another_stands_still():
    inner = Sequential([Input((4, 2)), layers.GRU(2, **F64)])
    model = Sequential([Input((4, 2)), inner, layers.Dense(1, **F64)])
    inner.trainable = False
    model.compile("adam", "mse")
    before = inner.get_weights()
    model.fit(X, Y, verbose=0)
    for a, b in zip(before, inner.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)


def test_a_wholly_frozen_model_trains_nothing_and_says_its_loss():
    model = recurrent()
    model.trainable = False
    before = model.get_weights()
    history = model.fit(X, Y, verbose=0).history
    assert history["loss"][0] > 0
    for a, b in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)


def test_two_models_train_the_layer_that_they_share():
    shared = layers.Dense(2, **F64)
    models = []
    for _ in range(2):
        x = Input((3,))
        model = Model(x, layers.Dense(1, **F64)(shared(x)))
        model.compile("adam", "mse")
        models.append(model)
    x, y = normal(6, 3), normal(6, 1)
    for _ in range(2):
        for model in models:
            before = shared.get_weights()[0]
            model.train_on_batch(x, y)
            assert not np.array_equal(before, shared.get_weights()[0])
    np.testing.assert_array_equal(models[0].get_weights()[0], models[1].get_weights()[0])


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


# ---------------------------------------------------------------------- one optimizer, one model


def test_thawing_finds_the_optimizer_s_state_as_it_was_left():
    model = Sequential([Input((4, 2)), layers.LSTM(3), layers.Dense(1)])
    model.compile("adam", "mse")
    model.fit(X, Y, verbose=0)
    lstm = model.layers[0]
    before = model.optimizer.state()
    lstm.trainable = False
    model.fit(X, Y, verbose=0)
    assert len(model.optimizer.state()) < len(before)
    lstm.trainable = True
    model.compiled.ready(model.trainable_weights)
    after = model.optimizer.state()
    assert list(after) == list(before)
    for name in (name for name in before if "/lstm" in name):
        assert before[name].any()
        np.testing.assert_array_equal(after[name], before[name])


def test_an_optimizer_stays_with_one_model():
    optimizer = elman.optimizers.Adam()
    recurrent(optimizer=optimizer).fit(X, Y, verbose=0)
    other = Sequential([Input((4, 2)), layers.Flatten(), layers.Dense(1, name="d")], name="s")
    other.compile(optimizer, "mse")
    text = (
        "Adam: an optimizer must stay with one model; got weights that it has never seen, such as "
        "'s/d/kernel'. Compile with a new optimizer."
    )
    with pytest.raises(ArgumentError, match=re.escape(text)):
        other.fit(X, Y, verbose=0)


def test_recompiling_with_the_same_optimizer_goes_on():
    model = recurrent(optimizer="adam")
    model.fit(X, Y, verbose=0)
    model.compile(model.optimizer, "mae")
    model.fit(X, Y, verbose=0)
    assert model.optimizer.iterations == 2


def uncompiled():
    return Sequential([Input((4, 2)), layers.LSTM(1)], name="s")


def named(**options):
    model = Sequential([Input((4, 2)), layers.LSTM(1)], name="s")
    model.compile(**{"optimizer": "sgd", "loss": "mse", **options})
    return model


@pytest.mark.parametrize("method", ["fit", "evaluate", "train_on_batch", "test_on_batch"])
def test_a_model_must_be_compiled_first(method):
    text = (
        "Sequential 's': an optimizer and a loss must be chosen first. "
        "Call `compile(optimizer='adam', loss='mse')`."
    )
    with pytest.raises(NotBuiltError, match=re.escape(text)):
        getattr(uncompiled(), method)(X, Y)
    with pytest.raises(NotBuiltError, match=re.escape(text)):
        _ = uncompiled().optimizer


@pytest.mark.parametrize(
    ("attempt", "text"),
    [
        (lambda: named().fit(X), "Sequential 's': `y` must hold the targets; got None."),
        (
            lambda: named().fit(X, Y, epochs=-1),
            "Sequential 's': `epochs` must be an integer of at least 0; got -1.",
        ),
        (
            lambda: named().fit(X, Y, shuffle="yes"),
            "Sequential 's': `shuffle` must be True or False; got 'yes'.",
        ),
        (
            lambda: named().fit(X, Y, epoch=3),
            "Sequential 's': `epoch` must be an argument that fit has. Did you mean 'epochs'?",
        ),
        (
            lambda: named().evaluate(X, Y, sample_weights=None),
            "Sequential 's': `sample_weights` must be an argument that evaluate has. "
            "Did you mean 'sample_weight'?",
        ),
        (
            lambda: named().predict(X, batchsize=3),
            "Sequential 's': `batchsize` must be an argument that predict has. "
            "Did you mean 'batch_size'?",
        ),
        (
            lambda: named().fit(X, Y, batch_size=0),
            "Sequential 's': `batch_size` must be a positive integer; got 0.",
        ),
        (
            lambda: named().fit(X, Y, batch_size=0, validation_split=0.5),
            "Sequential 's': `batch_size` must be a positive integer; got 0.",
        ),
        (
            lambda: named().fit(X, Y, steps_per_epoch=0),
            "Sequential 's': `steps` must be a positive integer; got 0.",
        ),
        (
            lambda: named().evaluate(X, Y, steps=-1),
            "Sequential 's': `steps` must be a positive integer; got -1.",
        ),
        (
            lambda: named().fit(X, Y, validation_freq=0),
            "Sequential 's': `validation_freq` must be a positive integer; got 0.",
        ),
        (
            lambda: named().fit(X, Y, validation_split=1.5),
            "Sequential 's': `validation_split` must be above 0 and below 1; got 1.5.",
        ),
        (
            lambda: named().fit(X, Y, validation_split=0.999),
            "Sequential 's': `validation_split` must leave samples on both sides; got 0.999 of 10.",
        ),
        (
            lambda: named().fit(iter([(X, Y)]), validation_split=0.5),
            "Sequential 's': `validation_split` must be left out where `x` gives batches. "
            "Give `validation_data`.",
        ),
        (
            lambda: named().fit(X, Y, validation_data=(X, Y, X, Y, X)),
            "Sequential 's': `validation_data` must be (x, y), (x, y, sample_weight) or (x, y, "
            "sample_weight, reset_mask); got 5 things.",
        ),
        (
            lambda: named().fit(X, Y, verbose=3),
            "Sequential 's': `verbose` must be one of 'auto', 0, 1, 2; got 3.",
        ),
        (
            lambda: named().fit(X, Y, epochs=2, validation_data=iter([(X, Y)]), verbose=0),
            "Sequential 's': there must be at least one batch to evaluate on; a generator that has "
            "come to its end gives none.",
        ),
        (
            lambda: named().evaluate(iter(())),
            "Sequential 's': there must be at least one batch to evaluate on;",
        ),
        (
            lambda: named(loss=None).fit(X, Y),
            "Sequential 's': `loss` must be given to `compile` before training or evaluating.",
        ),
        (
            lambda: named().fit(X, Y, callbacks=3),
            "Sequential 's': `callbacks` must be a list of `elman.callbacks`; got 3.",
        ),
        (
            lambda: named().fit(X, Y, initial_epoch="a"),
            "Sequential 's': `initial_epoch` must be an integer of at least 0; got 'a'.",
        ),
        (
            lambda: named().fit(X, Y, steps_per_epoch="a"),
            "Sequential 's': `steps` must be a positive integer; got 'a'.",
        ),
        (
            lambda: named().fit(X, Y, validation_split=0.2, validation_batch_size="a"),
            "Sequential 's': `validation_batch_size` must be a positive integer; got 'a'.",
        ),
        (
            lambda: named(loss_weights=[1, 2]).fit(X, Y),
            "Sequential 's': `loss_weights` must have one entry an output (lstm",
        ),
        (
            lambda: named(loss_weights="a"),
            "Sequential 's': `loss_weights` must be a finite number; got 'a'.",
        ),
        (
            lambda: two_outputs(loss="mse").fit(X, {"q": YS[1]}),
            "`y` must hold the targets of every output that has a loss or metrics; those of 'p' "
            "are missing.",
        ),
        (
            lambda: two_outputs(loss={"q": "mse"}, metrics={"p": "mae"}).fit(X, {"q": YS[1]}),
            "those of 'p' are missing.",
        ),
        (
            lambda: two_outputs(loss="mse").fit(X, YS, class_weight={0: 1.0}),
            "`class_weight` must be left out for a model of several outputs; this one has 2. "
            "Give `sample_weight`, a list with one array an output.",
        ),
        *(
            (
                lambda table=table: named().fit(X, Y, class_weight=table),
                "Sequential 's': `class_weight` must be a dictionary from class, an integer, to "
                f"weight, a finite number; got {table!r}.",
            )
            for table in ({"0": 1000.0}, [1, 2], {0: "a"}, {0: float("nan")}, {0.5: 1.0})
        ),
        (
            lambda: named().fit(X, np.full_like(Y, np.nan), class_weight={0: 1.0}),
            "Sequential 's': `y` must hold the class of every sample to weigh it with "
            "`class_weight`; got nan.",
        ),
    ],
)
def test_errors_name_the_argument_and_the_fix(attempt, text):
    with pytest.raises(ArgumentError, match=re.escape(text)):
        attempt()
