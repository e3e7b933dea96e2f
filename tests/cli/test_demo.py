"""`elman demo` prints the right numbers, on any terminal; its picture shows the right gradients."""

import contextlib
import io
import re

import numpy as np
import pytest
from rich.console import Console

from elman import layers
from elman.cli import by_hand, demo, picture, recall
from elman.models import Sequential
from tests.gradcheck import assert_gradient


def ascii_console():
    """Return a console whose file takes no character beyond ASCII, and that file."""
    file = io.TextIOWrapper(io.BytesIO(), encoding="ascii", errors="strict", write_through=True)
    return Console(file=file, width=60), file


@pytest.fixture(scope="module")
def printed():
    """What the whole demo prints on a narrow terminal that knows ASCII alone."""
    console, file = ascii_console()
    with contextlib.redirect_stdout(file):
        demo.run(console)
    return file.buffer.getvalue().decode("ascii")


def number(text, label):
    """Return the numbers behind a label."""
    line = next(line for line in text.splitlines() if line.strip(" |").startswith(label))
    return [float(n) for n in re.findall(r"-?\d+\.\d+(?:e-?\d+)?", line.partition(label)[2])]


def test_demo_fits_into_a_narrow_terminal_without_unicode(printed):
    assert max(map(len, printed.splitlines())) <= 60


def test_demo_gives_the_first_halfs_numbers(printed):
    assert re.search(r"output +\[\[6\.445161 2\.715219\]\]", printed)
    assert re.search(r"state +\[\[6\.445161 2\.715219\]\]", printed)
    assert "Total params: 10 (40.00 B)" in printed
    assert re.search(r"\[1\] +recurrent_kernel +\(2, 2\) +\[\[ 0\.4672321", printed)


def test_demo_trains_the_second_half_below_the_notebooks_loss(printed):
    assert number(printed, "loss at epoch 16000") == [2.33e-05]
    assert number(printed, "smallest sum of squares") == [1.8008]
    assert "they agree" in printed
    logged = [number(printed, f"epoch {epoch:>5}")[0] for epoch in range(0, 16001, 4000)]
    assert logged == sorted(logged, reverse=True)
    assert logged[-1] <= 2.3e-5
    assert np.round(number(printed, "prediction")).tolist() == [0, 1, 2]


def test_demo_shows_how_far_the_gradient_reaches(printed):
    told = " ".join(printed.split())
    found = re.search(r": (\d+)% of it is left at step 5.* brings (\d+)% .* and (\d+)% fur", told)
    untrained, kept, beyond = map(int, found.groups())
    assert kept > 80
    assert untrained < 20
    assert beyond < 20


def test_demo_ends_with_a_forecast_that_beats_the_baselines(printed):
    network, last_value, season = (
        number(printed, label)[0] for label in ("network", "last value", "one season ago")
    )
    assert network < min(last_value, season)


def test_printed_loop_takes_the_shared_weights_apart():
    loss, Wx, Wa = by_hand.printed_loop()
    assert loss == pytest.approx(2.3259975522811523e-05, rel=1e-6)
    assert Wx.shape == Wa.shape == (3,)
    assert min(np.ptp(Wx), np.ptp(Wa)) > 1


def test_gradients_in_the_picture_are_those_of_the_loss():
    memory = layers.GRU(3, dtype="float64")
    readout = layers.Dense(1, dtype="float64")
    net = recall.Net(Sequential([layers.Input((12, 2)), memory, readout]), memory, readout)
    memory.set_weights([w + 0.1 for w in memory.get_weights()])  # no bias is zero
    x, y = (array.astype(np.float64) for array in recall.example())
    inside = recall.look_inside(net, x, y)

    def loss(x, state=None):
        h = state if x.shape[1] == 0 else memory(x, initial_state=state)
        return float(np.square(readout(h) - y).item())

    assert inside.loss == pytest.approx(loss(x))
    assert_gradient(loss, x.copy(), inside.dx[None])
    for t in range(12):
        after_t = x[:, t + 1 :]
        state = inside.states[None, t].copy()
        assert_gradient(lambda h, x=after_t: loss(x, h), state, inside.dstates[None, t])


def test_bars_tell_size_by_height_and_sign_by_glyph_and_colour():
    line = picture.bars("h", [1.0, -0.5, 0.01], 1.0, picture.UNICODE)
    assert line.plain == "h          +█  -▄   ·"
    assert [str(span.style) for span in line.spans] == ["yellow", "cyan", "dim"]
    assert picture.bars("h", [1.0, -0.5, 0.01], 1.0, picture.ASCII).plain.split() == [
        *("h", "+8", "-4", "."),
    ]


def test_a_number_that_is_not_finite_is_shown_as_broken():
    assert picture.bars("h", [np.nan, np.inf], 1.0, picture.ASCII).plain.split() == ["h", "!", "!"]


def test_chart_columns_are_as_high_as_their_share_of_one():
    lines = picture.chart("size", [1.0, 0.5, 0.0], 2, picture.ASCII)
    assert [line.plain for line in lines] == [
        "size   1    8",
        "            8   8",
        "       0 ------------",
    ]


def test_pictures_of_the_demo_fit_into_60_columns():
    assert len(picture.axis(recall.TIMESTEPS).plain) <= 60


def test_a_console_without_unicode_gets_ascii_glyphs():
    assert picture.glyphs(ascii_console()[0]) is picture.ASCII
    assert picture.glyphs(Console(file=io.StringIO())) is picture.UNICODE
