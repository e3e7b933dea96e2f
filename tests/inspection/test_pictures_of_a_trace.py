"""Pictures of a trace and of training: that they are drawn, and say what they show."""

import io
import re

import numpy as np
import pytest

import elman
from elman import Input, Sequential, layers
from elman.errors import ArgumentError
from elman.inspection import one_sample, plot_history
from tests.layers.checks import GAPS, normal

X, Y = normal(3, 4, 2).astype("float32"), normal(3, 1).astype("float32")


@pytest.fixture(autouse=True)
def _nothing_stays_open():
    yield
    from matplotlib import pyplot

    pyplot.close("all")


def traced(*, y=Y, mask=None):
    elman.utils.clear_session()
    inside = [layers.LSTM(3, return_sequences=True), layers.SimpleRNN(2), layers.Dense(1)]
    model = Sequential([Input((4, 2)), *inside])
    model.compile("sgd", "mse")
    return model.trace(X, y, mask=mask)


def titles(figure):
    """Return the titles of a figure's axes, once it has been rendered."""
    file = io.BytesIO()
    figure.savefig(file, format="png")
    assert file.getvalue().startswith(b"\x89PNG")
    return [title for axes in figure.axes if (title := axes.get_title(loc="left"))]


def image(figure, i):
    return figure.axes[i].images[0].get_array()


def test_a_layer_is_drawn_with_its_states_and_gates_under_what_it_reads():
    lstm = traced()["lstm"]
    figure = lstm.plot(sample=1)
    assert [title.split(":")[0] for title in titles(figure)] == [
        "what the layer reads", "hidden state h", "cell state c", "input gate", "forget gate",
        "candidate", "output gate",
    ]  # fmt: skip
    assert figure.axes[6].get_xlabel() == "timestep"
    assert figure.axes[1].get_ylabel() == "unit"
    np.testing.assert_allclose(image(figure, 4), lstm.forget[1].T)
    assert figure.axes[4].images[0].get_clim() == (0, 1)
    low, high = figure.axes[1].images[0].get_clim()
    assert low == -high < 0


def test_some_names_alone_and_a_state_that_is_its_own_activation():
    seen = traced()
    assert titles(seen["lstm"].plot(what="c"))[1:] == ["cell state c"]
    assert titles(seen["simple_rnn"].plot())[1:] == ["hidden state h"]


def test_masked_steps_are_grey_and_the_title_says_so():
    lstm = traced(mask=GAPS)["lstm"]
    figure = lstm.plot(sample=1, what="h")
    assert titles(figure)[1] == "hidden state h (grey: masked)"
    hidden = np.isnan(np.ma.filled(image(figure, 1).astype(float), np.nan))
    np.testing.assert_array_equal(hidden, np.tile(~GAPS[1], (3, 1)))


def test_gradients_are_drawn_about_zero():
    found = traced()["lstm"].gradients
    figure = found.plot(what=["h", "forget"])
    assert [title.split(":")[0] for title in titles(figure)[1:]] == ["dL/d(h)", "dL/d(forget)"]
    np.testing.assert_allclose(image(figure, 1), found.h[0].T)
    assert figure.axes[1].images[0].norm.vmin == -figure.axes[1].images[0].norm.vmax


def test_the_overview_has_all_layers_with_gradients_beside_them_if_there_are_any():
    assert titles(traced().plot()) == [
        "input of the model", "lstm: hidden state h", "lstm: dL/d(h)",
        "simple_rnn: hidden state h", "simple_rnn: dL/d(h)",
    ]  # fmt: skip
    assert titles(traced(y=None).plot())[1:] == [
        "lstm: hidden state h",
        "simple_rnn: hidden state h",
    ]


def test_tokens_are_a_row_and_many_timesteps_are_not_all_numbered():
    model = Sequential([Input((60,), dtype="int32"), layers.Embedding(9, 2), layers.GRU(2)])
    figure = model.trace(np.ones((1, 60), int)).plot()
    titles(figure)
    assert image(figure, 0).shape == (1, 60)
    assert len(figure.axes[1].get_xticks()) < 20


def test_training_curves_stand_beside_those_of_validation():
    model = Sequential([Input((4, 2)), layers.GRU(2), layers.Dense(1)])
    model.compile("sgd", "mse", metrics=["mae"])
    history = model.fit(X, Y, epochs=2, validation_data=(X, Y), verbose=0)
    figure = history.plot(log=True)
    assert titles(figure) == ["loss", "mae"]
    assert [text.get_text() for text in figure.axes[0].get_legend().get_texts()] == [
        "training", "validation",
    ]  # fmt: skip
    assert list(figure.axes[0].lines[1].get_ydata()) == history.history["val_loss"]
    assert figure.axes[1].get_xlabel() == "epoch"
    assert figure.axes[0].get_yscale() == "log"


def test_epochs_are_whole_numbers_and_what_is_not_drawn_is_said():
    one = plot_history({"loss": [2.0]}).axes[0]
    low, high = one.get_xlim()
    assert [tick for tick in one.get_xticks() if low < tick < high] == [1]
    assert titles(plot_history({"loss": [2.0, np.nan]})) == ["loss: not finite in epoch 2"]
    assert titles(plot_history({"loss": [2.0, 0.0]}, log=True)) == ["loss: no logarithm in epoch 2"]


def test_a_loss_that_hardly_changes_is_drawn_by_its_logarithms():
    axes = plot_history({"loss": [0.031551, 0.03155, 0.03155]}, log=True).axes[0]
    titles(axes.figure)
    low, high = axes.get_ylim()
    assert high / low > 3.9


def test_a_scale_has_two_ends_whatever_the_values():
    assert one_sample.limits("h", np.full(2, np.nan)) == (0, 1)
    assert one_sample.limits("h", np.full(2, 3.0)) == (3, 4)


def test_wrong_arguments_are_named():
    seen = traced()
    for attempt, text in (
        (
            lambda: seen["lstm"].plot(sample=3),
            "trace of 'lstm': `sample` must be less than 3, the size of the batch; got 3.",
        ),
        (
            lambda: seen.plot(sample=-1),
            "trace of Sequential 'sequential': `sample` must be an integer of at least 0; got -1.",
        ),
        (
            lambda: seen["lstm"].plot(what="forgot"),
            "trace of 'lstm': `what` must be one of 'h', 'c', 'input', 'forget', 'candidate', "
            "'output'; got 'forgot'. Did you mean 'forget'?",
        ),
        (
            lambda: plot_history({"loss": []}),
            "plot_history: `history` must be what `fit` returned, with an epoch at least; got "
            "{'loss': []}.",
        ),
    ):
        with pytest.raises(ArgumentError, match=re.escape(text)):
            attempt()
