"""One batch at a time: `train_on_batch`, `test_on_batch` and `predict_on_batch`."""

from functools import partial
from typing import TYPE_CHECKING, Any

from elman.models import own_steps
from elman.models.data import Adapter
from elman.models.lengths import is_listed
from elman.models.steps import compiled, test_step, train_step
from elman.models.training import outputs_of, packed
from elman.models.truncated import Truncated

if TYPE_CHECKING:
    from elman.models.model import Model


def train_on_batch(
    model: "Model",
    x: Any,
    y: Any = None,
    sample_weight: Any = None,
    class_weight: dict[int, float] | None = None,
    return_dict: bool = False,
    nan: str = "allow",
    lengths: Any = None,
    mask: Any = None,
    bptt_steps: int | None = None,
    reset_mask: Any = None,
) -> Any:
    """Take one step of training on one batch, and return its loss and metrics.

    With `bptt_steps` it is a step a chunk; see `fit`.
    """
    compiled(model)
    model.reset_metrics()
    adapter = Adapter(model, nan, beside={"lengths": lengths, "mask": mask})
    truncated = None if bptt_steps is None else Truncated(model, bptt_steps)
    adapter.settled = truncated is None
    batch = adapter.one(x, y, sample_weight, class_weight, reset_mask)
    if "train_step" in model.steps_anew:
        return packed(own_steps.take(model, "train_step", batch, alone=True)(), return_dict)
    (truncated or partial(train_step, model))(batch)
    return packed(own_steps.results(model)(), return_dict)


def test_on_batch(
    model: "Model",
    x: Any,
    y: Any = None,
    sample_weight: Any = None,
    return_dict: bool = False,
    nan: str = "allow",
    lengths: Any = None,
    mask: Any = None,
    reset_mask: Any = None,
) -> Any:
    """Return the loss and metrics of one batch."""
    compiled(model)
    model.reset_metrics()
    adapter = Adapter(model, nan, beside={"lengths": lengths, "mask": mask})
    batch = adapter.one(x, y, sample_weight, None, reset_mask)
    if "test_step" in model.steps_anew:
        return packed(own_steps.take(model, "test_step", batch, alone=True)(), return_dict)
    test_step(model, batch)
    return packed(own_steps.results(model)(), return_dict)


def predict_on_batch(
    model: "Model", x: Any, lengths: Any = None, mask: Any = None, reset_mask: Any = None
) -> Any:
    """Return the outputs for one batch; the arguments are those of `predict`."""
    own = "predict_step" in model.steps_anew
    if not own and lengths is mask is reset_mask is None and not is_listed(model, x):
        return model(x)
    adapter = Adapter(model, cut=False, beside={"lengths": lengths, "mask": mask})
    batch = adapter.one(x, None, None, None, reset_mask)
    if not own:
        return model.pack_outputs(outputs_of(model, batch))
    take, pack = own_steps.predicting(model, alone=True)
    return pack(take(batch))
