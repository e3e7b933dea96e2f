"""The models that Keras and elman are compared on, written once for both.

Every function takes the module, `keras` or `elman`: a recurrent Keras script is an elman script
with one import changed. `make.py` calls them with Keras and stores what comes out; the tests call
them with elman.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

SAMPLES, TIMESTEPS, FEATURES = 10, 5, 3


class Training(NamedTuple):
    """A model, what it is trained on, and how.

    Attributes:
        build: returns the compiled model.
        data: returns x and y, from a generator of random numbers.
        options: returns more arguments of `fit`, from a generator and y.
    """

    build: Callable[[Any], Any]
    data: Callable[[np.random.Generator], tuple[Any, Any]]
    options: Callable[[np.random.Generator, Any], dict[str, Any]] = lambda generator, y: {}


# ---------------------------------------------------------------------- data


def _x(generator: np.random.Generator) -> np.ndarray:
    return generator.normal(size=(SAMPLES, TIMESTEPS, FEATURES)).astype("float32")


def _tokens(generator: np.random.Generator) -> np.ndarray:
    """Return indices 1 to 6, padded with 0 to the right; the last row is padding alone."""
    tokens = generator.integers(1, 7, size=(SAMPLES, TIMESTEPS))
    lengths = generator.integers(1, TIMESTEPS + 1, size=(SAMPLES, 1))
    lengths[-1] = 0
    return np.where(np.arange(TIMESTEPS) < lengths, tokens, 0).astype("int32")


def _numbers(*shape: int) -> Callable[[np.random.Generator], tuple[Any, Any]]:
    """Return data with targets of any size, (samples, *shape)."""
    return lambda g: (_x(g), g.normal(size=(SAMPLES, *shape)).astype("float32"))


def _labels(count: int, *shape: int) -> Callable[[np.random.Generator], tuple[Any, Any]]:
    """Return data with targets 0 to count - 1."""
    return lambda g: (_x(g), g.integers(0, count, size=(SAMPLES, *shape)).astype("int32"))


def _padded(generator: np.random.Generator) -> tuple[Any, Any]:
    """Return sequences whose first steps are zeros, and bits."""
    x = _x(generator)
    x[np.arange(TIMESTEPS) < generator.integers(0, 4, size=(SAMPLES, 1))] = 0
    return x, generator.integers(0, 2, size=(SAMPLES, 1)).astype("float32")


def _two_targets(generator: np.random.Generator) -> tuple[Any, Any]:
    """Return targets for two outputs, and whole batches alone.

    On TensorFlow Keras does not know the size of a batch that varies, and then it averages the
    losses of single outputs over batches as if all were of one size.
    """
    samples = 8
    y = {
        "steps": generator.normal(size=(samples, TIMESTEPS, 1)).astype("float32"),
        "last": generator.integers(0, 2, size=(samples, 1)).astype("float32"),
    }
    return _x(generator)[:samples], y


def _translation(generator: np.random.Generator) -> tuple[Any, Any]:
    x = {"source": _tokens(generator), "target": _x(generator)}
    return x, generator.normal(size=(SAMPLES, TIMESTEPS, 2)).astype("float32")


# ---------------------------------------------------------------------- models


def _sequential(keras: Any, *layers: Any, name: str = "model") -> Any:
    return keras.Sequential([keras.Input((TIMESTEPS, FEATURES)), *layers], name=name)


def simple_rnn(keras: Any) -> Any:
    model = _sequential(keras, keras.layers.SimpleRNN(4), keras.layers.Dense(1))
    model.compile(optimizer=keras.optimizers.SGD(0.1), loss="mse", metrics=["mae"])
    return model


def stacked_lstm(keras: Any) -> Any:
    L = keras.layers
    model = _sequential(
        keras,
        L.LSTM(4, return_sequences=True, recurrent_activation="hard_sigmoid"),
        L.LSTM(3, go_backwards=True),
        L.Dense(3, activation="softmax"),
    )
    adam = keras.optimizers.Adam(0.01)
    model.compile(adam, loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def gru(keras: Any) -> Any:
    model = _sequential(keras, keras.layers.GRU(4), keras.layers.Dense(1))
    optimizer = keras.optimizers.RMSprop(0.01, momentum=0.5, clipnorm=0.1)
    model.compile(optimizer, loss=keras.losses.Huber(0.5), metrics=["mse"])
    return model


def gru_reset_before(keras: Any) -> Any:
    L = keras.layers
    model = _sequential(keras, L.GRU(4, reset_after=False, use_bias=False), L.Dense(1))
    optimizer = keras.optimizers.SGD(0.05, momentum=0.9, nesterov=True, clipvalue=0.2)
    model.compile(optimizer, loss="mae", metrics=["mse"])
    return model


def tagger(keras: Any) -> Any:
    """Padding is masked from the embedding on: in both directions and in the loss.

    Trained by an optimizer that is linear in the gradient: on TensorFlow Keras squares (in RMSprop,
    Adam and clipping by norm) the gradient of each token that an embedding looks up, and not the
    sum that a repeated token's gradient is.
    """
    L = keras.layers
    model = keras.Sequential(
        [
            keras.Input((TIMESTEPS,), dtype="int32"),
            L.Embedding(7, 3, mask_zero=True),
            L.Bidirectional(L.LSTM(3, return_sequences=True)),
            L.TimeDistributed(L.Dense(4, activation="softmax")),
        ],
        name="tagger",
    )
    optimizer = keras.optimizers.SGD(0.2, momentum=0.9)
    model.compile(optimizer, loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def every_step(keras: Any) -> Any:
    L = keras.layers
    model = _sequential(keras, L.SimpleRNN(4, return_sequences=True), L.Dense(1))
    optimizer = keras.optimizers.Adam(0.01, global_clipnorm=0.1)
    model.compile(optimizer, loss="mse", metrics=["mae"])
    return model


def left_padded(keras: Any) -> Any:
    L = keras.layers
    model = _sequential(
        keras, L.Masking(0.0), L.GRU(4, return_sequences=True), L.LSTM(3), L.Dense(1)
    )
    loss = keras.losses.BinaryCrossentropy(from_logits=True)
    model.compile(keras.optimizers.AdamW(0.01, weight_decay=0.1), loss=loss, metrics=["mse"])
    return model


def two_outputs(keras: Any) -> Any:
    L = keras.layers
    x = keras.Input((TIMESTEPS, FEATURES), name="x")
    sequence, state = L.GRU(4, return_sequences=True, return_state=True, name="gru")(x)
    steps = L.TimeDistributed(L.Dense(1), name="steps")(sequence)
    last = L.Dense(1, activation="sigmoid", name="last")(state)
    model = keras.Model(x, {"steps": steps, "last": last}, name="two_outputs")
    model.compile(
        keras.optimizers.SGD(0.1),
        loss={"steps": "mse", "last": "binary_crossentropy"},
        loss_weights={"steps": 0.5, "last": 2.0},
        metrics={"steps": ["mae"], "last": ["accuracy"]},
    )
    return model


def translator(keras: Any) -> Any:
    """Two inputs; the decoder starts from the encoder's state, and has no mask."""
    L = keras.layers
    source = keras.Input((TIMESTEPS,), dtype="int32", name="source")
    target = keras.Input((TIMESTEPS, FEATURES), name="target")
    embedded = L.Embedding(7, 3, mask_zero=True, name="embedding")(source)
    _, h, c = L.LSTM(4, return_state=True, name="encoder")(embedded)
    decoded = L.LSTM(4, return_sequences=True, name="decoder")(target, initial_state=[h, c])
    model = keras.Model([source, target], L.Dense(2, name="dense")(decoded), name="translator")
    model.compile(keras.optimizers.SGD(0.1, momentum=0.5), loss="mse")
    return model


def shared(keras: Any) -> Any:
    """One layer twice, a branch, an addition, and a model inside."""
    L = keras.layers
    x = keras.Input((TIMESTEPS, FEATURES), name="x")
    rnn = L.SimpleRNN(3, return_sequences=True, name="rnn")
    once = rnn(x)
    twice = rnn(once)
    inner = keras.Sequential([keras.Input((TIMESTEPS, 3)), L.GRU(3), L.Dense(2)], name="inner")
    added = L.Add(name="add")([once, twice])
    both = L.Concatenate(name="both")([inner(added), inner(once)])
    model = keras.Model(x, L.Dense(1, name="dense")(both), name="shared")
    model.compile(keras.optimizers.SGD(0.1), loss="mse")
    return model


def frozen(keras: Any) -> Any:
    L = keras.layers
    model = _sequential(keras, L.LSTM(4, trainable=False, name="kept"), L.Dense(1, name="dense"))
    model.compile(keras.optimizers.SGD(0.1), loss="mse")
    return model


def stateful(keras: Any) -> Any:
    """The state goes on from batch to batch, and begins anew in each epoch and in validation."""
    L = keras.layers
    x = keras.Input(batch_shape=(4, TIMESTEPS, FEATURES))
    model = keras.Sequential([x, L.GRU(4, stateful=True), L.Dense(1)], name="stateful")
    model.compile(keras.optimizers.SGD(0.1), loss="mse")
    return model


def _validation(generator: np.random.Generator, y: Any) -> dict[str, Any]:
    x, y = _numbers(1)(generator)
    return {"validation_data": (x[:8], y[:8])}


def _first(count: int, data: Callable[..., Any]) -> Callable[..., Any]:
    """Return data cut down to the first samples."""
    return lambda generator: tuple(array[:count] for array in data(generator))


def _sample_weight(*shape: int) -> Callable[[np.random.Generator, Any], dict[str, Any]]:
    def draw(generator: np.random.Generator, y: Any) -> dict[str, Any]:
        return {"sample_weight": generator.uniform(0, 2, (SAMPLES, *shape)).astype("float32")}

    return draw


TRAININGS = {
    "simple_rnn": Training(simple_rnn, _numbers(1)),
    "stacked_lstm": Training(stacked_lstm, _labels(3)),
    "gru with validation data": Training(gru, _numbers(1), _validation),
    "gru_reset_before": Training(gru_reset_before, _numbers(1)),
    "sample weights": Training(simple_rnn, _numbers(1), _sample_weight()),
    "timestep weights": Training(every_step, _numbers(TIMESTEPS, 1), _sample_weight(TIMESTEPS)),
    "class weights": Training(
        stacked_lstm, _labels(3), lambda g, y: {"class_weight": {0: 1.0, 1: 3.0, 2: 0.5}}
    ),
    "validation split": Training(
        every_step, _numbers(TIMESTEPS, 1), lambda g, y: {"validation_split": 0.3}
    ),
    "masked loss": Training(tagger, lambda g: (_tokens(g), _labels(4, TIMESTEPS)(g)[1])),
    "masked loss with timestep weights": Training(
        tagger,
        lambda g: (_tokens(g), _labels(4, TIMESTEPS)(g)[1]),
        _sample_weight(TIMESTEPS),
    ),
    "left padding": Training(left_padded, _padded),
    "two outputs": Training(two_outputs, _two_targets),
    "translator": Training(translator, _translation),
    "shared layers": Training(shared, _numbers(1)),
    "frozen layer": Training(frozen, _numbers(1)),
    "stateful": Training(stateful, _first(8, _numbers(1)), _validation),
}


def initial_weights(model: Any, generator: np.random.Generator) -> list[np.ndarray]:
    """Return weights to start from, of the shapes that the model has."""
    return [
        generator.normal(scale=0.4, size=w.shape).astype("float32") for w in model.get_weights()
    ]


# ---------------------------------------------------------------------- for summaries and JSON


def names_by_default(keras: Any) -> Any:
    L = keras.layers
    return keras.Sequential(
        [
            keras.Input((None, 3)),
            L.LSTM(8, return_sequences=True),
            L.Dropout(0.5),
            L.LSTM(8),
            L.Dense(2),
            L.Activation("softmax"),
        ]
    )


def notebook(keras: Any) -> Any:
    x = keras.Input((2, 2))
    output, state = keras.layers.SimpleRNN(2, return_state=True, activation="relu")(x)
    return keras.Model(inputs=x, outputs=[output, state])


def straight(keras: Any) -> Any:
    """A functional model without branches: Keras leaves the connections out."""
    L = keras.layers
    x = keras.Input((6, 3), batch_size=2, name="x")
    return keras.Model(x, L.Dense(1)(L.GRU(4)(L.Dropout(0.2)(x))), name="straight")


def long_names(keras: Any) -> Any:
    """Names and numbers that do not fit their columns."""
    L = keras.layers
    name = "a_name_that_is_longer_than_any_column_of_the_table_can_be_without_a_break"
    x = keras.Input((None, 30), name="the_only_input_of_a_long_name")
    y, h, c = L.LSTM(200, return_sequences=True, return_state=True, name=name)(x)
    y = L.Bidirectional(L.LSTM(100, return_sequences=True), merge_mode="sum", name="both")(y)
    outputs = [L.Dense(1000, name="dense_of_a_thousand")(y), L.Add(name="add")([h, c])]
    return keras.Model(x, outputs, name="[brackets] in a name")


def reshaped(keras: Any) -> Any:
    L = keras.layers
    return keras.Sequential(
        [
            keras.Input((4, 6), name="x"),
            L.Reshape((8, 3), name="reshape"),
            L.SimpleRNN(5, return_sequences=True, unroll=True, name="rnn"),
            L.Flatten(name="flatten"),
            L.RepeatVector(3, name="repeat"),
            L.TimeDistributed(L.Dense(2), name="steps"),
        ],
        name="reshaped",
    )


def merged_masks(keras: Any) -> Any:
    """Two masked branches that are added and laid side by side."""
    L = keras.layers
    a = keras.Input((TIMESTEPS,), dtype="int32", name="a")
    b = keras.Input((TIMESTEPS,), dtype="int32", name="b")
    embedding = L.Embedding(7, 4, mask_zero=True, name="embedding")
    x, y = embedding(a), L.Masking(0.0, name="masking")(embedding(b))
    added, joined = L.Add(name="add")([x, y]), L.Concatenate(name="join")([x, y])
    first = L.GRU(3, name="first")(added)
    second = L.Bidirectional(L.SimpleRNN(2), name="second")(joined)
    return keras.Model([a, b], L.Concatenate(name="both")([first, second]), name="merged_masks")


def bidirectional_states(keras: Any) -> Any:
    """All states of both directions, handed on to another such layer."""
    L = keras.layers
    x = keras.Input((TIMESTEPS, FEATURES), name="x")
    first = L.LSTM(3, return_sequences=True, return_state=True)
    y, *states = L.Bidirectional(first, merge_mode="ave", name="first")(x)
    second = L.Bidirectional(L.LSTM(3), merge_mode=None, name="second")
    forwards, backwards = second(y, initial_state=states)
    return keras.Model({"x": x}, [forwards, backwards], name="bidirectional_states")


def nested(keras: Any) -> Any:
    """A functional model of two inputs and two outputs inside another, used twice."""
    L = keras.layers
    a, b = keras.Input((TIMESTEPS, 3), name="a"), keras.Input((3,), name="b")
    y, h = L.GRU(3, return_sequences=True, return_state=True, name="gru")(a, initial_state=b)
    inner = keras.Model([a, b], [y, h], name="inner")
    x = keras.Input((TIMESTEPS, 3), name="x")
    start = keras.Input((3,), name="start")
    y, h = inner([x, start])
    y, h = inner([y, h])
    return keras.Model([x, start], [L.Flatten(name="flatten")(y), h], name="nested")


ARCHITECTURES = {
    function.__name__: function
    for function in (
        names_by_default, notebook, straight, long_names, reshaped, tagger, two_outputs,
        translator, shared, frozen, left_padded, merged_masks, bidirectional_states, nested,
    )
}  # fmt: skip


def example_inputs(model: Any, generator: np.random.Generator) -> list[np.ndarray]:
    """Return inputs for any of the models, in their order; open sizes are 2 and TIMESTEPS."""
    arrays = []
    for tensor in model.inputs:
        batch, *rest = tensor.shape
        shape = (batch or 2, *(TIMESTEPS if size is None else size for size in rest))
        if "int" in str(tensor.dtype):
            arrays.append(_tokens(generator)[: shape[0], : shape[1]])
        else:
            arrays.append(generator.normal(size=shape).astype("float32"))
    return arrays
