"""`elman inspect`: what it prints, the page that it writes, and how it fails."""

import re
import subprocess
import sys

import numpy as np
import pytest

import elman as package
from elman import Input, Model, Sequential, layers
from tests.cli.conftest import rows, write
from tests.layers.checks import normal

TRAIN = ("load.csv", "--target", "load", "--time", "hour", "--units", "4", "--epochs", "1", "-q")


@pytest.fixture
def forecaster(elman, load):
    """Return a model of load.csv, which reads 20 hours of load and wind."""
    assert elman("train", *TRAIN, "--features", "wind", "--lookback", 20).exit_code == 0
    return load.parent / "load.keras"


def saved(*inside, name="net", **compile):
    package.utils.clear_session()
    package.utils.set_random_seed(0)
    model = Sequential([Input((None, 2)), *inside], name=name)
    if compile:
        model.compile("adam", **compile)
    model.save(f"{name}.keras")
    return model


def heatmaps(text):
    """Return the titles of the heatmaps in what was printed, with their lines."""
    found = re.findall(r"^(\S.*, scale -?\S+ to \S+.*)\n((?:  .*\n)+)", text, re.MULTILINE)
    return {title: lines.splitlines() for title, lines in found}


def test_a_forecast_s_latest_window_is_shown_with_gates_and_gradients(elman, forecaster):
    result = elman("inspect", "load.keras", "load.csv")
    assert result.exit_code == 0
    assert result.stdout.startswith("load.keras on load.csv, lines 101 to 120. Loss ")
    assert "Weights by gate" in result.stdout
    assert re.search(r"^Diagnosis\nModel 'forecaster': ", result.stdout, re.MULTILINE)
    assert re.search(r"recurrent_1 +forget +0\.\d+ +0\.\d+ +0\.\d+ +0% +0%", result.stdout)
    found = heatmaps(result.stdout)
    assert [title.split(",")[0] for title in found] == [
        "The input sequence", "integrated gradients of output 0 of Model 'forecaster'",
        "recurrent_1: hidden state h", "recurrent_1: dL/d(h)",
    ]  # fmt: skip
    lines = next(iter(found.values()))
    assert [line.split()[0] for line in lines] == ["load", "wind", "timestep"]
    assert len(lines[0].split()[1]) == 20
    assert "\x1b" not in result.stdout


def test_a_heatmap_is_high_where_numbers_are(elman, folder):
    model = saved(layers.SimpleRNN(3, return_sequences=True))
    x = normal(2, 7, 2).astype("float32")
    np.savez("x.npz", x=x)
    text = elman("inspect", "net.keras", "x.npz", "--sample", 1).stdout
    assert text.startswith("net.keras on x.npz, sample 1.\n")
    *lines, _ = heatmaps(text)[next(t for t in heatmaps(text) if "hidden state" in t)]
    h = model.predict(x, verbose=0)[1]
    levels = np.array([["▁▂▃▄·▅▆▇█".index(c) for c in line.split()[2]] for line in lines])
    assert levels.shape == (3, 7)
    order = np.argsort(h.T.ravel())
    assert (np.diff(levels.ravel()[order]) >= 0).all()
    assert levels.ravel()[np.abs(h.T).argmax()] in (0, 8)


def test_targets_bring_gradients_and_long_sequences_are_thinned(elman, folder):
    saved(layers.GRU(12), layers.Dense(1), loss="mse")
    np.savez("data.npz", x=normal(1, 300, 2), y=np.ones((1, 1)))
    found = heatmaps(elman("inspect", "net.keras", "data.npz").stdout)
    titles = [title for title in found if title.startswith("gru: dL/d(h)")]
    assert "the 8 units of 12 that vary most, the largest of each 5 timesteps" in titles[0]
    assert max(len(line) for line in found[titles[0]]) <= 80


def test_of_many_timesteps_in_a_character_the_largest_is_shown(elman, folder):
    saved(layers.GRU(2))
    x = np.zeros((1, 300, 2), "float32")
    x[0, [7, 299], [0, 1]] = 5, -5
    np.save("x.npy", x)
    lines = next(iter(heatmaps(elman("inspect", "net.keras", "x.npy").stdout).values()))
    assert [line.split()[2] for line in lines[:2]] == ["·█" + 58 * "·", 59 * "·" + "▁"]


def test_masked_steps_are_blank_in_the_input_and_in_what_it_counts(elman, folder):
    saved(layers.GRU(2))
    mask = np.array([[True, True, False, True, False]])
    np.savez("x.npz", x=normal(1, 5, 2) + 9, mask=mask)
    found = heatmaps(elman("inspect", "net.keras", "x.npz").stdout)
    assert len(found) == 3
    for *lines, _ in found.values():
        marks = np.array([[c != " " for c in line[12:].ljust(5)] for line in lines])
        np.testing.assert_array_equal(marks, np.tile(mask, (2, 1)))
    words = Input((None,), dtype="int32")
    embedded = layers.Embedding(9, 2, mask_zero=True)(words)
    Model(words, layers.GRU(2)(embedded), name="text").save("text.keras")
    np.save("words.npy", np.array([[1, 0, 3]]))
    found = heatmaps(elman("inspect", "text.keras", "words.npy").stdout)
    for lines in found.values():
        assert lines[0][13] == " "
        assert " " not in (lines[0][12], lines[0][14])


def test_a_model_in_keras_s_older_form_is_read_too(elman, folder):
    saved(layers.GRU(2)).save("net.h5")
    assert re.search(r"gru\S* +update +\d", elman("inspect", "net.h5").stdout)


def test_without_data_the_weights_alone_are_shown(elman, folder):
    saved(layers.LSTM(3))
    text = elman("inspect", "net.keras").stdout
    said = "Sequential 'net', without DATA: the weights of its recurrent layers alone."
    assert text.startswith(said)
    assert re.search(r"lstm +forget +\d", text)


def test_a_page_is_written_with_the_names_of_the_columns(elman, forecaster):
    result = elman("inspect", "load.keras", "load.csv", "-o", "page.html", "--sample", 3)
    assert re.fullmatch(r"Wrote page\.html \(1\.\d MB\)\. Open it in a browser\.\n", result.stdout)
    page = (forecaster.parent / "page.html").read_text(encoding="utf-8")
    assert "<h1>load.keras on load.csv, lines 5 to 24</h1>" in page
    assert '<h2 id="h-diagnosis">Diagnosis</h2>' in page
    assert '<h2 id="h-why">Attribution</h2>' in page


def test_of_tokens_it_is_said_what_each_counts_by_leaving_it_out(elman, folder):
    words = Input((None,), dtype="int32", name="words")
    Model(words, layers.GRU(2)(layers.Embedding(9, 2)(words)), name="text").save("text.keras")
    np.save("words.npy", np.array([[1, 2, 3, 4]], "int32"))
    text = elman("inspect", "text.keras", "words.npy").stdout
    assert re.search(
        r"^occlusion of output 0 \(of 2\) of Model 'text', .*\n  token .*$", text, re.MULTILINE
    )


def test_a_table_is_one_sequence_of_a_model_of_its_columns(elman, folder):
    saved(layers.GRU(2))
    write(folder / "two.csv", [line[1:] for line in rows()], header="load,wind")
    text = elman("inspect", "net.keras", "two.csv").stdout
    assert text.startswith("net.keras on two.csv, lines 2 to 121.\n")


def test_the_shipped_series_needs_no_file(elman, folder):
    elman("train", "--units", "2", "--epochs", "1", "-q")
    text = elman("inspect", "sunspots.keras").stdout
    assert text.startswith("sunspots.keras on the yearly sunspots, lines ")


def test_inputs_of_several_kinds_go_by_their_names(elman, folder):
    x, first = Input((3, 2), name="x"), Input((4,), name="first")
    model = Model([x, first], layers.GRU(4)(x, initial_state=first), name="two")
    model.save("two.keras")
    np.savez("data.npz", x=normal(1, 3, 2), first=normal(1, 4))
    assert elman("inspect", "two.keras", "data.npz").exit_code == 0


def test_digits_take_the_place_of_blocks_where_there_is_no_unicode(folder):
    saved(layers.GRU(2))
    np.save("x.npy", normal(1, 5, 2))
    command = [sys.executable, "-m", "elman", "inspect", "net.keras", "x.npy"]
    environment = {"PYTHONIOENCODING": "ascii", "PYTHONPATH": ":".join(sys.path)}
    found = subprocess.run(command, capture_output=True, env=environment, check=True)
    assert re.search(rb"unit 0 +[1-8.]{5}\n", found.stdout)


def test_what_is_not_finite_is_named_and_marked(elman, folder):
    saved(layers.GRU(2), layers.Dense(1), loss="mse")
    x, y = normal(2, 6, 2), np.ones((2, 1))
    x[1, 3, 0], y[1] = np.nan, np.inf
    np.savez("data.npz", x=x, y=y)
    result = elman("inspect", "net.keras", "data.npz", "--sample", 1)
    text = " ".join(result.stdout.split())
    assert result.stderr == ""
    said = "`x` is not finite in 1 of 12 numbers, first (nan) at timestep 3, feature 0: what comes"
    assert said in text
    assert "`y` is not finite in 1 of 1 numbers, first (inf) at output 0: what comes of" in text
    found = heatmaps(result.stdout)
    lines = next(lines for title, lines in found.items() if title.startswith("The input"))
    assert [line.split()[2].find("!") for line in lines[:2]] == [3, -1]
    lines = next(lines for title, lines in found.items() if "hidden state" in title)
    assert all(line.split()[2].endswith("!!!") for line in lines[:2])
    assert "is not finite in" not in elman("inspect", "net.keras", "data.npz").stdout
    written = elman("inspect", "net.keras", "data.npz", "--sample", 1, "-o", "page.html").stdout
    assert said in " ".join(written.split())


def test_it_says_which_output_the_attribution_is_of_and_by_which_input(elman, folder):
    x, z = Input((3, 2), name="x"), Input((3, 2), name="z")
    h = layers.GRU(4, return_sequences=True)(layers.Concatenate()([x, z]))
    ends = [layers.Dense(3, name="a")(h), layers.Dense(1, name="b")(h)]
    Model([x, z], ends, name="two").save("two.keras")
    np.savez("data.npz", x=normal(1, 3, 2), z=normal(1, 3, 2))
    found = heatmaps(elman("inspect", "two.keras", "data.npz").stdout)
    titles = [title for title in found if not title.startswith("gru")]
    assert [title.split(", scale")[0] for title in titles] == [
        "Input 'x'", "Input 'z'",
        "integrated gradients of output 0 (of 3) of 'a' at timestep 2 of Model 'two', by input 'x'",
    ]  # fmt: skip


def test_where_zeros_are_masked_it_is_shown_what_leaving_out_does(elman, folder):
    saved(layers.Masking(), layers.GRU(2))
    np.save("x.npy", normal(1, 5, 2))
    result = elman("inspect", "net.keras", "x.npy")
    assert result.stderr == ""
    assert "\nocclusion of output 0 (of 2) of Sequential 'net'," in result.stdout


# ---------------------------------------------------------------------- how it fails


def test_without_a_loss_targets_are_left_out(elman, folder):
    saved(layers.GRU(2))
    np.savez("data.npz", x=normal(1, 3, 2), y=np.ones((1, 2)))
    text = elman("inspect", "net.keras", "data.npz").stdout
    said = "saved before `compile`, so it has no loss: `y` is left out, and there are no gradients."
    assert said in text
    assert "hidden state h" in text


def test_where_nothing_is_recurrent_it_says_so(elman, folder):
    Sequential([Input((2,)), layers.Dense(1)], name="net").save("net.keras")
    assert "There are none to show." in elman("inspect", "net.keras").stdout


def test_several_outputs_have_targets_by_their_names(elman, folder):
    x = Input((3, 2))
    h = layers.GRU(2, name="gru")(x)
    both = Model(x, [layers.Dense(1, name="a")(h), layers.Dense(1, name="b")(h)], name="net")
    both.compile("sgd", "mse")
    both.save("net.keras")
    np.savez("data.npz", x=normal(2, 3, 2), a=np.ones((2, 1)), b=np.ones((2, 1)))
    assert "Loss" in elman("inspect", "net.keras", "data.npz").stdout


def test_names_cannot_steer_the_terminal(elman, folder):
    saved(layers.GRU(2, name="a\x1b[2Jb"))
    text = elman("inspect", "net.keras").stdout
    assert "a?[2Jb" in text
    assert "\x1b[2J" not in text
    np.save("x.npy", np.ones((1, 3, 2)))
    text = elman("inspect", "net.keras", "x.npy").stdout
    assert re.search(r"a\?\[2Jb +update ", text)
    assert "\x1b[2J" not in text


def test_a_page_needs_data(fails, forecaster):
    text = "DATA must be given for a page, which shows a sequence; got none."
    assert fails("inspect", "load.keras", "-o", "page.html") == text


def test_a_sample_that_there_is_not_is_named(fails, forecaster):
    message = fails("inspect", "load.keras", "load.csv", "--sample", 101)
    assert message == "--sample must be from 0 to 99, as DATA has 100 samples; got 101."


def test_the_page_is_a_html_file_and_no_other_that_is_there(fails, forecaster):
    message = fails("inspect", "load.keras", "load.csv", "-o", "page.txt")
    assert message == (
        "--output must name a file that ends in '.html'; got 'page.txt'. Did you mean 'page.html'?"
    )


def test_the_data_in_the_place_of_the_model_is_refused(fails, load):
    message = fails("inspect", "load.csv")
    assert message == (
        "MODEL must be a model that `elman train` or `model.save` wrote; got 'load.csv'. MODEL "
        "comes first, then DATA."
    )


def test_data_that_is_not_there_is_called_data(fails, folder):
    saved(layers.GRU(2))
    message = fails("inspect", "net.keras", "no.csv")
    assert message == "DATA must name a file; got 'no.csv', which does not exist."
    message = fails("inspect", "net.keras", "no.npy")
    assert message == "DATA must be a file that exists; got 'no.npy'."


def test_data_that_does_not_fit_is_refused(fails, folder):
    saved(layers.GRU(2))
    write(folder / "three.csv", rows())
    np.savez("z.npz", z=np.ones(3))
    np.savez("more.npz", x=np.ones((2, 3, 2)), lengths=np.ones(2))
    np.savez("uneven.npz", x=np.ones((2, 3, 2)), y=np.ones((3, 1)))
    np.save("flat.npy", np.ones((10, 2)))
    np.save("row.npy", np.ones((10, 5)))
    np.save("empty.npy", np.ones((0, 3, 2)))
    np.save("wide.npy", np.ones((1, 3, 4)))
    (folder / "broken.npz").write_bytes(b"no arrays")
    write(folder / "gap.csv", [["1", "2"], ["", "3"]], header="a,b")
    for file, text in (
        (
            "three.csv",
            "three.csv: the file must have 2 columns, the features that the model reads; got hour, "
            "load, wind.",
        ),
        ("z.npz", "z.npz: the file must hold `x`; got z."),
        (
            "more.npz",
            "more.npz: the file must hold no arrays but `x`, `y`, `mask`; got `lengths`. Leave it "
            "out.",
        ),
        (
            "uneven.npz",
            "uneven.npz: all arrays must have the same number of samples; got 2, 3.",
        ),
        (
            "flat.npy",
            "flat.npy: `x` must have shape (samples, timesteps, features=2); got (10, 2). If it "
            "is one sample, save `x[None]`.",
        ),
        (
            "row.npy",
            "row.npy: `x` must have shape (samples, timesteps, features=2); got (10, 5).",
        ),
        (
            "empty.npy",
            "empty.npy: `x` must hold one number at least; got none, in shape (0, 3, 2).",
        ),
        (
            "wide.npy",
            "wide.npy: `x` must have shape (samples, timesteps, features=2); got (1, 3, 4).",
        ),
        ("gap.csv", "gap.csv: the file must have a value in every cell; got 1 without."),
    ):
        assert fails("inspect", "net.keras", file) == text
    message = fails("inspect", "net.keras", "broken.npz")
    assert message.startswith("broken.npz: the file must hold arrays of numbers, as `numpy.save`")


def test_tables_are_refused_where_they_are_too_short_or_no_table_will_do(fails, load):
    Sequential([Input((500, 3)), layers.GRU(2)], name="long").save("long.keras")
    message = fails("inspect", "long.keras", "load.csv")
    assert message == (
        "load.csv: the file must have at least 500 rows, the model's timesteps; got 120."
    )
    words = Input((4,), dtype="int32", name="words")
    Model(words, layers.GRU(2)(layers.Embedding(9, 2)(words)), name="text").save("text.keras")
    message = fails("inspect", "text.keras", "load.csv")
    assert message == (
        "load.csv: the file must be a .npz file with the model's inputs by name, words; "
        "got a table."
    )
