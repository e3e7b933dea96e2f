"""What learns a timestep at a time, as a model has it; `online.py` is imported when asked for."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from elman.models.model import Model
    from elman.models.online import OnlineLearner


def online(
    model: "Model", method: str = "auto", bptt_steps: int = 20, every: int = 1
) -> "OnlineLearner":
    """Return what lets the model learn a timestep at a time, with a state of its own.

    Args:
        method: "rtrl" for the exact gradient, by real-time recurrent learning, "bptt" for that
            through the last timesteps, "auto" for the first where the model is small.
        bptt_steps: how many timesteps "bptt" goes back.
        every: update the weights every so many timesteps.

    Raises:
        UnsupportedError: a layer needs more than the timesteps so far; the message says which.

    See `elman.models.OnlineLearner`, and `train_step(x_t, y_t)`, which needs no learner.
    """
    from elman.models.online import OnlineLearner

    return OnlineLearner(model, method, bptt_steps, every)


def online_learner(model: "Model") -> "OnlineLearner":
    """What `train_step(x_t, y_t)` learns by, made at its first use: `model.online()`.

    Its `reset()` begins a new sequence, and its `state` is what is carried.
    """
    found: OnlineLearner | None = vars(model).get("_online_learner")
    if found is None:
        found = vars(model)["_online_learner"] = online(model)
    return found
