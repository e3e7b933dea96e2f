"""Lists, lengths and masks against what Keras computes of the same sequences, padded and masked."""

from pathlib import Path

import numpy as np
import pytest

import elman
from tests.golden import length_cases as cases
from tests.tolerances import KERAS_OUTPUT, KERAS_TRAINING

GOLDEN = np.load(Path(__file__).parents[1] / "golden" / "lengths.npz")
PATTERNS = cases.patterns()
CASES = [(name, pattern) for name in cases.MODELS for pattern in PATTERNS]


def ways(name, pattern):
    """Return the ways in which data may be given: as a list, with lengths, with a mask."""
    mask = PATTERNS[pattern]
    x, y = cases.data(name, mask), cases.target(name)
    noise = x + 5 * ~mask if name == "indices" else np.where(mask[..., None], x, np.nan)
    yield noise % 9 if name == "indices" else noise, y, {"mask": mask}
    if pattern == "behind":
        yield noise % 9 if name == "indices" else noise, y, {"lengths": cases.LENGTHS}
    per_step = y.ndim == 3
    if pattern == "behind" or not per_step:
        rows = [row[keep] for row, keep in zip(x, mask, strict=True)]
        ys = [row[keep] for row, keep in zip(y, mask, strict=True)] if per_step else y
        yield rows, ys, {}


@pytest.mark.parametrize(("name", "pattern"), CASES)
def test_padded_sequences_have_keras_s_numbers(name, pattern):
    mask, key = PATTERNS[pattern], f"{name}/{pattern}"
    for x, y, options in ways(name, pattern):
        model = cases.model(elman, name, False)
        found, wanted = model.predict(x, verbose=0, **options), GOLDEN[f"{key}/y"]
        if wanted.ndim == 3:
            found = np.concatenate(found) if isinstance(found, list) else found[mask]
            wanted = wanted[mask]
        np.testing.assert_allclose(found, wanted, rtol=0, atol=KERAS_OUTPUT)
        losses = [model.train_on_batch(x, y, **options) for _ in range(cases.STEPS)]
        np.testing.assert_allclose(losses, GOLDEN[f"{key}/loss"], rtol=KERAS_TRAINING)
        for i, weight in enumerate(model.get_weights()):
            np.testing.assert_allclose(weight, GOLDEN[f"{key}/w{i}"], rtol=0, atol=KERAS_TRAINING)


def test_chunks_have_the_numbers_of_keras_s_stateful_layers():
    model = cases.cut_up(elman, False)
    model.fit(
        cases.X, cases.Y, shuffle=False, bptt_steps=cases.CHUNK, epochs=cases.EPOCHS, verbose=0
    )
    for i, weight in enumerate(model.get_weights()):
        np.testing.assert_allclose(weight, GOLDEN[f"chunks/w{i}"], rtol=0, atol=KERAS_TRAINING)
