"""The guides to saving: configurations, copies, weights, files."""

import json
import tempfile
from pathlib import Path

import numpy as np

from tests.programs.parts import QUIET, arrays, normal, settled, whole


def _model(keras):
    inputs = keras.Input(shape=(6, 2), name="series")
    x = keras.layers.Bidirectional(keras.layers.LSTM(4), name="both")(inputs)
    return settled(keras.Model(inputs, keras.layers.Dense(1, name="say")(x), name="reader"))


def model_from_its_configuration(keras):
    """Sequential and functional models are made anew, without their weights."""
    functional = _model(keras)
    again = keras.Model.from_config(functional.get_config())
    again.set_weights(functional.get_weights())
    sequential = keras.Sequential(
        [keras.Input((4,)), keras.layers.Dense(3, "relu"), keras.layers.Dense(1)]
    )
    copied = keras.Sequential.from_config(sequential.get_config())
    settled(sequential), settled(copied)
    x, z = normal(1, 3, 6, 2), normal(2, 3, 4)
    return {
        "functional": arrays([functional(x), again(x)]),
        "sequential": arrays([sequential(z), copied(z)]),
        "names": [layer.name for layer in again.layers],
        "types": [type(model).__name__ for model in (again, copied) if model is copied],
    }


def model_as_json(keras):
    """The text holds the architecture; `model_from_json` reads it."""
    model = _model(keras)
    text = model.to_json()
    again = keras.models.model_from_json(text)
    again.set_weights(model.get_weights())
    config = json.loads(text)["config"]
    return {
        "out": arrays(again(normal(3, 2, 6, 2))),
        "layers": [layer["class_name"] for layer in config["layers"]],
        "name": config["name"],
    }


def copy_of_a_model(keras):
    """`clone_model` makes the same layers with weights of their own."""
    model = _model(keras)
    copied = keras.models.clone_model(model)
    copied.set_weights(model.get_weights())
    copied.get_layer("say").set_weights([w * 2 for w in model.get_layer("say").get_weights()])
    x = normal(4, 2, 6, 2)
    return {"both": arrays([model(x), copied(x)]), "weights": len(copied.weights)}


def copy_with_other_layers(keras):
    """`clone_model` asks a function for each layer."""

    def wider(layer):
        config = layer.get_config()
        if isinstance(layer, keras.layers.Dense):
            config["units"] = config["units"] + 1
        return type(layer).from_config(config)

    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2), keras.layers.Dense(1)])
    copied = keras.models.clone_model(model, clone_function=wider)
    return {"shapes": [list(weight.shape) for weight in copied.weights]}


def weights_in_memory(keras):
    """`get_weights` and `set_weights`, of layers and of models."""
    one, two = keras.layers.Dense(4, activation="relu"), keras.layers.Dense(4, activation="relu")
    one.build((None, 5)), two.build((None, 5))
    settled(one)
    two.set_weights(one.get_weights())
    x = normal(5, 2, 5)
    model = _model(keras)
    halved = [weight * 0.5 for weight in model.get_weights()]
    model.set_weights(halved)
    return {"layers": arrays([one(x), two(x)]), "model": arrays(model(normal(6, 2, 6, 2)))}


def weights_in_a_file(keras):
    """`save_weights` and `load_weights`."""
    model, other = _model(keras), settled(_model(keras), 9)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "weights.weights.h5"
        model.save_weights(path)
        other.load_weights(path)
    return {"out": arrays(other(normal(7, 2, 6, 2)))}


def whole_model_in_a_file(keras):
    """What is loaded goes on training where the other ended, optimizer and all."""
    model, x, y = _model(keras), normal(8, 40, 6, 2), normal(9, 40, 1)
    model.compile(keras.optimizers.Adam(0.01), "mse", metrics=["mae"])
    model.fit(x, y, batch_size=8, epochs=2, **QUIET)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.keras"
        model.save(path)
        loaded = keras.models.load_model(path)
    same = np.array_equal(model.predict(x, verbose=0), loaded.predict(x, verbose=0))
    history = loaded.fit(x, y, batch_size=8, epochs=2, **QUIET)
    return {"same": str(same), "history": history.history, "weights": loaded.get_weights()}


def class_of_ones_own_in_a_file(keras):
    """A registered layer is found again; its argument that is a layer is made anew too."""

    @keras.saving.register_keras_serializable(package="Mine")
    class Scaled(keras.layers.Layer):
        def __init__(self, factor, inner, **kwargs):
            super().__init__(**kwargs)
            self.factor, self.inner = factor, inner

        def call(self, x):
            return self.inner(x) * self.factor

        def get_config(self):
            config = {
                "factor": self.factor,
                "inner": keras.saving.serialize_keras_object(self.inner),
            }
            return {**super().get_config(), **config}

        @classmethod
        def from_config(cls, config):
            inner = keras.saving.deserialize_keras_object(config.pop("inner"))
            return cls(inner=inner, **config)

    inputs = keras.Input((4,))
    model = settled(keras.Model(inputs, Scaled(0.5, keras.layers.Dense(3))(inputs)))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.keras"
        model.save(path)
        loaded = keras.models.load_model(path)
    x = normal(10, 2, 4)
    return {
        "out": arrays([model(x), loaded(x)]),
        "factor": loaded.layers[1].factor,
        "name": keras.saving.get_registered_name(Scaled),
    }


def function_of_ones_own_in_a_file(keras):
    """A registered activation is found; a class that is not is given as `custom_objects`."""

    @keras.saving.register_keras_serializable(package="Mine")
    def cube(x):
        return x**3

    class Shift(keras.layers.Layer):
        def __init__(self, by=1.0, **kwargs):
            super().__init__(**kwargs)
            self.by = by

        def call(self, x):
            return x + self.by

        def get_config(self):
            return {**super().get_config(), "by": self.by}

    model = keras.Sequential(
        [keras.Input((3,)), keras.layers.Dense(2, activation=cube), Shift(2.0)]
    )
    settled(model)
    own, config = {"Shift": Shift}, model.get_config()
    with keras.saving.custom_object_scope(own):
        first = keras.Sequential.from_config(config)
    first.set_weights(model.get_weights())
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.keras"
        model.save(path)
        second = keras.models.load_model(path, custom_objects=own)
    x = normal(11, 2, 3)
    return {"out": arrays([model(x), first(x), second(x)])}


def best_model_kept(keras):
    """ModelCheckpoint keeps the best file; the model is read back from it."""
    model, x, y = _model(keras), normal(12, 40, 6, 2), whole(13, 2, 40).astype("float32")
    model.compile(keras.optimizers.RMSprop(0.02), "mse")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "best.keras"
        keep = keras.callbacks.ModelCheckpoint(str(path), monitor="val_loss", save_best_only=True)
        history = model.fit(
            x, y, batch_size=8, epochs=5, validation_split=0.2, callbacks=[keep], **QUIET
        )
        best = keras.models.load_model(path)
    return {"history": history.history, "best": best.evaluate(x[32:], y[32:], verbose=0)}


def layer_by_its_configuration(keras):
    """Configurations as `serialize` writes them, for layers, losses, optimizers and others."""
    layer = keras.layers.GRU(4, activation="relu", kernel_regularizer="l2", name="read")
    config = keras.layers.serialize(layer)
    again = keras.layers.deserialize(config)
    optimizer = keras.optimizers.deserialize(keras.optimizers.serialize(keras.optimizers.SGD(0.3)))
    loss = keras.losses.deserialize(keras.losses.serialize(keras.losses.Poisson(reduction="sum")))
    kept = ("units", "activation", "recurrent_activation", "reset_after", "return_sequences")
    return {
        "class": config["class_name"],
        "config": {key: str(again.get_config()[key]) for key in kept},
        "rate": float(optimizer.learning_rate),
        "loss": float(loss(np.zeros((3, 2)), np.ones((3, 2)))),
        "initializer": type(keras.initializers.get("he_normal")).__name__,
    }
