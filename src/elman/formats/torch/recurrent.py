"""PyTorch's recurrent modules as layers of elman: `torch.nn.RNN`, `GRU` and `LSTM`."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from elman import _check
from elman._typing import Array
from elman.errors import ArgumentError, ShapeError, UnsupportedError
from elman.formats.torch import filling
from elman.formats.torch.slots import RECURRENT
from elman.formats.torch.state_dicts import Source, entries
from elman.layers import Bidirectional, Layer

CLASSES: dict[str, Any] = {recurrence.module: kind for kind, recurrence in RECURRENT.items()}


class Options(NamedTuple):
    """What a recurrent module of PyTorch's is made with; the names are PyTorch's."""

    cls: str
    input_size: int
    hidden_size: int
    num_layers: int = 1
    nonlinearity: str = "tanh"
    bias: bool = True
    batch_first: bool = False
    bidirectional: bool = False

    def layers(self, dtype: str, *, return_state: bool) -> list[Layer]:
        """Return a layer of elman for each of the module's, the outermost last; not yet built."""
        found = []
        activation = {"activation": self.nonlinearity} if self.cls == "RNN" else {}
        for _ in range(self.num_layers):
            layer = CLASSES[self.cls](
                self.hidden_size, use_bias=self.bias, return_sequences=True,
                return_state=return_state, dtype=dtype, **activation,
            )  # fmt: skip
            found.append(Bidirectional(layer) if self.bidirectional else layer)
        return found

    def sizes(self) -> list[int]:
        """Return how many features each layer reads."""
        between = self.hidden_size * (2 if self.bidirectional else 1)
        return [self.input_size, *[between] * (self.num_layers - 1)]


class TorchRecurrent:
    """A recurrent module of PyTorch's, of elman's layers, called as PyTorch's is.

    Attributes:
        options: what it was made with.
        layers: elman's, one for each of the module's, in their order.

    It computes what PyTorch's module does after `module.eval()`, and is not trained: for that make
    an elman model, see `elman.from_torch` and `elman.load_weights`.
    """

    def __init__(self, options: Options, dtype: str) -> None:
        self.options = options
        self.layers = options.layers(dtype, return_state=True)
        for layer, features in zip(self.layers, options.sizes(), strict=True):
            layer.build((None, None, features))

    def __call__(self, x: Any, h0: Any = None, c0: Any = None) -> tuple[Any, ...]:
        """Run over a sequence.

        Args:
            x: (timesteps, batch, input_size), or (batch, timesteps, input_size) with batch_first.
            h0: (num_layers, batch, hidden_size), twice as many with both directions, those of a
                layer side by side; zeros by default. Of an LSTM also the pair (h0, c0), as
                PyTorch's module takes it.
            c0: likewise, of an LSTM; both are given, or none.

        Returns:
            The outputs of the last layer at all timesteps, as `x` lies, then hn, and of an LSTM cn:
            y, hn, cn, or y, (hn, cn) where the states came as a pair.

        Raises:
            ShapeError: a shape does not fit.
        """
        x = self._sequence(x)
        pair = self.options.cls == "LSTM" and isinstance(h0, tuple) and len(h0) == 2 and c0 is None
        if pair:
            h0, c0 = h0
        given = self._states(x.shape[0], h0, c0)
        finals: list[list[Array]] = []
        width = 2 if self.options.bidirectional else 1
        for i, layer in enumerate(self.layers):
            initial = [s[i * width + d] for d in range(width) for s in given] or None
            x, *states = layer(x, initial_state=initial)  # type: ignore[call-arg]
            count = len(states) // width
            finals += [states[d * count : (d + 1) * count] for d in range(width)]
        y = x if self.options.batch_first else np.swapaxes(x, 0, 1)
        final = tuple(np.stack(state) for state in zip(*finals, strict=True))
        return (y, final) if pair else (y, *final)

    def _sequence(self, x: Any) -> Array:
        """Return x as elman has it, batch first."""
        x = np.asarray(x)
        axes = "batch, timesteps" if self.options.batch_first else "timesteps, batch"
        if x.ndim != 3 or x.shape[2] != self.options.input_size or 0 in x.shape:
            raise ShapeError(
                f"{self.options.cls}: `x` must have shape ({axes}, "
                f"input_size={self.options.input_size}) with none of them 0; got {x.shape}."
            )
        return x if self.options.batch_first else np.swapaxes(x, 0, 1)

    def _states(self, batch: int, h0: Any, c0: Any) -> list[Array]:
        """Return the states that were given, checked."""
        cls, given = self.options.cls, [np.asarray(s) for s in (h0, c0) if s is not None]
        if given and len(given) != (2 if cls == "LSTM" else 1):
            rule = "be given together with `h0`" if cls == "LSTM" else f"be None for a module {cls}"
            got = "none" if c0 is None else "one"
            fix = " Give both, or the pair (h0, c0)." if cls == "LSTM" else ""
            raise ArgumentError(f"{cls}: `c0` must {rule}; got {got}.{fix}")
        rows = self.options.num_layers * (2 if self.options.bidirectional else 1)
        for name, state in zip(("h0", "c0"), given, strict=False):
            if state.shape != (rows, batch, self.options.hidden_size):
                raise ShapeError(
                    f"{cls}: `{name}` must have shape (num_layers * directions={rows}, "
                    f"batch={batch}, hidden_size={self.options.hidden_size}); got {state.shape}."
                )
        return given

    def __repr__(self) -> str:
        """The options that are not PyTorch's defaults."""
        usual = self.options._field_defaults
        more = [f"{n}={v!r}" for n, v in self.options._asdict().items() if usual.get(n, v) != v]
        sizes = [str(self.options.input_size), str(self.options.hidden_size)]
        return f"<TorchRecurrent {self.options.cls}({', '.join(sizes + more)})>"


def load_torch(
    filepath: Source, cls: str, *, input_size: int, hidden_size: int,
    num_layers: int = 1, nonlinearity: str = "tanh", bias: bool = True, batch_first: bool = False,
    dropout: float = 0.0, bidirectional: bool = False, proj_size: int = 0, prefix: str = "",
) -> TorchRecurrent:  # fmt: skip
    """Read a `torch.nn.RNN`, `GRU` or `LSTM` from the file of its state_dict.

    Args:
        filepath: a file, see `elman.load_state_dict`, or what `module.state_dict()` returned.
        cls: "RNN", "GRU" or "LSTM".
        input_size, hidden_size, num_layers, nonlinearity, bias, batch_first, bidirectional: what
            the module was made with.
        dropout: without effect, as in PyTorch after `module.eval()`.
        proj_size: 0; elman has no projections.
        prefix: of the entries to take, "encoder." for the module `encoder` of a bigger one.

    Returns:
        What is called as the module is, `y, hn = m(x, h0)`, or `y, (hn, cn) = m(x, (h0, c0))`; an
        LSTM without the pair returns `y, hn, cn`.

    Raises:
        FormatError: the file does not hold the weights of such a module.
        UnsupportedError: the module has projections.
        ArgumentError: there is no such file or prefix.

    >>> import elman
    >>> layer = elman.layers.GRU(4)
    >>> y = layer([[[1.0, 2.0, 3.0]]])
    >>> weights = elman.state_dict(layer, [""])
    >>> y, hn = load_torch(weights, "GRU", input_size=3, hidden_size=4)(np.zeros((10, 2, 3)))
    >>> y.shape, hn.shape
    ((10, 2, 4), (1, 2, 4))
    """
    _check_absent(dropout, proj_size)
    sizes = input_size, hidden_size, num_layers
    options = _checked(Options(cls, *sizes, nonlinearity, bias, batch_first, bidirectional))
    return _filled(options, *entries("load_torch", filepath, prefix))


def _check_absent(dropout: Any, proj_size: Any) -> None:
    """Check what a module may be made with and elman leaves out."""
    _check.number("load_torch", "dropout", dropout, low=0, high=1)
    if proj_size != 0:
        raise UnsupportedError(
            "load_torch: `proj_size` must be 0, because elman has no projections; got "
            f"{proj_size!r}."
        )


def _checked(options: Options) -> Options:
    """Return what a module was made with, checked."""
    owner = "load_torch"
    _check.one_of(owner, "cls", options.cls, CLASSES)
    known = ("tanh", "relu") if options.cls == "RNN" else ("tanh",)
    _check.one_of(owner, "nonlinearity", options.nonlinearity, known)
    found: dict[str, Any] = {}
    for name in ("input_size", "hidden_size", "num_layers"):
        found[name] = _check.integer(owner, name, getattr(options, name))
    for name in ("bias", "batch_first", "bidirectional"):
        found[name] = _check.flag(owner, name, getattr(options, name))
    return options._replace(**found)


def _filled(options: Options, where: str, arrays: Mapping[str, Array]) -> TorchRecurrent:
    """Return a module with its weights."""
    double = any(array.dtype == np.float64 for array in arrays.values())
    module = TorchRecurrent(options, "float64" if double else "float32")
    owner = "load_torch"
    layers = [each for layer in module.layers for each in filling.wanted(owner, layer)]
    filling.fill(where, arrays, layers, filling.named(owner, layers, [""] * len(layers)))
    return module
