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
    held = "dL/d(c): how L changes with it, h of its step held"
    assert titles(found.plot(what="c"))[1] == held
    assert figure.axes[1].images[0].norm.vmin == -figure.axes[1].images[0].norm.vmax


def test_the_overview_has_all_layers_with_gradients_beside_them_if_there_are_any():
    assert titles(traced().plot()) == [
        "the input sequence", "lstm: hidden state h", "lstm: dL/d(h)",
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
    assert figure.axes[0].get_ylabel() == "token"
    assert len(figure.axes[1].get_xticks()) < 20


def test_padding_is_grey_in_the_input_too_whether_layers_are_between_or_not():
    figure = traced(mask=GAPS).plot(sample=1)
    assert titles(figure)[0] == "the input sequence (grey: masked)"
    np.testing.assert_array_equal(image(figure, 0).mask, np.tile(~GAPS[1], (2, 1)))
    words = layers.Embedding(9, 2, mask_zero=True)
    model = Sequential([Input((4,), dtype="int32"), words, layers.GRU(2)])
    figure = model.trace(np.array([[3, 1, 0, 0]])).plot()
    np.testing.assert_array_equal(image(figure, 0).mask, [[False, False, True, True]])
    assert [text.get_text() for text in figure.axes[0].texts] == ["3", "1"]


def test_tokens_of_two_inputs_of_one_length_have_each_the_mask_that_their_layers_make():
    given = [Input((4,), dtype="int32", name=name) for name in ("a", "b")]
    made = [layers.Embedding(9, 2, mask_zero=name == "a")(given[name == "b"]) for name in "ab"]
    model = elman.Model(given, layers.GRU(2)(layers.Concatenate()(made)))
    trace = model.trace([np.array([[3, 1, 0, 0]]), np.array([[0, 1, 2, 0]])])
    assert trace.input_masks[0].tolist() == [[True, True, False, False]]
    assert trace.input_masks[1] is None
    figure = trace.plot()
    assert titles(figure)[:2] == ["input 'a' (grey: masked)", "input 'b'"]


def test_a_mask_given_stays_in_force_beside_one_that_is_made():
    inside = [layers.Masking(), layers.SimpleRNN(2, name="rnn")]
    x = np.array([[[1.0], [1.0], [0.0]]])
    trace = Sequential([Input((3, 1)), *inside]).trace(x, mask=np.array([[False, True, True]]))
    assert trace.input_masks[0].tolist() == trace["rnn"].mask.tolist() == [[False, True, False]]


def test_inputs_of_different_lengths_stand_on_one_axis_of_time():
    given = [Input((T, 1)) for T in (3, 5)]
    model = elman.Model(given, [layers.GRU(2)(each) for each in given])
    figure = model.trace([np.ones((1, 3, 1)), np.ones((1, 5, 1))]).plot()
    assert {axes.get_xlim() for axes in figure.axes if axes.images} == {(-0.5, 4.5)}


def test_several_inputs_go_by_their_names_and_have_masks_of_their_own():
    load, weather = Input((4, 2), name="load"), Input((4, 1), name="weather")
    out = [layers.GRU(2)(layers.Masking(9.0)(load)), layers.GRU(2)(weather)]
    found = elman.Model([load, weather], out).trace([X, np.full((3, 4, 1), 9.0, "float32")])
    assert titles(found.plot())[:2] == ["input 'load'", "input 'weather'"]
    assert found.input_names == ["load", "weather"]
    assert len(found.output_names) == 2


def test_a_layer_with_several_rows_a_sample_says_which_is_drawn():
    elman.utils.clear_session()
    inside = [layers.TimeDistributed(layers.LSTM(2), name="each"), layers.GRU(3)]
    model = Sequential([Input((3, 4, 2)), *inside])
    trace = model.trace(np.stack([X, X + 1]))
    figure = trace.plot(sample=1)
    assert titles(figure) == [
        "what each/lstm (row 3 of its 6) reads", "each/lstm (row 3 of its 6): hidden state h",
        "gru: hidden state h",
    ]  # fmt: skip
    np.testing.assert_allclose(image(figure, 0), X[0].T + 1)
    np.testing.assert_allclose(image(figure, 1), trace["lstm"].h[3].T)
    text = "`sample` must be less than 2, the size of the batch; got 2."
    with pytest.raises(ArgumentError, match=re.escape(text)):
        trace.plot(sample=2)


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
            lambda: elman.trace(layers.GRU(2), X[:0]).plot(),
            "trace of GRU 'gru': the batch must have a sample to show; got none.",
        ),
        (
            lambda: plot_history({"loss": []}),
            "plot_history: `history` must be what `fit` returned, with an epoch at least; got "
            "{'loss': []}.",
        ),
    ):
        with pytest.raises(ArgumentError, match=re.escape(text)):
            attempt()
