import re

import numpy as np
import pytest

import elman
from elman.callbacks import EarlyStopping, LambdaCallback, ModelCheckpoint, SwapEMAWeights
from elman.errors import ArgumentError, NotBuiltError
from tests.callbacks.problem import Break, Feed, X, Y, fit, make


def averaging():
    return make(optimizer=elman.optimizers.SGD(0.5, use_ema=True, ema_momentum=0.5))


def by_hand(epochs):
    """Return the weights after each step, and their averages."""
    model, weights, averages = make(rate=0.5), [], []
    for _ in range(epochs):
        fit(model=model, epochs=1)
        w = model.get_weights()[0]
        averages.append(w if not averages else 0.5 * averages[-1] + np.float32(0.5) * w)
        weights.append(w)
    return weights, averages


def watch(model):
    """Return two lists of the weights, at the end of steps and of epochs, and who fills them."""
    steps, epochs = [], []
    return (
        steps,
        epochs,
        LambdaCallback(
            on_train_batch_end=lambda batch, logs: steps.append(model.get_weights()[0]),
            on_epoch_end=lambda epoch, logs: epochs.append(model.get_weights()[0]),
        ),
    )


def assert_close(found, expected):
    np.testing.assert_allclose(found, expected, rtol=1e-6)


@pytest.mark.parametrize("swap_on_epoch", [False, True])
def test_training_goes_on_with_the_weights_that_it_had(swap_on_epoch):
    weights, averages = by_hand(4)
    model = averaging()
    steps, ends, spy = watch(model)
    fit(SwapEMAWeights(swap_on_epoch), spy, model=model, epochs=4, validation_data=(X, Y))
    assert_close(steps, weights)
    assert_close(ends, averages if swap_on_epoch else weights)
    assert_close(model.get_weights()[0], averages[-1])


def test_validation_is_of_the_averages():
    model = averaging()
    found = fit(SwapEMAWeights(), model=model, validation_data=(X, Y)).history["val_loss"]
    assert found[-1] == pytest.approx(model.evaluate(X, Y, verbose=0)[0], rel=1e-6)
    plain = fit(model=averaging(), validation_data=(X, Y)).history["val_loss"]
    assert found[0] == pytest.approx(plain[0], rel=1e-6)  # the first average is the first weights
    assert found[1] != pytest.approx(plain[1], rel=0.01)


def test_a_checkpoint_holds_the_averages(tmp_path):
    model = averaging()
    save = ModelCheckpoint(tmp_path / "{epoch}.keras")
    fit(SwapEMAWeights(swap_on_epoch=True), save, model=model)
    for i, average in enumerate(by_hand(3)[1]):
        saved = elman.models.load_model(tmp_path / f"{i + 1}.keras")
        assert_close(saved.get_weights()[0], average)


def test_training_that_is_stopped_early_ends_with_the_averages():
    model = averaging()
    stop = EarlyStopping("score", mode="min")
    fit(Feed([1, 2, 3]), SwapEMAWeights(swap_on_epoch=True), stop, model=model)
    assert_close(model.get_weights()[0], by_hand(2)[1][-1])
    fit(SwapEMAWeights(swap_on_epoch=True), model=model, epochs=1)  # and goes on


@pytest.mark.parametrize("run", ["evaluate", "predict"])
def test_evaluation_and_prediction_are_of_the_averages_and_leave_the_weights(run):
    model = averaging()
    with pytest.raises(ZeroDivisionError):
        fit(Break(2), model=model)
    weights, averages = by_hand(2)
    assert_close(model.get_weights()[0], weights[1])
    seen = []
    look = LambdaCallback(
        **{
            f"on_{run.replace('evaluate', 'test')}_begin": lambda logs: seen.append(
                model.get_weights()[0]
            )
        }
    )
    arguments = (X, Y) if run == "evaluate" else (X,)
    getattr(model, run)(*arguments, callbacks=[SwapEMAWeights(), look], verbose=0)
    assert_close(seen, averages[1:])
    assert_close(model.get_weights()[0], weights[1])


@pytest.mark.parametrize("event", ["on_test_batch_end", "on_epoch_end"])
def test_an_error_while_the_averages_are_in_the_model_gives_it_its_weights_back(event):
    def fail(*_):
        raise ZeroDivisionError

    model = averaging()
    swap = SwapEMAWeights(swap_on_epoch=True)
    with pytest.raises(ZeroDivisionError):
        fit(swap, LambdaCallback(**{event: fail}), model=model, validation_data=(X, Y))
    weights, averages = by_hand(3)
    assert_close(model.get_weights()[0], weights[0])
    fit(swap, model=model, epochs=2)
    assert_close(model.get_weights()[0], averages[2])


def test_an_optimizer_without_averages_is_refused():
    text = (
        "SwapEMAWeights: the optimizer must keep averages of the weights; got SGD(use_ema=False). "
        "Make it with `use_ema=True`."
    )
    with pytest.raises(ArgumentError, match=re.escape(text)):
        fit(SwapEMAWeights())


def test_there_are_no_averages_before_the_first_step():
    text = "SwapEMAWeights: the optimizer must have taken a step, because there are no averages"
    with pytest.raises(NotBuiltError, match=re.escape(text)):
        averaging().evaluate(X, Y, callbacks=[SwapEMAWeights()], verbose=0)


def test_swap_on_epoch_is_true_or_false():
    with pytest.raises(ArgumentError, match="`swap_on_epoch` must be True or False; got 1"):
        SwapEMAWeights(1)
