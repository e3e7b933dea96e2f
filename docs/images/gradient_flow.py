"""Draw the picture of docs/guides/why_not_learning.md: `python docs/images/gradient_flow.py`."""

from pathlib import Path

import numpy as np

import elman
from elman import layers

HERE = Path(__file__).parent
TIMESTEPS = 60


def main(folder: Path) -> None:
    """Draw how the gradient flows back through a SimpleRNN, and through an LSTM that keeps."""
    elman.utils.set_random_seed(1)
    x = elman.Input((TIMESTEPS, 4))
    rnn, lstm = layers.SimpleRNN(16, name="rnn"), layers.LSTM(32, name="lstm")
    model = elman.Model(x, [rnn(x), lstm(x)])
    lstm.gates["forget"].bias[:] = np.log(TIMESTEPS)
    data = np.random.default_rng(0).normal(size=(64, TIMESTEPS, 4)).astype("float32")
    figure = elman.gradient_flow(model, data).plot()
    figure.savefig(folder / "gradient_flow.png", dpi=100)


if __name__ == "__main__":
    main(HERE)
