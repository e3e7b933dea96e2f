"""Nodes that are drawn at random for `random_graphs`, right and wrong ones alike.

Each function adds a node or a few to a graph that grows, and returns the name of what they make,
None where it finds nothing to read.
"""

import numpy as np

ACTIVATIONS = ("Exp", "Gelu", "LogSoftmax", "Mish", "Neg", "Relu", "Selu", "Sigmoid", "Softmax",
               "Softplus", "Softsign", "Tanh", "Elu", "LeakyRelu", "HardSigmoid", "Identity",
               "Celu", "HardSwish", "ThresholdedRelu", "Erf")  # fmt: skip
RECURRENT = {"RNN": (1, 1), "GRU": (3, 2), "LSTM": (4, 3)}  # gates, functions
FUNCTIONS = ("Tanh", "Sigmoid", "Relu", "HardSigmoid", "Softsign", "Affine", "LeakyRelu")


def normal(g, *shape):
    """Return numbers of a shape."""
    return np.random.default_rng(g.draw.randrange(2**32)).normal(size=shape)


def some(g, *ranks):
    """Return the name of a value with so many axes, and its shape."""
    names = [name for name, shape in g.shapes.items()
             if name not in g.whole and (not ranks or len(shape) in ranks)]  # fmt: skip
    if not names:
        return None, ()
    name = g.draw.choice([*names, *names[-2:]])
    return name, g.shapes[name]


def maybe(g, **choices):
    """Return attributes, each left out or one of its choices."""
    return {name: g.draw.choice(values) for name, values in choices.items()
            if g.draw.random() < 0.6}  # fmt: skip


def activation(g):
    """Add an activation."""
    x, shape = some(g)
    if x is None:
        return None
    op = g.draw.choice(ACTIVATIONS)
    told = {
        "Gelu": {"approximate": ["none", "none", "tanh"]},
        "Softmax": {"axis": range(-len(shape), len(shape))},
        "LogSoftmax": {"axis": range(-len(shape), len(shape))},
        "Selu": {"alpha": [1.6732632, 2.0], "gamma": [1.050701, 3.0]},
        "Elu": {"alpha": [1.0, 0.5]},
        "LeakyRelu": {"alpha": [0.01, 0.3]},
        "HardSigmoid": {"alpha": [1 / 6, 0.2, 0.3], "beta": [0.5, 0.4]},
    }.get(op, {})
    return g.node(op, x, **maybe(g, **told))


def written_activation(g):
    """Add an activation as several nodes, some of them with other numbers."""
    x, _ = some(g)
    if x is None:
        return None
    kind = g.draw.choice(["gelu", "log_sigmoid", "clip", "silu"])
    if kind == "log_sigmoid":
        return g.node("Neg", g.node("Softplus", g.node("Neg", x)))
    if kind == "silu":
        return g.node("Mul", x, g.node("Sigmoid", x))
    if kind == "clip":
        ends = g.draw.choice([(0, 6), (-1, 1), (-1, 6), (0, 5)])
        if g.opset < 11:
            return g.node("Clip", x, min=float(ends[0]), max=float(ends[1]))
        return g.node("Clip", x, *(g.array(end) for end in ends))
    divided = g.draw.random() < 0.5
    root = g.draw.choice([2**0.5, 2**0.5, 2.0])
    inside = g.node("Div", x, g.array(root)) if divided else g.node("Mul", x, g.array(1 / root))
    y, _ = some(g) if g.draw.random() < 0.2 else (x, ())
    factors = [y, g.array(0.5), g.node("Add", g.node("Erf", inside), g.array(1.0))]
    g.draw.shuffle(factors)
    pair = [g.node("Mul", *factors[:2]), factors[2]]
    return g.node("Mul", *g.draw.sample(pair, 2))


def constant(g, shape):
    """Return an array that may be added to one of a shape."""
    last = shape[-1] if shape else 1
    sizes = [(), (), (1,), (1, 1), (last,), (1, last), (last, 1), (1,) * 4]
    if len(shape) == 3:
        sizes += [(shape[1], 1), (1, shape[1], 1), (1, 1, last)]
    return g.array(normal(g, *g.draw.choice(sizes)) * g.draw.choice([0, 1, 1, 1]))


def with_constant(g):
    """Add a sum or the like of a value and an array of the file."""
    x, shape = some(g)
    if x is None:
        return None
    op = g.draw.choice(["Add", "Add", "Sub", "Mul", "Div", "Max", "Pow"])
    pair = [x, constant(g, shape)]
    return g.node(op, *(pair if g.draw.random() < 0.7 else pair[::-1]))


def merged(g):
    """Add a sum or the like of values."""
    names = [some(g)[0] for _ in range(g.draw.choice([1, 2, 2, 3]))]
    if None in names:
        return None
    return g.node(g.draw.choice(["Add", "Sub", "Mul", "Max", "Min", "Mean", "Sum", "Div"]), *names)


def product(g):
    """Add a product with a matrix, and often a bias or what is none."""
    x, shape = some(g)
    if x is None:
        return None
    units = g.draw.choice([1, 2, 3, 4])
    if g.draw.random() < 0.4:
        flipped = g.draw.random() < 0.5
        matrix = g.array(normal(g, *((units, shape[-1]) if flipped else (shape[-1], units))))
        sizes = [(), (1,), (units,), (1, units), (shape[0], 1), (shape[0], units), (shape[0],)]
        more = [g.array(normal(g, *g.draw.choice(sizes)))] if g.draw.random() < 0.7 else []
        told = maybe(g, alpha=[1.0, 1.0, 2.0], beta=[1.0, 1.0, 0.5], transA=[0, 0, 0, 1])
        return g.node("Gemm", x, matrix, *more, transB=int(flipped), **told)
    y = g.node("MatMul", x, g.array(normal(g, shape[-1], units)))
    if g.draw.random() < 0.3:
        return y
    pair = [y, constant(g, (*shape[:-1], units))]
    return g.node("Add", *g.draw.sample(pair, 2))


def normalisation(g):
    """Add a normalisation."""
    x, shape = some(g, 2, 3)
    if x is None:
        return None
    if g.draw.random() < 0.5:
        sizes = [(shape[-1],), (shape[-1],), (1,), shape[1:]]
        weights = [g.array(normal(g, *g.draw.choice(sizes)))
                   for _ in range(g.draw.choice([1, 2]))]  # fmt: skip
        axes = range(-len(shape), len(shape))
        return g.node("LayerNormalization", x, *weights, epsilon=0.1, **maybe(g, axis=axes))
    weights = [0.5 + abs(normal(g, shape[1])) for _ in range(4)]
    told = maybe(g, epsilon=[0.1], momentum=[0.5])
    return g.node("BatchNormalization", x, *(g.array(each) for each in weights), **told)


def pooling(g):
    """Add a mean or the like along axes."""
    x, shape = some(g, 2, 3)
    if x is None:
        return None
    axes = [g.draw.randrange(-len(shape), len(shape)) for _ in range(g.draw.choice([1, 1, 1, 2]))]
    op = g.draw.choice(["ReduceMean", "ReduceMax", "ReduceSum"])
    told = maybe(g, keepdims=[0, 1], noop_with_empty_axes=[0, 1])
    if g.draw.random() < 0.1:
        return g.node(op, x, **told)
    if g.draw.random() < 0.5:
        return g.node(op, x, g.array(axes, "int64"), **told)
    return g.node(op, x, axes=axes, **told)


def sizes_of(g, x, shape):
    """Return some of the sizes of a value, by nodes that find them out."""
    sizes = g.node("Shape", x)
    at = g.draw.randrange(len(shape))
    if g.draw.random() < 0.5:
        picked = g.node("Gather", sizes, g.array(at, "int64"))
        if g.opset < 13:
            return g.node("Unsqueeze", picked, axes=[0])
        return g.node("Unsqueeze", picked, g.array([0], "int64"))
    if g.opset < 10:
        return g.node("Slice", sizes, starts=[at], ends=[at + 1])
    return g.node("Slice", sizes, g.array([at], "int64"), g.array([at + 1], "int64"))


def reshaped(g):
    """Add a reshaping, to sizes that fit, told outright or found out."""
    x, shape = some(g)
    if x is None:
        return None
    if g.draw.random() < 0.2:
        return g.node("Flatten", x, **maybe(g, axis=range(-len(shape), len(shape) + 1)))
    at = g.draw.randrange(len(shape))
    target = list(shape)
    if g.draw.random() < 0.7 and len(shape) > 1:
        at = min(at, len(shape) - 2)
        target[at : at + 2] = [target[at] * target[at + 1]]
    elif g.draw.random() < 0.5:
        g.draw.shuffle(target)
    if g.draw.random() < 0.3:
        target = g.draw.choice([[-1, shape[-1]], [1, -1], [-1], [0, -1], [*shape[:-1], 1, -1]])
    else:
        for i in range(len(target)):
            if g.draw.random() < 0.3:
                target[i] = 0
        if g.draw.random() < 0.7:
            target[g.draw.randrange(len(target))] = -1
    parts = [[n] for n in target]
    told = maybe(g, allowzero=[0, 0, 1])
    if g.draw.random() < 0.3:
        names = [sizes_of(g, x, shape) if g.draw.random() < 0.5 else g.array(part, "int64")
                 for part in parts]  # fmt: skip
        return g.node("Reshape", x, g.node("Concat", *names, axis=0), **told)
    return g.node("Reshape", x, g.array(target, "int64"), **told)


def moved(g):
    """Add a node that moves axes, puts them in or leaves them out."""
    x, shape = some(g)
    if x is None:
        return None
    op = g.draw.choice(["Transpose", "Squeeze", "Unsqueeze"])
    if op == "Transpose":
        return g.node(op, x, **maybe(g, perm=[g.draw.sample(range(len(shape)), len(shape))]))
    axis = g.draw.randrange(-len(shape) - 1, len(shape) + 1)
    if op == "Squeeze" and g.draw.random() < 0.2:
        return g.node(op, x)
    if g.opset < 13:
        return g.node(op, x, axes=[axis])
    return g.node(op, x, g.array([axis], "int64"))


def taken(g):
    """Add a part of a value: a slice, or a place."""
    x, shape = some(g)
    if x is None:
        return None
    axis = g.draw.randrange(-len(shape), len(shape))
    if g.draw.random() < 0.4:
        index = g.draw.choice([0, -1, 1, [0], [1, 0]])
        return g.node("Gather", x, g.array(index, "int64"), **maybe(g, axis=[axis]))
    far = g.draw.choice([2**31 - 1, 2**63 - 1])
    first = g.draw.choice([0, 1, -1, -2, -far, far])
    last = g.draw.choice([far, -far, 1, 2, -1])
    if g.opset < 10:
        return g.node("Slice", x, starts=[first], ends=[last], axes=[axis])
    limits = [g.array([n], "int64") for n in (first, last, axis, g.draw.choice([1, 1, -1, 2, -2]))]
    return g.node("Slice", x, *limits[: g.draw.choice([2, 3, 4, 4])])


def joined(g):
    """Add a concatenation."""
    names = [some(g)[0] for _ in range(g.draw.choice([1, 2, 2, 3]))]
    if None in names:
        return None
    rank = len(g.shapes[names[0]])
    return g.node("Concat", *names, axis=g.draw.randrange(-rank, rank))


def kept(g):
    """Add a node that leaves numbers as they are, or almost."""
    x, _ = some(g)
    if x is None:
        return None
    if g.draw.random() < 0.5:
        return g.node("Dropout", x, outputs=1)
    middle = g.node("Cast", x, to=g.draw.choice([1, 7, 11, 9, 10]))
    return g.node("Cast", middle, to=11 if g.dtype == "float64" else 1)


def looked_up(g):
    """Add rows of a table."""
    if not g.whole:
        return None
    table = normal(g, g.draw.choice([8, 9]), g.draw.choice([1, 2, 3]))
    return g.node("Gather", g.array(table), "x", **maybe(g, axis=[0, 0, 1]))


def recurrent(g):
    """Add a recurrent operator, and often what turns and joins its outputs."""
    x, shape = some(g, 3)
    if x is None:
        return None
    op = g.draw.choice(list(RECURRENT))
    gates, functions = RECURRENT[op]
    direction = g.draw.choice(["forward", "reverse", "bidirectional"])
    D, U = 1 + (direction == "bidirectional"), g.draw.choice([1, 2, 3])
    layout = g.draw.choice([0, 0, 1])
    turn = not layout and g.draw.random() < 0.7
    source = g.node("Transpose", x, perm=[1, 0, 2]) if turn else x
    made = [normal(g, D, gates * U, shape[-1]), normal(g, D, gates * U, U),
            normal(g, D, 2 * gates * U)]  # fmt: skip
    inputs = [source, *(g.array(each) for each in made[: g.draw.choice([2, 3, 3])])]
    told, peepholes = told_of(g, op, functions * D, U)
    if peepholes:
        inputs += [""] * (7 - len(inputs)) + [g.array(normal(g, D, 3 * U))]
    if layout or g.draw.random() < 0.2:
        told["layout"] = layout
    names = g.node(op, *inputs, outputs=3 if op == "LSTM" else 2, direction=direction, **told)
    which = g.draw.choice([0, 0, 1, len(names) - 1])
    if which or g.draw.random() < 0.3:
        return names[which]
    return side_by_side(g, names[0], D, U, layout)


def told_of(g, op, functions, units):
    """Return attributes of a recurrent operator, and whether it has peepholes."""
    told = maybe(g, hidden_size=[units])
    if g.draw.random() < 0.1:
        told["clip"] = 1.0
    if g.draw.random() < 0.3:
        told["activations"] = [g.draw.choice(FUNCTIONS) for _ in range(functions)]
        if g.draw.random() < 0.5:
            told["activation_alpha"] = [0.2] * functions
    if op == "GRU":
        told.update(maybe(g, linear_before_reset=[0, 1]))
    if op == "LSTM":
        told.update(maybe(g, input_forget=[0, 0, 1]))
    return told, op == "LSTM" and g.draw.random() < 0.2


def side_by_side(g, y, directions, units, layout):
    """Add what lays the directions of an output side by side."""
    if layout:
        return g.node("Reshape", y, g.array([0, 0, -1], "int64"))
    if directions == 1 and g.opset < 13:
        return g.node("Squeeze", y, axes=[1])
    if directions == 1:
        return g.node("Squeeze", y, g.array([1], "int64"))
    turned = g.node("Transpose", y, perm=g.draw.choice([[0, 2, 1, 3], [2, 0, 1, 3]]))
    return g.node("Reshape", turned, g.array([0, 0, g.draw.choice([-1, 2 * units])], "int64"))


def windowed(g):
    """Add a convolution or pooling, and often what turns its outputs back."""
    x, shape = some(g, 3)
    if x is None:
        return None
    F, size = shape[2], g.draw.choice([1, 2, 3])
    source = g.node("Transpose", x, perm=[0, 2, 1]) if g.draw.random() < 0.9 else x
    op = g.draw.choice(["Conv", "Conv", "ConvTranspose", "MaxPool", "AveragePool",
                        "GlobalMaxPool", "GlobalAveragePool"])  # fmt: skip
    pads = [g.draw.choice([0, 0, 1, 2]) for _ in "ab"]
    told = maybe(g, strides=[[1], [2], [3]], pads=[pads])
    if not told.get("pads"):
        told.update(maybe(g, auto_pad=["NOTSET", "VALID", "SAME_UPPER", "SAME_LOWER"]))
    units, inputs = g.draw.choice([1, 2, 4]), [source]
    if op.startswith("Conv"):
        told.update(maybe(g, dilations=[[1], [2]]))
        group = told["group"] = g.draw.choice([1, 1, 1, 2])
        ends = (F, units) if op == "ConvTranspose" else (units, F // group)
        inputs.append(g.array(normal(g, *ends, size)))
        inputs += [g.array(normal(g, units))] * g.draw.choice([0, 1])
        if op == "ConvTranspose":
            told.update(maybe(g, output_padding=[[0], [1]]))
    elif op.startswith("Global"):
        told = {}
    else:
        told.update(maybe(g, ceil_mode=[0, 0, 1]), kernel_shape=[size])
        told.update(maybe(g, count_include_pad=[0, 1]) if op == "AveragePool" else {})
    y = g.node(op, *inputs, **told)
    return g.node("Transpose", y, perm=[0, 2, 1]) if g.draw.random() < 0.6 else y


NODES = (
    activation, activation, written_activation, with_constant, merged, product, product,
    normalisation, pooling, reshaped, reshaped, moved, taken, joined, kept, looked_up, recurrent,
    recurrent, windowed,
)  # fmt: skip
