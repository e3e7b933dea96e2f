"""What Keras and elman both compute: optimizers with options, and learning rate schedules."""

STEPS = 20
SHOWN = (1, 2, 7, 20)  # after which weights are kept
SHAPES = {"kernel": (3, 4), "bias": (4,), "recurrent_kernel": (6, 4), "embeddings": (5, 3)}
SCHEDULE = ("ExponentialDecay", {"initial_learning_rate": 0.1, "decay_steps": 5, "decay_rate": 0.5})

# label: (class, arguments). "exclude" is what `exclude_from_weight_decay` is called with, and
# "without" is the weight that has no gradient at every third step.
OPTIMIZERS = {
    "SGD": ("SGD", {"learning_rate": 0.1}),
    "SGD/schedule": ("SGD", {"learning_rate": SCHEDULE, "momentum": 0.9}),
    "SGD/ema": ("SGD", {"learning_rate": 0.1, "use_ema": True, "ema_momentum": 0.8}),
    "SGD/without": ("SGD", {"learning_rate": 0.1, "momentum": 0.9, "without": "kernel"}),
    "SGD/all": (
        "SGD",
        {
            "learning_rate": SCHEDULE,
            "momentum": 0.9,
            "nesterov": True,
            "clipnorm": 1.0,
            "weight_decay": 0.02,
            "use_ema": True,
            "ema_overwrite_frequency": 2,
            "gradient_accumulation_steps": 3,
            "loss_scale_factor": 4.0,
            "exclude": {"var_names": ["bias"]},
        },
    ),
    "RMSprop/all": (
        "RMSprop",
        {
            "learning_rate": 0.01,
            "momentum": 0.5,
            "centered": True,
            "gradient_accumulation_steps": 2,
            "global_clipnorm": 1.0,
            "weight_decay": 0.02,
        },
    ),
    "Adam/ema": (
        "Adam",
        {"learning_rate": 0.01, "use_ema": True, "ema_overwrite_frequency": 3, "amsgrad": True},
    ),
    "Adam/gathered": ("Adam", {"learning_rate": 0.01, "gradient_accumulation_steps": 4}),
    "Adam/scaled": ("Adam", {"learning_rate": 0.01, "loss_scale_factor": 1024.0, "clipvalue": 1.0}),
    "Adam/gathered without": (
        "Adam",
        {"learning_rate": 0.01, "gradient_accumulation_steps": 2, "without": "bias"},
    ),
    "Adam/without": (
        "Adam",
        {
            "learning_rate": 0.01,
            "global_clipnorm": 1.0,
            "weight_decay": 0.1,
            "use_ema": True,
            "without": "kernel",
        },
    ),
    "AdamW/excluded": (
        "AdamW",
        {"learning_rate": 0.01, "weight_decay": 0.1, "exclude": {"var_names": ["bias", "^k"]}},
    ),
    "Adamax": ("Adamax", {"learning_rate": 0.01}),
    "Adamax/options": ("Adamax", {"learning_rate": 0.01, "clipnorm": 0.5, "weight_decay": 0.1}),
    "Nadam": ("Nadam", {"learning_rate": 0.01}),
    "Nadam/options": (
        "Nadam",
        {"learning_rate": 0.01, "beta_1": 0.8, "weight_decay": 0.1, "global_clipnorm": 1.0},
    ),
    "Nadam/gathered": ("Nadam", {"learning_rate": 0.01, "gradient_accumulation_steps": 2}),
    "Adagrad": ("Adagrad", {"learning_rate": 0.1}),
    "Adagrad/options": (
        "Adagrad",
        {"learning_rate": 0.1, "initial_accumulator_value": 0.0, "clipvalue": 0.5},
    ),
    "Adadelta": ("Adadelta", {"learning_rate": 1.0}),
    "Adadelta/options": (
        "Adadelta",
        {"learning_rate": 0.5, "rho": 0.8, "epsilon": 1e-3, "weight_decay": 0.01},
    ),
    "Lion": ("Lion", {"learning_rate": 0.01}),
    "Lion/options": ("Lion", {"learning_rate": 0.01, "beta_1": 0.5, "weight_decay": 0.5}),
    "Ftrl": ("Ftrl", {"learning_rate": 0.1}),
    "Ftrl/options": (
        "Ftrl",
        {
            "learning_rate": 0.1,
            "learning_rate_power": -0.7,
            "initial_accumulator_value": 0.3,
            "l1_regularization_strength": 0.5,
            "l2_regularization_strength": 0.2,
            "l2_shrinkage_regularization_strength": 0.1,
            "beta": 0.4,
        },
    ),
    "Lamb": ("Lamb", {"learning_rate": 0.01}),
    "Lamb/options": ("Lamb", {"learning_rate": 0.01, "clipnorm": 0.5, "weight_decay": 0.1}),
    "Adafactor": ("Adafactor", {"learning_rate": 0.5}),
    "Adafactor/options": (
        "Adafactor",
        {
            "learning_rate": 0.1,
            "beta_2_decay": -0.5,
            "clip_threshold": 0.5,
            "relative_step": False,
            "use_ema": True,
        },
    ),
    "Muon": ("Muon", {"learning_rate": 0.1}),
    "Muon/options": (
        "Muon",
        {
            "learning_rate": 0.1,
            "exclude_layers": ["^recurrent"],
            "exclude_embeddings": False,
            "nesterov": False,
            "rms_rate": None,
            "weight_decay": 0.1,
            "adam_weight_decay": None,
            "adam_lr_ratio": 0.5,
            "exclude": {"var_names": ["bias"]},
        },
    ),
}

TIMES = (*range(70), 99, 100, 101, 500, 1000, 12345)
SCHEDULES = {
    "exponential": SCHEDULE,
    "exponential/stairs": (
        "ExponentialDecay",
        {"initial_learning_rate": 0.3, "decay_steps": 7, "decay_rate": 0.9, "staircase": True},
    ),
    "piecewise": (
        "PiecewiseConstantDecay",
        {"boundaries": [3, 10, 50], "values": [1.0, 0.5, 0.1, 0.0]},
    ),
    "polynomial": ("PolynomialDecay", {"initial_learning_rate": 0.1, "decay_steps": 40}),
    "polynomial/cycle": (
        "PolynomialDecay",
        {
            "initial_learning_rate": 0.1,
            "decay_steps": 9,
            "end_learning_rate": 0.02,
            "power": 2.5,
            "cycle": True,
        },
    ),
    "inverse": (
        "InverseTimeDecay",
        {"initial_learning_rate": 0.1, "decay_steps": 3.0, "decay_rate": 0.5},
    ),
    "inverse/stairs": (
        "InverseTimeDecay",
        {"initial_learning_rate": 0.1, "decay_steps": 8, "decay_rate": 0.5, "staircase": True},
    ),
    "cosine": ("CosineDecay", {"initial_learning_rate": 0.1, "decay_steps": 50, "alpha": 0.1}),
    "cosine/warmup": (
        "CosineDecay",
        {
            "initial_learning_rate": 0.0,
            "decay_steps": 40,
            "alpha": 0.01,
            "warmup_target": 0.2,
            "warmup_steps": 15,
        },
    ),
    "restarts": ("CosineDecayRestarts", {"initial_learning_rate": 0.1, "first_decay_steps": 9}),
    "restarts/near": (
        "CosineDecayRestarts",
        {"initial_learning_rate": 0.1, "first_decay_steps": 10, "t_mul": 1.1},
    ),
    "restarts/equal": (
        "CosineDecayRestarts",
        {"initial_learning_rate": 0.1, "first_decay_steps": 9, "t_mul": 1.0, "m_mul": 0.8},
    ),
    "restarts/slow": (
        "CosineDecayRestarts",
        {
            "initial_learning_rate": 0.1,
            "first_decay_steps": 10,
            "t_mul": 1.5,
            "m_mul": 0.9,
            "alpha": 0.05,
        },
    ),
}


def make(module, label):
    """Return the optimizer of a case, and the name of the weight without gradient at times."""
    kind, options = OPTIMIZERS[label]
    options = dict(options)
    without, excluded = options.pop("without", None), options.pop("exclude", None)
    if isinstance(options["learning_rate"], tuple):
        schedule, arguments = options["learning_rate"]
        options["learning_rate"] = getattr(module.schedules, schedule)(**arguments)
    optimizer = getattr(module, kind)(**options)
    if excluded:
        optimizer.exclude_from_weight_decay(**excluded)
    return optimizer, without


def given(gradients, weights, step, without):
    """Return the pairs of gradients and weights of a step."""
    missing = without if step % 3 == 1 else None
    return [
        (None if name == missing else gradients[name][step], weight)
        for name, weight in weights.items()
    ]
