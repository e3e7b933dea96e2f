"""A file is written completely or not at all."""

import os
import re
import signal
import subprocess
import sys
import time
import zipfile

import pytest

from elman.errors import (
    ArgumentError,
)
from elman.models import load_model
from tests.formats.models import assert_same_weights, make


class CrashError(Exception):
    """Stands for whatever may go wrong."""


@pytest.mark.parametrize("where", ["replace", "fsync", "entry", "close"])
def test_a_crash_while_saving_leaves_the_old_file_and_no_other(path, monkeypatch, where):
    old = make()
    old.save(path)

    def crash(*_, **__):
        raise CrashError

    target, name = {
        "replace": (os, "replace"),
        "fsync": (os, "fsync"),
        "entry": (zipfile.ZipFile, "writestr"),
        "close": (zipfile.ZipFile, "_write_end_record"),
    }[where]
    monkeypatch.setattr(target, name, crash)
    with pytest.raises(CrashError):
        make().save(path)
    monkeypatch.undo()
    assert_same_weights(load_model(path), old)
    assert os.listdir(path.parent) == [path.name]


def test_a_first_save_that_crashes_leaves_nothing(path, monkeypatch):
    monkeypatch.setattr(os, "replace", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        make().save(path)
    assert os.listdir(path.parent) == []


SAVE_FOREVER = """
import sys, itertools, numpy as np
from elman import Input, Sequential, layers
model = Sequential([Input((8,)), layers.Dense(4000)])
for i in itertools.count(1):
    model.set_weights([np.full(w.shape, i) for w in model.weights])
    model.save(sys.argv[1])
    print(i, flush=True)
"""


@pytest.mark.skipif(os.name == "nt", reason="there is no SIGKILL")
def test_a_kill_while_saving_leaves_a_whole_file(path):
    for pause in (0.0, 0.003, 0.007):
        process = subprocess.Popen(
            [sys.executable, "-c", SAVE_FOREVER, str(path)], stdout=subprocess.PIPE
        )
        assert process.stdout is not None
        for _ in range(3):
            process.stdout.readline()
        time.sleep(pause)
        process.send_signal(signal.SIGKILL)
        process.wait()
        process.stdout.close()
        kernel, bias = load_model(path).get_weights()
        assert kernel.min() == kernel.max() == bias[0] >= 3


def test_a_file_that_may_not_be_replaced_is_named(path, monkeypatch):
    def refuse(*_):
        raise PermissionError(13, "Access is denied")

    monkeypatch.setattr(os, "replace", refuse)
    text = f"save: `filepath` must be a file that may be written; got '{path}': Access is denied."
    with pytest.raises(ArgumentError, match=re.escape(text)):
        make().save(path)
    assert os.listdir(path.parent) == []


def test_saving_leaves_the_process_s_umask_alone(path, monkeypatch):
    monkeypatch.setattr(os, "umask", lambda _: pytest.fail("every thread has the same umask"))
    make().save(path)


def test_a_saved_file_has_the_permissions_of_any_new_file(path):
    make().save(path)
    other = path.with_name("other")
    other.write_text("")
    assert path.stat().st_mode == other.stat().st_mode
