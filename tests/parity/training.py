"""Training: optimizers from equal gradients, schedules, and whole models through `fit`."""

import warnings

import keras
import numpy as np

import elman
from elman.parameters import Weight
from tests.golden import carried_states, models, optimizer_cases, sequence_layers

CHECKED = {  # what a training says something about beside `fit`
    "simple_rnn": ("layers.SimpleRNN", "layers.Dense", "models.Sequential", "metrics.get"),
    "stacked_lstm": ("layers.LSTM", "layers.Dense", "losses.get", "optimizers.get"),
    "gru with validation data": ("layers.GRU",),
    "gru_reset_before": ("layers.GRU",),
    "masked loss": ("layers.Embedding", "layers.Bidirectional", "layers.TimeDistributed"),
    "left padding": ("layers.Masking", "layers.GRU", "layers.LSTM"),
    "two outputs": ("models.Model", "layers.Input"),
    "translator": ("models.Model", "layers.Input", "layers.LSTM"),
    "shared layers": ("models.Model", "layers.Add", "layers.Concatenate"),
    "frozen layer": ("layers.LSTM",),
    "stateful": ("layers.GRU",),
    "convolutional": ("layers.Conv1D", "layers.BatchNormalization", "layers.LayerNormalization"),
    "masked": ("layers.Masking", "layers.GlobalAveragePooling1D"),
}


def optimizer(record, label):
    """Check the weights after twenty steps from the same gradients, and all slots."""
    draw = np.random.default_rng(11)
    shapes = optimizer_cases.SHAPES
    start = {name: draw.normal(size=shape).astype("float32") for name, shape in shapes.items()}
    gradients = {
        name: draw.normal(size=(optimizer_cases.STEPS, *shape)).astype("float32")
        for name, shape in shapes.items()
    }

    def side(module, weight_of):
        def steps():
            made, without = optimizer_cases.make(module, label)
            weights = {name: weight_of(start[name].copy(), name) for name in shapes}
            made.build(list(weights.values()))
            for step in range(optimizer_cases.STEPS):
                made.apply_gradients(optimizer_cases.given(gradients, weights, step, without))
            return {
                "trained weights": [w.numpy() for w in weights.values()],
                "slots": [np.ravel(v.numpy()).astype("float32") for v in made.variables],
            }

        return steps

    record.check(
        f"optimizers.{optimizer_cases.OPTIMIZERS[label][0]}",
        label,
        side(keras.optimizers, lambda array, name: keras.Variable(array, name=name)),
        side(elman.optimizers, lambda array, name: Weight(array, name=name, path=name)),
    )


def schedule(record, label):
    """Check the learning rates at many steps."""
    kind, arguments = optimizer_cases.SCHEDULES[label]

    def side(library):
        made = getattr(library.optimizers.schedules, kind)(**arguments)
        return lambda: {"rates": [np.float32(made(t)) for t in optimizer_cases.TIMES]}

    record.check(f"optimizers.schedules.{kind}", label, side(keras), side(elman))


def fitted(library, name, weights):
    """Return what a training leaves behind: history, weights, evaluation and predictions."""
    training = models.TRAININGS[name]
    generator = np.random.default_rng(5)
    x, y = training.data(generator)
    options = training.options(generator, y)
    model = training.build(library)
    model.set_weights(weights(model))
    fed = {"batch_size": 4, "verbose": 0}
    of_keras = {}
    if library is keras and name == "stateful":
        of_keras["callbacks"] = [carried_states.beginning_anew(keras)]
    history = model.fit(x, y, epochs=3, shuffle=False, **fed, **options, **of_keras).history
    weight = options.get("sample_weight")
    return {
        "history": history,
        "trained weights": model.get_weights(),
        "evaluation": model.evaluate(x, y, sample_weight=weight, return_dict=True, **fed),
        "predictions": model.predict(x, **fed),
    }


METHODS = ("compile", "fit", "evaluate", "predict", "get_weights", "set_weights")


def model(record, name):
    """Check three epochs of training of a model."""

    def side(library):
        def weights(made):
            return models.initial_weights(made, np.random.default_rng(6))

        def run():
            library.utils.clear_session()
            return fitted(library, name, weights)

        return run

    checked = (*(f"Model.{method}" for method in METHODS), *CHECKED.get(name, ()))
    record.check("callbacks.History", name, side(keras), side(elman), checked)


def sequences(record, name):
    """Check three epochs of training of a model with convolutions or normalization."""

    def side(library):
        def run():
            library.utils.clear_session()
            made, history = sequence_layers.trained(library, name)
            x, _ = sequence_layers.data_of(name)
            return {
                "history": history,
                "trained weights": made.get_weights(),
                "predictions": made.predict(x, verbose=0),
            }

        return run

    record.check("Model.fit", name, side(keras), side(elman), CHECKED[name])


def run(record):
    """Add all cases to the record."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of gradients that are missing on purpose
        for label in optimizer_cases.OPTIMIZERS:
            optimizer(record, label)
        for label in ("RMSprop", "Adam", "AdamW"):
            plain(record, label)
    for label in optimizer_cases.SCHEDULES:
        schedule(record, label)
    for name in models.TRAININGS:
        model(record, name)
    for name in sequence_layers.MODELS:
        sequences(record, name)


def plain(record, kind):
    """Check an optimizer as it is by default."""
    optimizer_cases.OPTIMIZERS.setdefault(kind, (kind, {"learning_rate": 0.01}))
    optimizer(record, kind)
