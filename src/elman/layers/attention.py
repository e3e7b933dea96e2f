"""Attention and AdditiveAttention: a mean of values for each query, weighted by how keys fit it.

S = scores of queries and keys      (B, Tq, Tv), see `elman.layers.attention_scores`
S_ij = S_ij - 1e9                   where the value j is masked, or later than i and `causal`
P = softmax of S along j            dS = P (dP - sum_j dP P)
A = P times a dropout mask          dP = dA times that mask
y = A V                             dA = dy V^T, dV = A^T dy
y_i = 0                             where the query i is masked
"""

from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np

from elman import _check, activations, draws, fused
from elman._typing import Array, Mask, Shape
from elman.errors import ArgumentError, ShapeError
from elman.layers.attention_scores import additive, d_additive, d_multiplicative, multiplicative
from elman.layers.base import Layer
from elman.layers.parts import calling, settings
from elman.layers.parts.passes import Arrays, Masks, Mode
from elman.layers.parts.symbolic import NO_OPTIONS, Options
from elman.parameters import Weight

SCORES, CAUSAL = "return_attention_scores", "use_causal_mask"  # arguments of a call
FAR = 1e9  # what a masked score is lowered by, as in Keras


class Attention(Layer):
    """Give each query a mean of the values, weighted by how well their keys fit it.

    Args:
        use_scale: whether scores are multiplied by a weight, `scale`, which is learned.
        score_mode: "dot", the product of query and key, or "concat", the sum of
            tanh(query + key), times a weight that is learned.
        dropout: share of the weights of the mean to drop in training, in [0, 1).
        seed: of dropout.
        options: `name`, `dtype`, `trainable`.

    Called with `[query, value]` or `[query, value, key]`; without keys the values are keys too.

    >>> import numpy as np
    >>> from elman import layers
    >>> query, value = np.zeros((2, 5, 3)), np.ones((2, 7, 3))
    >>> layers.Attention()([query, value]).shape
    (2, 5, 3)

    Source: M.-T. Luong, H. Pham and C. Manning, "Effective Approaches to Attention-based Neural
    Machine Translation", EMNLP 2015.
    """

    checks = {
        "use_scale": _check.flag,
        "score_mode": partial(_check.one_of, choices=("dot", "concat")),
        "dropout": _check.rate,
        "seed": _check.seed,
    }
    fixed = ("use_scale", "score_mode")
    seed = settings.Seed()
    generator: "np.random.Generator"

    def __init__(
        self,
        use_scale: bool = False,
        score_mode: str = "dot",
        dropout: float = 0.0,
        seed: int | None = None,
        **options: Any,
    ) -> None:
        super().__init__(**options)
        self.use_scale = use_scale
        self.score_mode = score_mode
        self.dropout = dropout
        self.seed = seed
        self.scale: Weight | None = None
        self.concat_score_weight: Weight | None = None

    def __call__(
        self,
        inputs: Any,
        mask: Any = None,
        training: bool | None = None,
        return_attention_scores: bool = False,
        use_causal_mask: bool = False,
    ) -> Any:
        """Attend.

        Args:
            inputs: `[query, value]` or `[query, value, key]`: (batch, Tq, features),
                (batch, Tv, …) and (batch, Tv, features), arrays or symbolic tensors.
            mask: `[query_mask, value_mask]`, (batch, Tq) and (batch, Tv), either may be None. What
                a query that does not count would get is zero; a value that does not has no weight.
            training: whether dropout is active.
            return_attention_scores: whether the weights (batch, Tq, Tv) are returned too.
            use_causal_mask: whether query i sees the values up to i alone.

        Raises:
            ShapeError: the inputs or masks do not go together.
        """
        if not isinstance(inputs, (list, tuple)):
            raise ArgumentError(
                f"{self.owner}: `inputs` must be a list [query, value] or [query, value, key]; got "
                f"{type(inputs).__name__}."
            )
        if mask is not None:
            if not isinstance(mask, (list, tuple)) or len(mask) not in (2, 3):
                raise ArgumentError(
                    f"{self.owner}: `mask` must be a list [query_mask, value_mask], of which "
                    f"either may be None; got {type(mask).__name__}."
                )
            mask = _each(mask, len(inputs))
        flags = {SCORES: return_attention_scores, CAUSAL: use_causal_mask}
        flags = {name: _check.flag(self.owner, name, flag) for name, flag in flags.items()}
        options = {name: flag for name, flag in flags.items() if flag}
        return calling.call(self, list(inputs), (), mask, training, options)

    def create_weights(self, shapes: list[Shape]) -> None:
        """Make the scale () and the weight of a sum ()."""
        if self.use_scale:
            self.scale = self.add_weight((), "ones", name="scale")
        if self.score_mode == "concat":
            self.concat_score_weight = self.add_weight((), "ones", name="concat_score_weight")

    def check_shapes(self, shapes: list[Shape]) -> None:
        """Check that queries, values and keys go together."""
        if len(shapes) not in (2, 3):
            raise ShapeError(
                f"{self.owner}: `inputs` must be a list [query, value] or [query, value, key]; got "
                f"{len(shapes)} arrays."
            )
        q, v, k = (*shapes, shapes[1])[:3]
        rank = len(q)
        fits = rank > 2 and len(v) == len(k) == rank and _agree(q[-1], k[-1])
        if not fits or not all(map(_agree, (*q[:-2], *k[:-1]), (*v[:-2], *v[:-1]))):
            shown = ", ".join(str(shape) for shape in shapes)
            raise ShapeError(
                f"{self.owner}: `inputs` must have shapes (batch, Tq, features), (batch, Tv, …) "
                f"and for keys (batch, Tv, features); got {shown}."
            )

    def check_mask(self, mask: Shape, x: Shape) -> None:
        """Check that a mask has all axes of its input but the last."""
        if len(mask) != len(x) - 1 or not all(map(_agree, mask, x)):
            raise ShapeError(f"{self.owner}: `mask` must have shape {x[:-1]}; got {mask}.")

    def as_masks(self, mask: Any, arrays: Sequence[Array]) -> Masks:
        """Return the masks of query and value, and None for the key."""
        return super().as_masks(_each(mask, len(arrays)), arrays)

    def output_shapes(self, shapes: list[Shape], options: Options = NO_OPTIONS) -> list[Shape]:
        """Return (batch, Tq, features of the values), and the shape (batch, Tq, Tv) of weights."""
        q, v = shapes[:2]
        return [(*q[:-1], v[-1]), *[(*q[:-1], v[-2])] * options.get(SCORES, False)]

    def scores(self, q: Array, k: Array) -> tuple[Array, Any]:
        """Return the scores (batch, Tq, Tv), and what their gradient needs."""
        c = None if self.scale is None else self.scale.array
        if self.concat_score_weight is None:
            return multiplicative(q, k, c)
        return additive(q, k, self.concat_score_weight.array, c)

    def d_scores(self, dS: Array, cache: Any) -> tuple[Array, Array, list[Array]]:
        """Return dq, dk and the gradients of the weights."""
        if self.concat_score_weight is None:
            dq, dk, dc = d_multiplicative(dS, cache)
            return dq, dk, [] if dc is None else [dc]
        dq, dk, dv, dc = d_additive(dS, cache)
        return dq, dk, [d for d in (dc, dv) if d is not None]

    def forward(
        self, inputs: Arrays, masks: Masks, mode: Mode, options: Options = NO_OPTIONS
    ) -> tuple[Arrays, Any]:
        """Return the means of the values, and the weights if they are wanted."""
        self.check_shapes([x.shape for x in inputs])  # known only now where an axis was open
        q, v = inputs[:2]
        for mask, x in zip(masks[:2], inputs, strict=False):
            if mask is not None:
                self.check_mask(mask.shape, x.shape)
        S, cache = self.scores(q, inputs[-1])
        keep = _keep(masks[1], S, options.get(CAUSAL, False))
        if keep is not None:
            S = np.where(keep, S, S - S.dtype.type(FAR))
        P = fused.activate(activations.softmax, S)
        drop = None
        if mode.training and self.dropout:
            drop = draws.dropout(self.generator, self.dropout, P.shape, P.dtype)
        A = P if drop is None else P * drop
        y = A @ v
        if masks[0] is not None:
            y = np.where(masks[0][..., None], y, y.dtype.type(0))
        tape = (cache, S, P, drop, A, v, masks[0], len(inputs))
        return (y, A) if options.get(SCORES) else (y,), tape

    def backward(self, tape: Any, doutputs: Arrays) -> tuple[Arrays, list[Array]]:
        """Return the gradients of query, value and key, and of the weights."""
        cache, S, P, drop, A, v, query_mask, count = tape
        dy, *dscores = doutputs
        if query_mask is not None:
            dy = np.where(query_mask[..., None], dy, dy.dtype.type(0))
        dA = dy @ v.swapaxes(-1, -2)
        for d in dscores:
            dA = dA + d
        dP = dA if drop is None else dA * drop
        dS = fused.derive(activations.softmax, dP, S, P)
        dq, dk, dweights = self.d_scores(dS, cache)
        dv = A.swapaxes(-1, -2) @ dy
        return (dq, dv, dk) if count == 3 else (dq, dv + dk), dweights


class AdditiveAttention(Attention):
    """Give each query a mean of the values, weighted by sums of tanh(query + key).

    Args:
        use_scale: whether the features of a sum have weights, `scale`, which are learned.
        dropout: share of the weights of the mean to drop in training, in [0, 1).
        seed: of dropout.
        options: `name`, `dtype`, `trainable`.

    Called as `Attention` is.

    >>> import numpy as np
    >>> from elman import layers
    >>> query, value = np.zeros((2, 5, 3)), np.ones((2, 7, 3))
    >>> layers.AdditiveAttention()([query, value]).shape
    (2, 5, 3)

    Source: D. Bahdanau, K. Cho and Y. Bengio, "Neural Machine Translation by Jointly Learning to
    Align and Translate", ICLR 2015.
    """

    def __init__(
        self,
        use_scale: bool = True,
        dropout: float = 0.0,
        seed: int | None = None,
        **options: Any,
    ) -> None:
        super().__init__(use_scale=use_scale, dropout=dropout, seed=seed, **options)

    def create_weights(self, shapes: list[Shape]) -> None:
        """Make the scale (features,)."""
        if self.use_scale:
            self.scale = self.add_weight((shapes[0][-1],), "glorot_uniform", name="scale")

    def check_shapes(self, shapes: list[Shape]) -> None:
        """Check that queries, values and keys go together, and with the scale."""
        super().check_shapes(shapes)
        if self.use_scale and not (
            shapes[0][-1] if self.scale is None else shapes[0][-1] in (None, len(self.scale))
        ):
            known = "" if self.scale is None else f"={len(self.scale)}"
            raise ShapeError(
                f"{self.owner}: `inputs` must have queries of shape (batch, Tq, features{known}); "
                f"got {shapes[0]}."
            )

    def scores(self, q: Array, k: Array) -> tuple[Array, Any]:
        """Return the scores (batch, Tq, Tv), and what their gradient needs."""
        return additive(q, k, None if self.scale is None else self.scale.array, None)

    def d_scores(self, dS: Array, cache: Any) -> tuple[Array, Array, list[Array]]:
        """Return dq, dk and the gradient of the scale."""
        dq, dk, dv, _ = d_additive(dS, cache)
        return dq, dk, [] if dv is None else [dv]


def _each(mask: Any, count: int) -> Any:
    """Return a list of two masks, or three, with one entry an input."""
    return [*mask, None][:count] if isinstance(mask, (list, tuple)) else mask


def _agree(one: Any, other: Any) -> bool:
    """Say whether two sizes may be one."""
    return one is None or other is None or one == other


def _keep(value_mask: Mask | None, S: Array, causal: bool) -> Mask | None:
    """Return which scores count, of a shape that can be repeated to theirs; None for all."""
    keep = None if value_mask is None else value_mask[..., None, :]
    if not causal:
        return keep
    before: Mask = np.tri(*S.shape[-2:], dtype=np.bool_)  # j <= i
    return before if keep is None else keep & before
