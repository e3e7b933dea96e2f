"""What own_layer_cases.py and own_model_cases.py share, the same in Keras and in elman."""

import numpy as np

X = np.random.default_rng(0).normal(size=(8, 3, 4)).astype("float32")
Y = np.random.default_rng(1).normal(size=(8, 2)).astype("float32")
MASKED = X[:2].copy()
MASKED[0, 2] = 0.0
INDICES = np.array([[1, 2, 0], [3, 0, 0], [1, 1, 1], [0, 0, 0]])


def numbers(value):
    """Return numbers, arrays and nests of them as JSON holds them."""
    if isinstance(value, dict):
        return {key: numbers(part) for key, part in sorted(value.items())}
    if isinstance(value, (list, tuple)):
        return [numbers(part) for part in value]
    return value if isinstance(value, (str, bool, type(None))) else np.asarray(value).tolist()


def refill(model):
    """Give every weight numbers that are the same everywhere."""
    rng = np.random.default_rng(3)
    model.set_weights([rng.normal(size=w.shape) * 0.3 for w in model.get_weights()])


def trained(model, x=X, y=Y, epochs=2, **options):
    """Train without shuffling, in batches of four; return the history."""
    data = (x,) if y is None else (x, y)
    history = model.fit(
        *data, epochs=epochs, batch_size=4, shuffle=False, verbose=0, **options
    ).history
    return numbers(history)


def weights(model):
    """Return the weights, flat, to compare them."""
    return numbers([np.ravel(w) for w in model.get_weights()])
