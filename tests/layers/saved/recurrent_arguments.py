"""The arguments of recurrent layers and cells, each with a value that is not its default."""

from elman import constraints, initializers, regularizers

RECURRENT = {
    "units": 3,
    "activation": "relu",
    "use_bias": False,
    "kernel_initializer": initializers.HeNormal(seed=1),
    "recurrent_initializer": initializers.RandomNormal(0.5, 0.1, seed=2),
    "bias_initializer": "ones",
    "kernel_regularizer": regularizers.L2(0.5),
    "recurrent_regularizer": regularizers.L1(0.25),
    "bias_regularizer": regularizers.L1L2(0.5, 0.25),
    "activity_regularizer": regularizers.L2(0.125),
    "kernel_constraint": constraints.MaxNorm(3.0),
    "recurrent_constraint": constraints.NonNeg(),
    "bias_constraint": constraints.UnitNorm(),
    "dropout": 0.25,
    "recurrent_dropout": 0.5,
    "return_sequences": True,
    "return_state": True,
    "go_backwards": True,
    "stateful": True,
    "unroll": True,
    "zero_output_for_mask": True,
    "checkpoint_steps": 16,
    "initial_state": "learned",
    "seed": 7,
}
OF_THE_LAYER = {
    "activity_regularizer": regularizers.L2(0.125),
    "return_sequences": True,
    "return_state": True,
    "go_backwards": True,
    "stateful": True,
    "unroll": True,
    "zero_output_for_mask": True,
    "checkpoint_steps": 16,
    "initial_state": "learned",
}
CELL = {name: value for name, value in RECURRENT.items() if name not in OF_THE_LAYER}
GATED = {**CELL, "recurrent_activation": "tanh"}
SEE_NO_STATE = ("recurrent_initializer", "recurrent_regularizer", "recurrent_constraint",
                "recurrent_dropout")  # fmt: skip
BLIND = {name: value for name, value in CELL.items() if name not in SEE_NO_STATE}
GAIN = {
    "gain_initializer": initializers.RandomNormal(0.5, 0.1, seed=2),
    "gain_regularizer": regularizers.L2(0.25),
    "gain_constraint": constraints.NonNeg(),
}
LEAKY = {
    **{name: value for name, value in CELL.items() if not name.startswith("kernel_")},
    "kernel_initializer": "ones",
    "recurrent_regularizer": None,
    "recurrent_constraint": None,
    "activation": "tanh",
    "tau": [20.0, 40.0, 80.0],
    "dt": 10.0,
    "learn_alpha": True,
    "noise": 0.5,
    "noise_after": 0.25,
    "dale": [1.0, -1.0, 1.0],
    "kernel_mask": [[1, 0, 1]],
    "recurrent_mask": [[1, 0, 1], [1, 1, 1], [0, 0, 1]],
    "frozen_kernel": [[0, 0, 1]],
    "frozen_recurrent": [[0, 0, 1], [1, 0, 1], [0, 0, 1]],
}
CELLS = {  # the arguments of cells, which their layers have as well
    "CoupledLSTM": GATED,
    "IndRNN": {**CELL, "activation": "tanh", "recurrent_max": 0.5},
    "LayerNormGRU": {**GATED, **GAIN},
    "LayerNormLSTM": {**GATED, **GAIN, "unit_forget_bias": False},
    "LeakyRNN": LEAKY,
    "MinGRU": {**BLIND, "recurrent_activation": "tanh"},
    "MinLSTM": BLIND,
    "PeepholeLSTM": {
        **GATED,
        "unit_forget_bias": False,
        "peephole_initializer": "ones",
        "peephole_regularizer": regularizers.L2(0.25),
        "peephole_constraint": constraints.NonNeg(),
    },
    "ZoneoutLSTM": {
        **GATED, "unit_forget_bias": False, "zoneout_cell": 0.25, "zoneout_output": 0.125,
    },
}  # fmt: skip
GRUD = {
    **GATED,
    "mean": [0.5, 0.25],
    "time_feature": True,
    "decay_initializer": "ones",
    "decay_regularizer": regularizers.L2(0.25),
    "decay_constraint": constraints.NonNeg(),
}
# What does not go with what else is tried, so that the default stands; test_leaky_rnn.py has it.
EXCLUDED = ("alpha", "rank", "kernel_regularizer", "kernel_constraint", "recurrent_regularizer",
            "recurrent_constraint")  # fmt: skip
NOT_TOGETHER = {"LeakyRNN": EXCLUDED, "LeakyRNNCell": EXCLUDED}
