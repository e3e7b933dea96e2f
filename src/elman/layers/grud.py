"""GRUD: a GRU for values that are missing, and for steps at irregular times."""

from typing import Any

from elman import _check
from elman.errors import ArgumentError
from elman.layers.recurrence.grud_cell import GRUDCell
from elman.layers.recurrent import GatedRecurrent, OfCell


def _not_stateful(owner: str, name: str, value: Any) -> bool:
    if _check.flag(owner, name, value):
        raise ArgumentError(
            f"{owner}: `{name}` must be False, because what was observed last is no state; got "
            "True. Give whole sequences, or fill in what is missing before a `GRU`."
        )
    return False


class GRUD(GatedRecurrent):
    """The GRU-D: a GRU for values that are missing, and for steps at irregular times.

    A value that is NaN was not observed. In its place the layer reads the last one of that feature,
    which decays to `mean` the longer ago it was; the state decays likewise; and what is missing is
    an input of its own. How fast is learned. The maths is `elman.cells.gru_decay` and
    `layers/recurrence/imputation.py`.

    Args:
        units: size of the hidden state.
        activation: phi, of the candidate.
        recurrent_activation: sigma, of the update and reset gates.
        mean: of the features that are observed, one number or one a feature; 0 for scaled data.
        time_feature: whether the last feature of x is the time of the step, which never decreases;
            else steps are 1 apart.
        decay_initializer: of `input_decay` (features,) and `state_decay` (features, units); by
            default uniform between 0 and 1 / sqrt(units), because there is no gradient below zero.
        decay_regularizer, decay_constraint: what penalises them, and what they are put through.
        use_bias: whether there is a bias (3*units,), and one of each decay.
        kernel_initializer: of the kernel (2*features, 3*units), which is for the values and for
            whether they were observed.
        recurrent_initializer, bias_initializer, dropout, recurrent_dropout, seed, the regularizers
            and the constraints: see `SimpleRNN`.
        return_sequences, return_state, go_backwards, unroll, zero_output_for_mask,
            checkpoint_steps, initial_state, layer: see `SimpleRNN`. There is no `stateful`, nor
            `reset_mask`, `bptt_steps` or a stream: what was observed last is no state.

    Raises:
        ArgumentError: times decrease or are missing, or are so large that float32 rounds away what
            is between them, as it does with seconds since 1970.

    Source: Z. Che et al., "Recurrent neural networks for multivariate time series with missing
    values", Scientific Reports 8 (2018).

    >>> import numpy as np
    >>> from elman import layers
    >>> x = np.array([[[0.5, np.nan], [np.nan, 1.0], [np.nan, np.nan]]])
    >>> output = layers.GRUD(4)(x)
    >>> output.shape, bool(np.isfinite(output).all())
    ((1, 4), True)
    """

    cell_class = GRUDCell
    checks = {**GRUDCell.checks, "stateful": _not_stateful}
    fixed = GRUDCell.fixed
    mean = OfCell()
    time_feature = OfCell()
    decay_initializer = OfCell()
    decay_regularizer = OfCell()
    decay_constraint = OfCell()
    input_decay = OfCell()
    state_decay = OfCell()
    input_decay_bias = OfCell()
    state_decay_bias = OfCell()

    def __init__(
        self,
        units: int,
        activation: Any = "tanh",
        recurrent_activation: Any = "sigmoid",
        *,
        mean: Any = 0.0,
        time_feature: bool = False,
        use_bias: bool = True,
        kernel_initializer: Any = "glorot_uniform",
        recurrent_initializer: Any = "orthogonal",
        bias_initializer: Any = "zeros",
        decay_initializer: Any = None,
        kernel_regularizer: Any = None,
        recurrent_regularizer: Any = None,
        bias_regularizer: Any = None,
        decay_regularizer: Any = None,
        activity_regularizer: Any = None,
        kernel_constraint: Any = None,
        recurrent_constraint: Any = None,
        bias_constraint: Any = None,
        decay_constraint: Any = None,
        dropout: float = 0.0,
        recurrent_dropout: float = 0.0,
        seed: int | None = None,
        return_sequences: bool = False,
        return_state: bool = False,
        go_backwards: bool = False,
        unroll: bool = False,
        zero_output_for_mask: bool = False,
        checkpoint_steps: int | None = None,
        initial_state: str | None = None,
        **layer: Any,
    ) -> None:
        super().__init__({**locals(), "stateful": layer.pop("stateful", False)}, layer)
