import io
import re
import subprocess
import sys

import numpy as np
import pytest

from elman import Input, Sequential, layers
from elman.callbacks import CallbackList, LambdaCallback, ProgbarLogger, progress

X, Y = np.ones((8, 2)), np.zeros((8, 1))


def make():
    model = Sequential([Input((2,)), layers.Dense(1)])
    model.compile("sgd", "mse", metrics=["mae"])
    return model


class Screen(io.StringIO):
    def isatty(self):
        return True


@pytest.fixture
def terminal(monkeypatch):
    """Return what makes standard error a terminal that remembers what is written to it."""
    monkeypatch.setenv("TERM", "xterm")

    def show():
        # Not before the test itself runs: pytest puts its own stream in place until then.
        monkeypatch.setattr(sys, "stderr", Screen())
        return sys.stderr

    return show


def everything(model, verbose):
    model.fit(X, Y, epochs=2, batch_size=4, verbose=verbose, validation_data=(X, Y))
    model.evaluate(X, Y, verbose=verbose)
    model.predict(X, verbose=verbose)


@pytest.mark.parametrize("verbose", [0, False])
def test_nothing_is_printed_for_0(capsys, verbose):
    everything(make(), verbose)
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize("verbose", ["auto", 1, True, 2])
def test_there_is_a_line_an_epoch_where_there_is_no_terminal(capsys, verbose):
    make().fit(X, Y, epochs=3, verbose=verbose, validation_data=(X, Y))
    printed, error = capsys.readouterr()
    assert error == ""
    number = r"[-+.e\d]+"
    names = ("loss", "mae", "val_loss", "val_mae")
    line = rf"epoch (\d)/3  {number}s" + "".join(f"  {name} {number}" for name in names)
    assert re.findall(line, printed) == ["1", "2", "3"]
    assert len(printed.splitlines()) == 3


def test_a_terminal_shows_a_bar_with_loss_and_metrics(terminal):
    shown = terminal()
    make().fit(X, Y, epochs=2, verbose="auto")
    screen = shown.getvalue()
    assert "epoch" in screen
    assert "2/2" in screen
    assert "loss" in screen
    assert "mae" in screen


def test_verbose_0_is_silent_on_a_terminal_too(terminal):
    screen = terminal()
    everything(make(), 0)
    assert screen.getvalue() == ""


def test_a_bar_is_shown_for_predictions(terminal):
    screen = terminal()
    make().predict(X, batch_size=2)
    assert "predict" in screen.getvalue()
    assert "4/4" in screen.getvalue()


def test_predicting_while_training_draws_two_bars_without_harm(terminal):
    model, screen = make(), terminal()
    watch = LambdaCallback(on_epoch_end=lambda epoch, logs: model.predict(X))
    model.fit(X, Y, epochs=2, callbacks=[watch])
    assert "predict" in screen.getvalue()


def test_data_without_an_end_known_beforehand_have_a_bar(terminal):
    screen = terminal()
    make().fit(iter([(X, Y)] * 3))
    make().predict(x for x in [X, X])
    assert "predict" in screen.getvalue()


@pytest.mark.parametrize("method", ["fit", "predict"])
def test_an_error_gives_the_terminal_back(terminal, method):
    def data():
        yield (X, Y)
        raise ZeroDivisionError

    out, screen = sys.stdout, terminal()
    with pytest.raises(ZeroDivisionError):
        getattr(make(), method)(data())
    assert sys.stdout is out
    hidden, shown = "\x1b[?25l", "\x1b[?25h"  # the cursor
    assert screen.getvalue().count(hidden) == screen.getvalue().count(shown) == 1


def test_without_standard_error_nothing_is_drawn(monkeypatch):
    monkeypatch.setattr(sys, "stderr", None)
    everything(make(), "auto")
    (shown,) = progress.reporter("x", "auto")
    assert isinstance(shown, progress.EpochLines)


def test_training_in_silence_does_not_import_rich():
    code = (
        "import sys, numpy as np; from elman import Input, Sequential, layers\n"
        "model = Sequential([Input((2,)), layers.Dense(1)])\n"
        "model.compile('sgd', 'mse')\n"
        "model.fit(np.ones((2, 2)), np.ones((2, 1)))\n"
        "assert 'rich' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)


# ---------------------------------------------------------------------- ProgbarLogger


def test_a_bar_that_is_given_is_the_only_one(terminal):
    model, screen = make(), terminal()
    model.fit(X, Y, epochs=2, callbacks=[ProgbarLogger()])
    model.predict(X, callbacks=[ProgbarLogger()])
    assert "2/2" in screen.getvalue()
    hidden, shown = "\x1b[?25l", "\x1b[?25h"  # the cursor
    assert screen.getvalue().count(hidden) == screen.getvalue().count(shown) == 2


def test_a_bar_that_is_given_prints_in_its_place(capsys):
    say = LambdaCallback(on_epoch_end=lambda epoch, logs: print("said"))
    for verbose, expected in ((2, ["epoch", "said"]), (0, ["said"])):
        make().fit(X, Y, callbacks=[ProgbarLogger(), say], verbose=verbose)
        assert [line.split()[0] for line in capsys.readouterr().out.splitlines()] == expected


def test_a_bar_that_is_given_gives_the_terminal_back_after_an_error(terminal):
    def fail(batch, logs):
        raise ZeroDivisionError

    screen = terminal()
    with pytest.raises(ZeroDivisionError):
        make().fit(X, Y, callbacks=[ProgbarLogger(), LambdaCallback(on_train_batch_end=fail)])
    hidden, shown = "\x1b[?25l", "\x1b[?25h"
    assert screen.getvalue().count(hidden) == screen.getvalue().count(shown) == 1


def test_a_bar_serves_in_a_loop_of_one_s_own(capsys):
    every = CallbackList(add_progbar=True, model=make(), epochs=1, steps=1, verbose=2)
    every.on_train_begin()
    every.on_epoch_begin(0)
    every.on_train_batch_end(0, {"loss": 1.0})
    every.on_epoch_end(0, {"loss": 1.0})
    every.on_train_end()
    assert capsys.readouterr().out.endswith("loss 1\n")
