"""Models that learners refuse: what needs more than the timesteps so far."""

import pytest

from elman import Input, Model, Sequential, layers
from elman.errors import UnsupportedError
from tests.models.online_model import Called, model_of, raises, x_t, y_t
from tests.online.chains import Moving, compiled


class Twice(layers.GRU):
    def forward(self, inputs, masks, mode):
        return super().forward(inputs, masks, mode)


class Whole(layers.GRUCell):
    def unroll(self, x, *arguments):
        return super().unroll(x - x.mean(axis=1, keepdims=True), *arguments)


class Mine(layers.Layer):
    def call(self, x):
        return x + 1


SEQUENCE = layers.GRU(2, return_sequences=True)


@pytest.mark.parametrize(
    ("layer", "why"),
    [
        (layers.Bidirectional(layers.LSTM(2)), "also reads the sequence from its end"),
        (layers.LSTM(2, go_backwards=True), "reads the sequence from its end (`go_backwards=True`"),
        (layers.GlobalAveragePooling1D(), "pools over all timesteps"),
        (layers.Conv1D(2, 2), "reads several timesteps at once"),
        (layers.Masking(), "skips timesteps; leave those out"),
        (layers.RepeatVector(2), "makes a sequence of what the last timestep gave"),
        (layers.BatchNormalization(), "normalizes over the samples of a batch; use LayerNorm"),
        (layers.LayerNormalization(axis=[1, 2]), "does not treat all timesteps alike"),
        (layers.Normalization(axis=1, mean=0.0, variance=1.0), "does not treat all timesteps"),
        (layers.PReLU(), "does not treat all timesteps alike"),
        (layers.Rescaling([[1.0], [2.0], [3.0], [4.0]]), "does not treat all timesteps alike"),
        (layers.Dense(2, activity_regularizer="l2"), "has an `activity_regularizer`, which online"),
        (layers.TimeDistributed(Mine()), "online learning does not know"),
        (Mine(), "online learning does not know"),
        (layers.RNN([layers.GRUCell(2), Whole(2)]), "has a cell that reads a sequence as a whole"),
        (Twice(2), "computes what online learning does not know: its class defines it anew"),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, layers.Layer) else "",
)
def test_layers_that_need_more_than_the_timesteps_so_far_are_named(layer, why):
    x = Input((4, 3))
    h = layers.GRU(2, return_sequences=not isinstance(layer, layers.RepeatVector))(x)
    with raises(
        UnsupportedError,
        "Model 'm': to learn online every layer must need the timesteps so far and nothing else; "
        f"got {layer.owner}, which {why}",
    ):
        Model(x, layer(h), name="m").online()


def test_what_is_no_chain_is_named():
    x, state = Input((None, 3)), Input((2,))
    h = SEQUENCE(x)
    known, gru = "to learn online", layers.GRU(2, name="g", return_state=True)
    cases = {
        f"{known} a model must have one input and one output; got 2 and 1.": Model(
            [x, state], layers.GRU(2)(x, initial_state=state), name="m"
        ),
        f"{known} every layer must stand once; got GRU 'same' twice.": Model(
            x, _twice(layers.GRU(3, return_sequences=True, name="same"), x), name="m"
        ),
        f"{known} every layer must need the timesteps so far and nothing else; got Add 'add', "
        "which joins several branches.": Model(x, layers.Add(name="add")([h, h]), name="m"),
        f"{known} every layer must need the timesteps so far and nothing else; got GRU 'g', which "
        "hands on its final state.": Model(x, gru(x)[1], name="m"),
        f"{known} every layer must need the timesteps so far and nothing else; got Attention 'a', "
        "which attends to all timesteps.": Model(
            x, layers.Attention(name="a")([h, h]), name="m"
        ),
        f"{known} a model must have a recurrent layer; got none. Without one, `train_on_batch` "
        "learns as data arrive.": Model(x, layers.Dense(2)(x), name="m"),
        f"{known} the input must have the shape (batch, timesteps, features), or (batch, "
        "timesteps) before an Embedding; got (None, 2).": Model(
            state, layers.Dense(2)(state), name="m"
        ),
    }  # fmt: skip
    for text, model in cases.items():
        with raises(UnsupportedError, f"Model 'm': {text}"):
            model.online()


def _twice(layer, x):
    return layer(layer(x))


class Charging(Moving):
    def call(self, inputs, states):
        self.add_loss(0.1)
        return super().call(inputs, states)


class Charged(Called):
    def call(self, x):
        y = super().call(x)
        self.add_loss(0.1)
        return y


def test_what_adds_to_the_loss_is_named():
    cell = Charging(2, dtype="float32")
    with raises(
        UnsupportedError,
        "Sequential 'm': to learn online no layer may add to the loss; got RNN 'r', whose cell "
        "calls `add_loss`.",
    ):
        model_of(layers.RNN(cell, name="r")).train_step(x_t, y_t)
    with raises(UnsupportedError, "Charged 'charged': to learn online every layer must need"):
        compiled(Charged()).train_step(x_t, y_t)


def test_an_embedding_that_masks_is_named():
    model = Sequential([Input((None,)), layers.Embedding(5, 2, mask_zero=True, name="e")], name="m")
    model.add(layers.GRU(2))
    with raises(UnsupportedError, "Sequential 'm': to learn online every layer must need"):
        model.online()
