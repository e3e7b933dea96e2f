"""`reset_mask` as an argument of models: of a call, and of what runs over data.

A batch has it as a list of one array, or of none, so that it is cut as the data are.
"""

from typing import TYPE_CHECKING, Any

from elman.errors import ShapeError, UnsupportedError
from elman.layers.parts import resets
from elman.layers.parts.nesting import with_sublayers
from elman.layers.parts.passes import Mode
from elman.layers.parts.resets import Resets
from elman.models.batches import Batch

if TYPE_CHECKING:
    from elman.models.model import Model


def given(model: "Model", reset_mask: Any) -> Resets | None:
    """Return the `reset_mask` of a call as resets, None for None.

    Raises:
        ArgumentError, ShapeError: it is none, or no layer here would heed it.
    """
    if reset_mask is not None:
        resets.check_heard(model.owner, with_sublayers(model))
    return resets.given(model.owner, reset_mask)


def into(model: "Model", batch: Batch, reset_mask: Any) -> Batch:
    """Return data with the `reset_mask` that belongs to it.

    Raises:
        ArgumentError, ShapeError: it is none, or has another number of samples.
        UnsupportedError: the model takes its steps itself, which do not know of it.
    """
    found = given(model, reset_mask)
    if found is None:
        return batch
    anew = model.steps_anew & {"train_step", "test_step", "predict_step"}
    if anew:
        raise UnsupportedError(
            f"{model.owner}: `reset_mask` must be left out where the class has a `{min(anew)}` of "
            "its own, which would not see it. Make it an `Input` of the model, and give it to the "
            "layers: `layer(x, reset_mask=r)`."
        )
    count = len(batch.x[0])
    if len(found.mask) != count:
        raise ShapeError(
            f"{model.owner}: `reset_mask` must have as many samples as `x`, {count}; got "
            f"{len(found.mask)}."
        )
    return batch._replace(resets=[found.mask])


def mode(of: Mode, batch: Batch) -> Mode:
    """Return the mode in which a batch is run."""
    return of._replace(resets=Resets(batch.resets[0])) if batch.resets else of
