"""Models that pictures are made of in the tests."""

import elman
from elman import Input, Model, Sequential, layers


def stack():
    return Sequential(
        [
            Input((20, 8)),
            layers.LSTM(32, return_sequences=True, name="first"),
            layers.Dropout(0.2, name="drop"),
            layers.Dense(1, activation="sigmoid", name="out"),
        ],
        name="stack",
    )


def translator():
    x, y = Input((None, 8), name="source"), Input((None, 5), name="target")
    _, h, c = layers.LSTM(16, return_state=True, name="encoder")(x)
    z = layers.LSTM(16, return_sequences=True, name="decoder")(y, initial_state=[h, c])
    return Model([x, y], layers.Dense(5, activation="softmax", name="words")(z))


def branches():
    x, z = Input((10, 4), name="series"), Input((3,), name="static")
    h, s = layers.GRU(8, name="gru")(x), layers.Dense(8, name="embed")(z)
    d = layers.Dense(8, name="head")(layers.Concatenate(name="join")([h, s]))
    outputs = [layers.Dense(1, name="price")(d), layers.Add(name="add")([d, s])]
    return Model([x, z], outputs)


def tower():
    both = [
        layers.Bidirectional(layers.LSTM(8, return_sequences=True), name=f"both_{i}")
        for i in range(12)
    ]
    return Sequential([Input((30, 6)), *both])


def nested():
    """A model of two inputs and two outputs with a model inside, used twice."""
    a, b = Input((10, 4), name="steps"), Input((4,), name="start")
    core = Sequential(
        [Input((10, 4)), layers.Dense(8, name="wide"), layers.Dense(4, name="narrow")], name="core"
    )
    y, h = layers.GRU(4, return_sequences=True, return_state=True, name="gru")(
        core(a), initial_state=b
    )
    pair = Model([a, b], [y, h], name="pair")
    x, s = Input((10, 4), name="x"), Input((4,), name="s")
    y, h = pair([x, s])
    y, h = pair([y, h])
    return Model([x, s], [layers.Flatten(name="flat")(y), layers.Dense(2, name="out")(h)])


def circle():
    """Layers that are called on what comes of them."""
    x = Input((4,), name="x")
    d, e = layers.Dense(4, name="d"), layers.Dense(4, name="e")
    y = d(d(x))
    return Model(x, [d(e(y)), y * 2 + x])


def many():
    """Many branches, some of them over several rows."""
    x = Input((10, 4), name="x")
    found = [layers.LSTM(4, return_sequences=i % 2 == 0, name=f"lstm_{i}")(x) for i in range(5)]
    pooled = [
        layers.GlobalMaxPooling1D(name=f"pool_{i}")(h) if i % 2 == 0 else h
        for i, h in enumerate(found)
    ]
    y, skip = layers.Concatenate(name="all")(pooled), layers.Flatten(name="skip")(x)
    outputs = [layers.Concatenate(name=f"join_{i}")([y, skip]) for i in range(3)]
    return Model(x, outputs)


class Own(Model):
    """A class with a `call` of its own."""

    def __init__(self):
        super().__init__(name="own")
        self.dense = layers.Dense(2)

    def call(self, x):
        return self.dense(x)


def own():
    model = Own()
    model.predict([[1.0, 2.0]], verbose=0)
    return model


MODELS = {
    build.__name__: build
    for build in (stack, translator, branches, tower, nested, circle, many, own)
}


def made(name):
    """Return a model with the names that it has in every run."""
    elman.utils.clear_session()
    return MODELS[name]()
