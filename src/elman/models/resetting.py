"""`reset_mask` as an argument of models: of a call, and of what runs over data.

A batch has it as a list of one array, or of none, so that it is cut as the data are.
"""

from typing import TYPE_CHECKING, Any

from elman.errors import ShapeError
from elman.layers.parts import resets
from elman.layers.parts.nesting import with_sublayers
from elman.layers.parts.passes import Mode
from elman.layers.parts.resets import Resets
from elman.models import lengths
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


def into(model: "Model", batch: Batch, reset_mask: Any, cut: bool) -> Batch:
    """Return data with the `reset_mask` that belongs to it.

    Args:
        model: the model.
        batch: the data, as they were entered.
        reset_mask: (samples, timesteps).
        cut: whether it will be cut along the timesteps, of which the layers see a part alone.

    Raises:
        ArgumentError, ShapeError: it is none, or has another number of samples or timesteps.
    """
    found = given(model, reset_mask)
    if found is None:
        return batch
    count = len(batch.x[0])
    if len(found.mask) != count:
        raise ShapeError(
            f"{model.owner}: `reset_mask` must have as many samples as `x`, {count}; got "
            f"{len(found.mask)}."
        )
    wanted, width = lengths.timesteps(model, batch), found.mask.shape[1]
    if cut and wanted and width not in wanted:
        raise ShapeError(
            f"{model.owner}: `reset_mask` must have as many timesteps as `x`, "
            f"{' or '.join(map(str, wanted))}; got {width}."
        )
    return batch._replace(resets=[found.mask])


def of_batch(batch: Batch) -> Resets | None:
    """Return the resets of a batch, None where it has none."""
    return Resets(batch.resets[0]) if batch.resets else None


def mode(of: Mode, batch: Batch) -> Mode:
    """Return the mode in which a batch is run."""
    return of._replace(resets=of_batch(batch)) if batch.resets else of
