"""The reference pages of layers that join tensors, of attention, and of what stands beside them."""

import numpy as np

from tests.programs.parts import QUIET, arrays, normal, settled


def merging_layers(keras):
    """Each as a layer and as a function, on two or three inputs."""
    a, b, c = (normal(seed, 3, 4, 5) for seed in (1, 2, 3))
    layers, found = keras.layers, {}
    for layer in (layers.Add(), layers.Multiply(), layers.Average(), layers.Maximum()):
        found[type(layer).__name__] = arrays(layer([a, b, c]))
    found["Minimum"] = arrays(layers.Minimum()([a, b]))
    found["Subtract"] = arrays(layers.Subtract()([a, b]))
    found["Concatenate"] = arrays(layers.Concatenate(axis=1)([a, b, c]))
    found["Dot"] = arrays(layers.Dot(axes=2)([a, b]))
    found["Dot, normalized"] = arrays(layers.Dot(axes=(1, 1), normalize=True)([a, b]))
    one, two = keras.Input((4, 5)), keras.Input((4, 5))
    functions = (layers.add, layers.multiply, layers.average, layers.maximum, layers.subtract)
    outputs = [function([one, two]) for function in functions]
    model = keras.Model([one, two], [*outputs, layers.dot([one, two], axes=1)])
    found["functions"] = model.predict([a, b], verbose=0)
    return found


def attention_layers(keras):
    """Queries, values and keys, with masks and causality, and the scores."""
    query, value, key = normal(4, 3, 4, 6), normal(5, 3, 5, 6), normal(6, 3, 5, 6)
    masks = [np.arange(4) < np.array([[4], [2], [3]]), np.arange(5) < np.array([[5], [3], [1]])]
    found = {}
    for name, options in {
        "dot": {},
        "concat": {"score_mode": "concat"},
        "scale": {"use_scale": True},
    }.items():
        layer = keras.layers.Attention(**options)
        layer.build([query.shape, value.shape])
        settled(layer)
        found[name] = arrays(layer([query, value]))
        found[f"{name}, masked"] = arrays(layer([query, value, key], mask=[*masks, masks[1]]))
        found[f"{name}, causal"] = arrays(layer([query, value], use_causal_mask=True))
    scored = keras.layers.Attention()([query, value], return_attention_scores=True)
    additive = keras.layers.AdditiveAttention()
    additive.build([query.shape, value.shape])
    return {
        **found,
        "scores": arrays(scored),
        "additive": arrays(settled(additive)([query, value, key])),
    }


def attention_trained(keras):
    """A sequence that looks at itself, in a model."""
    inputs = keras.Input((6, 3))
    x = keras.layers.GRU(4, return_sequences=True)(inputs)
    x = keras.layers.Attention(use_scale=True)([x, x])
    x = keras.layers.LayerNormalization()(x)
    x = keras.layers.GlobalAveragePooling1D()(x)
    model = settled(keras.Model(inputs, keras.layers.Dense(1)(x)))
    model.compile(keras.optimizers.Adam(0.01), "mse", metrics=["mae"])
    history = model.fit(normal(7, 40, 6, 3), normal(8, 40, 1), batch_size=8, epochs=4, **QUIET)
    return {"history": history.history, "weights": model.get_weights()}


def activations_that_are_layers(keras):
    """ReLU and its relatives, softmax with a mask, and one that is trained."""
    layers, x = keras.layers, normal(9, 3, 4, 5) * 2
    prelu = layers.PReLU(shared_axes=[1])
    prelu.build(x.shape)
    return {
        "relu": arrays(layers.ReLU(max_value=1.5, negative_slope=0.1, threshold=0.2)(x)),
        "leaky": arrays(layers.LeakyReLU(negative_slope=0.2)(x)),
        "elu": arrays(layers.ELU(alpha=0.7)(x)),
        "prelu": arrays(settled(prelu)(x)),
        "softmax": arrays(layers.Softmax(axis=1)(x)),
        "masked": arrays(layers.Softmax()(x, mask=x > -2)),
    }


def scaling_layers(keras):
    """Statistics of the data, learned with `adapt` or given; lengths of one; numbers rescaled."""
    layers, x = keras.layers, normal(10, 30, 4) * 3 + 1
    adapted = layers.Normalization()
    adapted.adapt(x)
    given = layers.Normalization(mean=[1.0, 2.0, 3.0, 4.0], variance=[1.0, 4.0, 9.0, 16.0])
    back = layers.Normalization(mean=1.0, variance=4.0, invert=True)
    return {
        "adapted": arrays(adapted(x)),
        "given": arrays(given(x)),
        "back": arrays(back(x)),
        "unit": arrays(layers.UnitNormalization()(x)),
        "rescaled": arrays(layers.Rescaling(1 / 4, offset=-1)(x)),
        "identity": arrays(layers.Identity()(x)),
    }


def noise_outside_of_training(keras):
    """Layers that draw numbers in training let everything pass outside of it."""
    layers, x = keras.layers, normal(11, 3, 4, 5)
    names = ("GaussianNoise", "GaussianDropout", "SpatialDropout1D", "AlphaDropout", "Dropout")
    return {name: arrays(getattr(layers, name)(0.4)(x)) for name in names}


def other_convolutions(keras):
    """Convolutions channel by channel, apart, and upwards, trained together."""
    layers = keras.layers
    model = keras.Sequential(
        [
            keras.Input((12, 3)),
            layers.SeparableConv1D(4, 3, activation="relu"),
            layers.DepthwiseConv1D(3, depth_multiplier=2, padding="same"),
            layers.SpatialDropout1D(0.0),
            layers.Conv1DTranspose(3, 3, strides=2),
            layers.GlobalMaxPooling1D(),
            layers.Dense(1),
        ]
    )
    settled(model)
    model.compile(keras.optimizers.SGD(0.02), "mse")
    history = model.fit(normal(12, 40, 12, 3), normal(13, 40, 1), batch_size=8, epochs=4, **QUIET)
    return {"history": history.history, "weights": model.get_weights()}
