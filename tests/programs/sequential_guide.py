"""The guide to the Sequential model."""

import numpy as np

from tests.programs.parts import QUIET, arrays, normal, settled, whole


def ways_to_make_one(keras):
    """A list of layers, layers that are added, or layers that call each other: the same."""
    x = normal(1, 3, 5)
    first = keras.layers.Dense(2, activation="relu", name="one")
    second = keras.layers.Dense(4, name="two")
    of_list = keras.Sequential([first, second], name="listed")
    added = keras.Sequential(name="added")
    added.add(first)
    added.add(second)
    of_list(x)
    settled(of_list)
    by_hand = second(first(x))
    return {
        "out": arrays([of_list(x), added(x), by_hand]),
        "names": [layer.name for layer in added.layers],
        "model names": [of_list.name, added.name],
    }


def layers_put_and_taken(keras):
    """`pop` takes the last layer away."""
    model = keras.Sequential()
    for units in (4, 3, 2):
        model.add(keras.layers.Dense(units))
    model.pop()
    counts = [len(model.layers)]
    model.build((None, 6))
    counts += [len(model.layers), len(model.weights), model.count_params()]
    return {
        "counts": counts,
        "shape": list(model.output_shape[1:]),
        "out": arrays(settled(model)(normal(2, 2, 6))),
    }


def weights_that_come_late(keras):
    """Without an Input there are no weights before the first call."""
    layer = keras.layers.Dense(3)
    before = len(layer.weights)
    layer(normal(3, 1, 4))
    model = keras.Sequential([keras.layers.Dense(2), keras.layers.Dense(3)])
    built = [model.built]
    model(normal(4, 1, 4))
    return {
        "layer": [before, len(layer.weights)],
        "built": str([*built, model.built]),
        "shapes": [list(weight.shape) for weight in model.weights],
    }


def text_of_a_summary(keras):
    """What `summary` prints of a recurrent model, as it grows."""
    lines = []
    model = keras.Sequential(name="growing")
    model.add(keras.Input(shape=(12, 3)))
    model.add(keras.layers.Conv1D(8, 3, activation="relu", name="look"))
    model.add(keras.layers.MaxPooling1D(2, name="less"))
    model.add(keras.layers.GRU(5, name="read"))
    model.summary(print_fn=lambda text, **_: lines.append(text), line_length=70)
    model.add(keras.layers.Dense(2, name="say"))
    model.summary(print_fn=lambda text, **_: lines.append(text), line_length=70)
    return {"text": "\n".join(lines)}


def convolutions_and_pooling(keras):
    """A stack that halves a series again and again, trained."""
    model = keras.Sequential()
    model.add(keras.Input(shape=(24, 2)))
    model.add(keras.layers.Conv1D(6, 5, strides=2, activation="relu"))
    model.add(keras.layers.Conv1D(6, 3, activation="relu"))
    model.add(keras.layers.MaxPooling1D(2))
    model.add(keras.layers.Conv1D(4, 3, padding="same"))
    model.add(keras.layers.GlobalMaxPooling1D())
    model.add(keras.layers.Dense(3))
    settled(model)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.Adam(0.01), loss, metrics=["accuracy"])
    x, y = normal(5, 40, 24, 2), whole(6, 3, 40)
    history = model.fit(x, y, batch_size=8, epochs=4, **QUIET)
    return {"history": history.history, "weights": model.get_weights()}


def what_layers_put_out(keras):
    """A second model shows the outputs of all layers, or of one."""
    first = keras.Sequential(
        [
            keras.Input(shape=(9, 2)),
            keras.layers.LSTM(4, return_sequences=True, name="inner"),
            keras.layers.LSTM(3),
            keras.layers.Dense(2),
        ]
    )
    settled(first)
    every = keras.Model(inputs=first.inputs, outputs=[layer.output for layer in first.layers])
    one = keras.Model(inputs=first.inputs, outputs=first.get_layer(name="inner").output)
    x = normal(7, 2, 9, 2)
    return {"every": arrays(every(x)), "one": arrays(one(x))}


def all_but_the_last_layer_frozen(keras):
    """What is not trainable stays as it was."""
    model = keras.Sequential(
        [
            keras.Input(shape=(6,)),
            keras.layers.Dense(5, "tanh"),
            keras.layers.Dense(4, "tanh"),
            keras.layers.Dense(2),
        ]
    )
    settled(model)
    for layer in model.layers[:-1]:
        layer.trainable = False
    model.compile("adam", "mse")
    before = model.get_weights()
    model.fit(normal(8, 40, 6), normal(9, 40, 2), batch_size=8, epochs=4, **QUIET)
    moved = [bool(np.any(a != b)) for a, b in zip(before, model.get_weights(), strict=True)]
    return {
        "moved": str(moved),
        "trainable": len(model.trainable_weights),
        "weights": model.get_weights(),
    }


def a_head_on_a_frozen_base(keras):
    """A model that was trained is the first layer of another."""
    base = keras.Sequential([keras.Input(shape=(5, 3)), keras.layers.GRU(4)], name="base")
    settled(base)
    base.trainable = False
    model = keras.Sequential([base, keras.layers.Dense(3)])
    model.build((None, 5, 3))
    settled(model, 1)
    model.compile("sgd", "mae")
    history = model.fit(normal(10, 40, 5, 3), normal(11, 40, 3), batch_size=8, epochs=4, **QUIET)
    return {
        "history": history.history,
        "weights": model.get_weights(),
        "fixed": len(model.non_trainable_weights),
    }
