"""What holds of all sequences, lengths, masks and chunks; in the reference and the kernels."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import elman
from elman import Input, Model, Sequential, kernels, layers
from tests.implementations import ALL
from tests.layers.checks import scramble
from tests.tolerances import EXACT, FLOAT32

pytestmark = pytest.mark.usefixtures("kernels_restored")
KINDS = {"SimpleRNN": layers.SimpleRNN, "GRU": layers.GRU, "LSTM": layers.LSTM}


@st.composite
def problems(draw, least=0):
    """Draw layers, a dtype, and sequences of different lengths with targets per step."""
    lengths = draw(st.lists(st.integers(least, 7), min_size=1, max_size=5))
    return (
        draw(st.sampled_from(sorted(KINDS))),
        draw(st.sampled_from(["float32", "float64"])),
        draw(st.integers(1, 3)),
        lengths,
        max(lengths) + draw(st.integers(0, 2)) or 1,
        draw(st.integers(0, 1000)),
    )


def chain(kind, dtype, features, sequences=True, both=False, **options):
    """Return a stack of two recurrent layers, compiled, of weights that hide nothing."""
    inputs, given = Input((None, features), dtype=dtype), {"dtype": dtype}
    first = KINDS[kind](3, return_sequences=True, **options, **given)
    h = layers.Bidirectional(first, **given)(inputs) if both else first(inputs)
    h = KINDS[kind](2, return_sequences=sequences, **options, **given)(h)
    model = Model(inputs, layers.Dense(2, **given)(h))
    scramble(model)
    model.compile("adam", "mse", metrics=["mae"])
    return model


def padded(problem, fill):
    """Return sequences and targets in padded arrays, the lengths and the mask."""
    _, dtype, features, lengths, timesteps, seed = problem
    generator = np.random.default_rng(seed)
    mask = np.arange(timesteps) < np.array(lengths)[:, None]
    x, y = (
        np.where(mask[..., None], generator.normal(size=(*mask.shape, n)), fill).astype(dtype)
        for n in (features, 2)
    )
    return x, y, np.array(lengths), mask


def listed(array, lengths):
    return [row[:n] for row, n in zip(array, lengths, strict=True)]


def assert_equal(found, wanted):
    for a, b in zip(found, wanted, strict=True):
        assert a.dtype == b.dtype
        np.testing.assert_array_equal(a, b)


def assert_rows_equal(implementation, found, wanted):
    """Check rows of products of other sizes, whose sums BLAS may take in another order."""
    if implementation != "reference":
        np.testing.assert_array_equal(found, wanted)
    tolerance = EXACT if found.dtype == np.float64 else FLOAT32
    np.testing.assert_allclose(found, wanted, rtol=0, atol=tolerance)


def fitted(model, *data, **options):
    elman.utils.set_random_seed(0)
    model.fit(*data, batch_size=2, epochs=2, verbose=0, **options)
    return model.get_weights()


@pytest.mark.parametrize("implementation", ALL)
@settings(max_examples=15)
@given(problem=problems(), both=st.booleans(), fill=st.sampled_from([0.0, 7.0, np.nan, np.inf]))
def test_lengths_and_a_mask_and_a_list_are_the_same_bits(implementation, problem, both, fill):
    kernels.use(implementation)
    x, y, lengths, mask = padded(problem, fill)
    make = lambda: chain(*problem[:3], both=both)  # noqa: E731
    xs, ys = listed(x, lengths), listed(y, lengths)
    model = make()
    found = model.predict(xs, verbose=0)
    for each in (model.predict(x, lengths=lengths, verbose=0), model(x, mask=mask)):
        assert_equal(found, listed(each, lengths))
    weights = fitted(make(), xs, ys)
    assert all(np.isfinite(w).all() for w in weights)
    assert_equal(weights, fitted(make(), x, y, lengths=lengths))
    assert_equal(weights, fitted(make(), x, y, mask=mask))


@pytest.mark.parametrize("implementation", ALL)
@settings(max_examples=15)
@given(problem=problems(), both=st.booleans(), sequences=st.booleans())
def test_a_sample_alone_is_as_in_a_batch(implementation, problem, both, sequences):
    kernels.use(implementation)
    x, _, lengths, _ = padded(problem, np.nan)
    model = chain(*problem[:3], both=both, sequences=sequences)
    together = model.predict(listed(x, lengths), verbose=0)
    for i, n in enumerate(lengths):
        alone = model.predict([x[i, :n]], verbose=0)
        assert_rows_equal(implementation, alone[0], together[i])


@pytest.mark.parametrize("implementation", ALL)
@settings(max_examples=15)
@given(problem=problems(), both=st.booleans(), fill=st.sampled_from([0.0, np.nan]), data=st.data())
def test_a_masked_step_is_one_that_is_not_there(implementation, problem, both, fill, data):
    kernels.use(implementation)
    x, _, _, mask = padded(problem, 1.0)
    mask = data.draw(st.lists(st.lists(st.booleans(), min_size=mask.shape[1],
                                       max_size=mask.shape[1]),
                              min_size=len(mask), max_size=len(mask)))  # fmt: skip
    keep = np.array(mask)
    x = np.where(keep[..., None], x, fill).astype(x.dtype)
    model = chain(*problem[:3], both=both)
    single = chain(*problem[:3], both=both, sequences=False)
    steps, last = model(x, mask=keep), single(x, mask=keep)
    for i, row in enumerate(keep):
        alone = [each.predict([x[i, row]], verbose=0)[0] for each in (model, single)]
        assert_rows_equal(implementation, steps[i, row], alone[0])
        assert_rows_equal(implementation, last[i], alone[1])


@pytest.mark.parametrize("implementation", ALL)
@settings(max_examples=15)
@given(problem=problems(least=1), steps=st.integers(1, 8), sequences=st.booleans())
def test_chunks_give_what_the_whole_gives(implementation, problem, steps, sequences):
    kernels.use(implementation)
    x, _, lengths, _ = padded(problem, np.nan)
    T, whole = x.shape[1], chain(*problem[:3], sequences=sequences)
    chunked = chain(*problem[:3], sequences=sequences, stateful=True)
    parts = [
        chunked(x[:, s : s + steps], lengths=np.clip(lengths - s, 0, min(steps, T - s)))
        for s in range(0, T, steps)
    ]
    wanted = whole(x, lengths=lengths)
    if sequences:
        found = np.concatenate(parts, axis=1)
    else:  # of each sequence that of the chunk in which it ends
        found = [parts[(n - 1) // steps][i] for i, n in enumerate(lengths)]
    for i, n in enumerate(lengths):
        rows = (found[i][:n], wanted[i][:n]) if sequences else (found[i], wanted[i])
        assert_rows_equal(implementation, *rows)


@pytest.mark.parametrize("implementation", ALL)
@settings(max_examples=15)
@given(problem=problems(), more=st.integers(0, 3), sequences=st.booleans())
def test_chunks_as_long_as_the_sequences_are_bptt(implementation, problem, more, sequences):
    kernels.use(implementation)
    x, y, lengths, _ = padded(problem, np.nan)
    xs = listed(x, lengths)
    ys = listed(y, lengths) if sequences else np.nan_to_num(y[:, 0])
    steps = max(1, *lengths) + more
    make = lambda: chain(*problem[:3], sequences=sequences)  # noqa: E731
    assert_equal(fitted(make(), xs, ys, bptt_steps=steps), fitted(make(), xs, ys))


@pytest.mark.parametrize("implementation", ALL)
@settings(max_examples=15)
@given(problem=problems(least=1), steps=st.integers(1, 4))
def test_chunks_are_what_a_loop_by_hand_does(implementation, problem, steps):
    kernels.use(implementation)
    x, y, lengths, _ = padded(problem, np.nan)
    found, by_hand = chain(*problem[:3]), chain(*problem[:3], stateful=True)
    found.fit(x, y, lengths=lengths, bptt_steps=steps, shuffle=False, verbose=0)
    T = lengths.max()
    for s in range(0, T, steps):
        part = slice(s, min(s + steps, T))
        left = np.clip(lengths - s, 0, part.stop - s)
        if steps >= T:
            by_hand.train_on_batch(x, y, lengths=lengths)
        else:
            mask = np.arange(part.stop - s) < left[:, None]
            by_hand.train_on_batch(x[:, part], y[:, part], mask=mask)
    assert_equal(found.get_weights(), by_hand.get_weights())


@pytest.mark.parametrize("implementation", ALL)
@settings(max_examples=10)
@given(problem=problems(), fill=st.integers(0, 8), mask_zero=st.booleans())
def test_what_indices_stand_in_the_padding_does_not_matter(
    implementation, problem, fill, mask_zero
):
    kernels.use(implementation)
    kind, dtype, _, lengths, timesteps, seed = problem
    mask = np.arange(timesteps) < np.array(lengths)[:, None]
    x = np.where(mask, np.random.default_rng(seed).integers(0, 9, mask.shape), fill)
    model = Sequential(
        [
            Input((None,), dtype="int32"),
            layers.Embedding(9, 3, mask_zero=mask_zero, dtype=dtype),
            KINDS[kind](2, return_sequences=True, dtype=dtype),
        ]
    )
    found = model.predict(listed(x, lengths), verbose=0)
    assert_equal(found, listed(model.predict(x, lengths=lengths, verbose=0), lengths))
