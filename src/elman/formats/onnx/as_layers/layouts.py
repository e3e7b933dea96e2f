"""What lies in an ONNX file's inputs and outputs, as arrays of the model that was made of it.

The model's are (batch, timesteps, features), one of each direction; the file's have these axes in
any order, and directions as an axis: see `elman.formats.onnx.as_layers.values`.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from elman._typing import Array
from elman.formats.onnx.as_layers.values import Tensor, ordered
from elman.formats.onnx.file import Spec


class Place(NamedTuple):
    """An input or output of a file.

    Attributes:
        spec: its name, shape and dtype.
        tensor: the axes that it has, and the model's tensors that it is.
    """

    spec: Spec
    tensor: Tensor


class Layouts(NamedTuple):
    """The inputs and outputs of a file, in its order, which is the model's too.

    Attributes:
        inputs, outputs: where each lies.
        batch: the only batch that the file takes, None for any.
    """

    inputs: tuple[Place, ...]
    outputs: tuple[Place, ...]
    batch: int | None

    def to_file(self, arrays: Sequence[Array]) -> dict[str, Array]:
        """Return what the file takes, by name, for what the model takes."""
        found, left = {}, list(arrays)
        for spec, (parts, axes, *_) in self.inputs:
            own, left = left[: len(parts)], left[len(parts) :]
            have = ordered(axes)
            array = own[0]
            if "D" in axes:
                have, array = "D" + have, np.stack(own)
            turned = np.transpose(array, [have.index(axis) for axis in axes])
            found[spec.name] = turned.astype(spec.dtype or array.dtype)
        return found

    def to_model(self, arrays: Sequence[Array]) -> list[Array]:
        """Return what the model puts out where the file puts these out."""
        found: list[Array] = []
        for (_, (parts, axes, merged, *_)), array in zip(self.outputs, arrays, strict=True):
            plain = ordered(axes)
            want = plain[:-1] + "D" + plain[-1:] if merged else "D" + plain
            want = want if "D" in axes else plain
            turned = np.transpose(array, [axes.index(axis) for axis in want])
            if "D" not in axes:
                found.append(turned)
            elif merged:  # the features of both directions, side by side
                found.append(turned.reshape(*turned.shape[:-2], -1))
            else:
                found += [turned[i] for i in range(len(parts))]
        return found
