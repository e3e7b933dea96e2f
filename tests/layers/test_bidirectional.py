import re

import numpy as np
import pytest

from elman import Input, Model, layers, utils
from elman.errors import ArgumentError, ShapeError
from tests.layers.checks import (
    BATCH,
    F64,
    FEATURES,
    GAPS,
    TIMESTEPS,
    UNITS,
    assert_gradients,
    normal,
    scramble,
)
from tests.tolerances import EXACT

MERGES = {
    "concat": lambda f, b: np.concatenate([f, b], axis=-1),
    "sum": np.add,
    "mul": np.multiply,
    "ave": lambda f, b: (f + b) / 2,
    None: lambda f, b: [f, b],
}
every_merge = pytest.mark.parametrize("merge_mode", MERGES)


def data():
    return normal(BATCH, TIMESTEPS, FEATURES)


def built(cls=layers.LSTM, merge_mode="concat", **options):
    layer = layers.Bidirectional(cls(UNITS, **options, **F64), merge_mode=merge_mode)
    layer.build((None, None, FEATURES))
    return scramble(layer)


def start(cls):
    count = 4 if cls is layers.LSTM else 2
    return [normal(BATCH, UNITS, seed=30 + i) for i in range(count)]


@every_merge
@pytest.mark.parametrize("return_sequences", [False, True])
@pytest.mark.parametrize("return_state", [False, True])
def test_gradients_in_every_merge_mode(merge_mode, return_sequences, return_state):
    options = {"return_sequences": return_sequences, "return_state": return_state}
    layer = built(layers.GRU, merge_mode, **options)
    assert_gradients(layer, data(), mask=GAPS, initial_state=start(layers.GRU))


@pytest.mark.parametrize("cls", [layers.SimpleRNN, layers.LSTM])
@pytest.mark.parametrize("mask", [None, GAPS], ids=["whole", "mask"])
def test_gradients_with_states_of_both_directions(cls, mask):
    layer = built(cls, return_sequences=True, return_state=True)
    assert_gradients(layer, data(), mask=mask, initial_state=start(cls))


@every_merge
@pytest.mark.parametrize("return_sequences", [False, True])
def test_it_equals_two_layers_by_hand(merge_mode, return_sequences):
    layer, x = built(merge_mode=merge_mode, return_sequences=return_sequences), data()
    halves = [
        layers.LSTM(UNITS, return_sequences=return_sequences, go_backwards=back, **F64)
        for back in (False, True)
    ]
    for half, weights in zip(halves, np.split(np.arange(6), 2), strict=True):
        half.build(x.shape)
        half.set_weights([layer.get_weights()[i] for i in weights])
    forward, backward = (half(x) for half in halves)
    if return_sequences:
        backward = backward[:, ::-1]
    np.testing.assert_array_equal(layer(x), MERGES[merge_mode](forward, backward))


def test_states_follow_the_output_those_of_the_forward_layer_first():
    layer, x = built(return_state=True), data()
    output, *states = layer(x)
    assert len(states) == 4
    np.testing.assert_array_equal(output, np.concatenate([states[0], states[2]], axis=1))
    again, *_ = layer(x, initial_state=states)
    assert not np.array_equal(again, output)


def test_masked_steps_put_out_zeros():
    outputs = built(return_sequences=True)(data(), mask=GAPS)
    assert not outputs[~GAPS].any()
    assert outputs[GAPS].all()


def test_padding_changes_nothing_in_either_direction():
    layer, x = built(return_sequences=True), data()
    padded = np.concatenate([x, np.full((BATCH, 3, FEATURES), np.nan)], axis=1)
    mask = np.tile(np.arange(TIMESTEPS + 3) < TIMESTEPS, (BATCH, 1))
    outputs = layer(padded, mask=mask)
    np.testing.assert_allclose(outputs[:, :TIMESTEPS], layer(x), rtol=EXACT)


def test_the_layer_given_is_copied_and_not_used():
    given = layers.GRU(UNITS)
    layer = layers.Bidirectional(given)
    layer(data())
    assert not given.built
    assert given not in layer.sublayers


def test_a_backward_layer_of_another_size_is_concatenated():
    backward = layers.LSTM(5, go_backwards=True, **F64)
    layer = layers.Bidirectional(layers.LSTM(3, **F64), backward_layer=backward)
    assert layer(data()).shape == (BATCH, 8)
    assert layer.backward_layer is backward
    assert_gradients(scramble(layer), data())


class Running(layers.Layer):
    """A sequence of sums, with what a recurrent layer says of itself and no more."""

    def __init__(self, go_backwards=False, return_sequences=True, return_state=False, **options):
        super().__init__(**options)
        self.go_backwards = go_backwards
        self.return_sequences = return_sequences
        self.return_state = return_state

    def output_shapes(self, shapes):
        x, last = shapes[0], (shapes[0][0], *shapes[0][2:])
        return [x if self.return_sequences else last, *[last] * self.return_state]

    def forward(self, inputs, masks, mode):
        x = inputs[0][:, ::-1] if self.go_backwards else inputs[0]
        y = np.cumsum(x, axis=1)
        return (y if self.return_sequences else y[:, -1], *[y[:, -1]] * self.return_state), x.shape

    def backward(self, tape, doutputs):
        dy = np.zeros(tape)
        if self.return_sequences:
            dy[...] = doutputs[0]
        for dlast in doutputs[self.return_sequences :]:
            dy[:, -1] += dlast
        dx = np.cumsum(dy[:, ::-1], axis=1)[:, ::-1]
        return (dx[:, ::-1] if self.go_backwards else dx,), []


@every_merge
@pytest.mark.parametrize("return_sequences", [False, True])
@pytest.mark.parametrize("return_state", [False, True])
def test_any_layer_will_do_that_says_in_which_direction_it_runs(
    merge_mode, return_sequences, return_state
):
    options = {"return_sequences": return_sequences, "return_state": return_state}
    given = Running(**options, **F64)
    layer, x = layers.Bidirectional(given, merge_mode), data()
    assert layer.backward_layer.go_backwards
    if return_state:
        layer(x)
        assert_gradients(layer, x)
        return
    forward, backward = np.cumsum(x, axis=1), np.cumsum(x[:, ::-1], axis=1)[:, ::-1]
    if not return_sequences:
        forward, backward = forward[:, -1], backward[:, 0]
    np.testing.assert_allclose(layer(x), MERGES[merge_mode](forward, backward), rtol=EXACT)
    assert_gradients(layer, x)


def test_outputs_of_two_sizes_are_not_added():
    class Wide(Running):
        def output_shapes(self, shapes):
            return [(*super().output_shapes(shapes)[0][:-1], 7)]

    layer = layers.Bidirectional(Running(), "sum", backward_layer=Wide(True), name="b")
    text = (
        "Bidirectional 'b': `merge_mode` must be 'concat' or None for outputs of shapes "
        "(None, 4, 2) and (None, 4, 7); got 'sum'."
    )
    with pytest.raises(ShapeError, match=re.escape(text)):
        layer(Input((4, 2)))


def test_it_says_what_its_layers_return():
    layer = built(return_sequences=True, return_state=True, stateful=True)
    assert layer.return_sequences is layer.return_state is layer.stateful is True
    assert not layers.Bidirectional(Running()).stateful


@pytest.mark.parametrize("name", ["return_sequences", "return_state", "stateful"])
def test_what_both_layers_must_have_in_common_is_checked(name):
    backward = layers.LSTM(2, go_backwards=True, **{name: True})
    text = f"Bidirectional 'b': `backward_layer` must have {name}=False, as `layer` has; got True."
    with pytest.raises(ArgumentError, match=re.escape(text)):
        layers.Bidirectional(layers.LSTM(2), backward_layer=backward, name="b")


def test_a_layer_that_runs_backwards_needs_one_that_does_not():
    text = "`backward_layer` must have go_backwards=False, the opposite of `layer`; got True."
    with pytest.raises(ArgumentError, match=re.escape(text)):
        layers.Bidirectional(layers.LSTM(2, go_backwards=True))
    forward = layers.LSTM(2, go_backwards=True, **F64)
    layer = layers.Bidirectional(forward, backward_layer=layers.LSTM(2, **F64))
    layer.build((None, None, FEATURES))
    assert_gradients(scramble(layer), data())


def test_initial_weights_may_be_given():
    weights = built().get_weights()
    layer = layers.Bidirectional(layers.LSTM(UNITS, **F64), weights=weights)
    np.testing.assert_array_equal(layer(data()), built()(data()))


def test_weights_are_keras_s_by_order_and_path():
    utils.clear_session()
    layer = layers.Bidirectional(layers.SimpleRNN(2))
    layer(data())
    assert [w.path for w in layer.weights] == [
        f"bidirectional/{way}_simple_rnn/simple_rnn_cell/{name}"
        for way in ("forward", "backward")
        for name in ("kernel", "recurrent_kernel", "bias")
    ]


def test_freezing_it_freezes_both_directions():
    layer = layers.Bidirectional(layers.LSTM(2), trainable=False)
    layer(data())
    assert layer.trainable_weights == []
    layer.trainable = True
    assert len(layer.trainable_weights) == 6


def test_reset_state_resets_both_directions():
    layer = built(stateful=True)
    first = layer(data())
    assert not np.array_equal(layer(data()), first)
    layer.reset_state()
    np.testing.assert_array_equal(layer(data()), first)


def test_states_go_from_an_encoder_to_a_decoder_in_a_model():
    x, y = Input((None, FEATURES), **F64), Input((None, FEATURES), **F64)
    _, *states = layers.Bidirectional(layers.LSTM(UNITS, return_state=True, **F64))(x)
    decoder = layers.Bidirectional(layers.LSTM(UNITS, return_sequences=True, **F64), "sum")
    model = scramble(Model([x, y], decoder(y, initial_state=states)))
    assert_gradients(model, [data(), normal(BATCH, 3, FEATURES, seed=5)])


def call(**arguments):
    layer = layers.Bidirectional(layers.LSTM(2, name="rnn"), name="both")
    return layer(data(), **arguments)


@pytest.mark.parametrize(
    ("attempt", "error", "text"),
    [
        (
            lambda: layers.Bidirectional(layers.Dense(2)),
            ArgumentError,
            "Bidirectional: `layer` must be a recurrent layer such as LSTM(8); got <Dense",
        ),
        (
            lambda: layers.Bidirectional(layers.LSTM(2), backward_layer=3),
            ArgumentError,
            "Bidirectional: `backward_layer` must be a recurrent layer such as LSTM(8); got 3.",
        ),
        (
            lambda: layers.Bidirectional(layers.LSTM(2), "concatenate", name="b"),
            ArgumentError,
            "Bidirectional 'b': `merge_mode` must be one of 'concat', 'sum', 'mul', 'ave', None; "
            "got 'concatenate'. Did you mean 'concat'?",
        ),
        (
            lambda: layers.Bidirectional(layers.LSTM(2), backward_layer=layers.LSTM(2), name="b"),
            ArgumentError,
            "Bidirectional 'b': `backward_layer` must have go_backwards=True, the opposite of "
            "`layer`; got False.",
        ),
        (
            lambda: layers.Bidirectional(
                layers.LSTM(2, return_state=True),
                backward_layer=layers.LSTM(2, go_backwards=True),
                name="b",
            ),
            ArgumentError,
            "Bidirectional 'b': `backward_layer` must have return_state=True, as `layer` has; "
            "got False.",
        ),
        (
            lambda: layers.Bidirectional(
                layers.LSTM(2), "sum", backward_layer=layers.LSTM(3, go_backwards=True), name="b"
            ),
            ArgumentError,
            "Bidirectional 'b': `merge_mode` must be 'concat' or None for layers of 2 and 3 units; "
            "got 'sum'.",
        ),
        (
            lambda: call(initial_state=[np.zeros((3, 2))] * 2),
            ShapeError,
            "Bidirectional 'both': `initial_state` must be 4 arrays, those of the forward layer "
            "first; got 2.",
        ),
        (
            lambda: call(initial_state=np.zeros((3, 2))),
            ShapeError,
            "Bidirectional 'both': `initial_state` must be 4 arrays, those of the forward layer "
            "first; got 1.",
        ),
        (
            lambda: call(initial_state=[np.zeros((3, 3))] * 4),
            ShapeError,
            "LSTM 'forward_rnn': `initial_state` must have h of shape (batch=3, units=2); "
            "got (3, 3).",
        ),
    ],
)
def test_errors_name_the_argument_and_the_fix(attempt, error, text):
    with pytest.raises(error, match=re.escape(text)):
        attempt()
