import numpy as np
import pytest

import elman
from elman import Input, Model, layers
from elman.callbacks import TraceCallback
from elman.errors import ArgumentError
from tests.layers.checks import normal

X, Y = normal(8, 5, 2).astype("float32"), normal(8, 1).astype("float32")


def two_outputs():
    elman.utils.set_random_seed(1)
    x = Input((5, 2))
    h = layers.LSTM(3, dropout=0.2, name="lstm")(x)
    model = Model(x, [layers.Dense(1, name="a")(h), layers.Dense(1, name="b")(h)])
    model.compile("adam", "mse", metrics=[["mae"], ["mae"]])
    return model


def fitted(*callbacks):
    model = two_outputs()
    options = {"epochs": 3, "batch_size": 4, "verbose": 0, "callbacks": callbacks}
    return model, model.fit(X, [Y, Y], **options).history


def test_it_traces_every_so_many_epochs():
    seen = TraceCallback(X[:2], [Y[:2], Y[:2]], every=2)
    fitted(seen)
    assert seen.steps == [0, 2]
    first, last = (trace["lstm"].forget for trace in seen.traces)
    assert first.shape == (2, 5, 3)
    assert np.abs(first - last).max() > 0


@pytest.mark.parametrize("per", ["epoch", "batch"])
def test_a_model_learns_as_it_would_without(per):
    """What is reported too: no mean of an epoch under way sees a trace."""
    plain, history = fitted()
    watched, seen = fitted(TraceCallback(X[:2], [Y[:2], Y[:2]], per=per))
    assert history == seen
    for one, other in zip(plain.get_weights(), watched.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


def test_of_batches_it_counts_all():
    seen = TraceCallback(X[:1], every=2, per="batch", reduce=lambda trace: trace["lstm"].h.shape)
    fitted(seen)
    assert seen.steps == [0, 2, 4]
    assert seen.traces == [(1, 5, 3)] * 3


def test_traces_go_to_files(tmp_path):
    seen = TraceCallback(X[:1], every=2, path=tmp_path / "new" / "{step:02d}.npz")
    fitted(seen)
    assert seen.traces == []
    assert [p.name for p in sorted((tmp_path / "new").iterdir())] == ["00.npz", "02.npz"]
    with np.load(tmp_path / "new" / "02.npz") as file:
        assert file["lstm/c"].shape == (1, 5, 3)


def test_what_is_wrong_is_said():
    with pytest.raises(ArgumentError, match="`per` must be one of 'epoch', 'batch'; got 'step'"):
        TraceCallback(X, per="step")
    with pytest.raises(ArgumentError, match="`every` must be a positive integer; got 0"):
        TraceCallback(X, every=0)
    with pytest.raises(ArgumentError, match=r"`path` must have \{step\} in it.*got 'a.npz'"):
        TraceCallback(X, path="a.npz")
    with pytest.raises(ArgumentError, match=r"`path` must end in '.npz'; got 't/\{step\}.h5'"):
        TraceCallback(X, path="t/{step}.h5")
    with pytest.raises(ArgumentError, match="`path` must be a path; got 3"):
        TraceCallback(X, path=3)
    with pytest.raises(ArgumentError, match="`reduce` must be a function of a trace; got 'mean'"):
        TraceCallback(X, reduce="mean")
    with pytest.raises(ArgumentError, match="`reduce` and `path` must be left out; got both"):
        TraceCallback(X, path="{step}.npz", reduce=len)
