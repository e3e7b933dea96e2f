"""A file is written completely or not at all."""

import errno
import os
import re
import zipfile

import pytest

from elman.cli.shared import write_text
from elman.errors import ArgumentError
from elman.models import Model, load_model
from tests.formats.models import assert_same_weights, make
from tests.formats.saved_forever import ENDINGS, kill, numbers


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


@pytest.mark.skipif(os.name == "nt", reason="there is no SIGKILL")
@pytest.mark.parametrize("ending", ENDINGS)
def test_a_kill_while_saving_leaves_a_whole_file(path, ending):
    path = path.with_name(f"model{ending}")
    last = kill(path, 0.7)
    (found,) = numbers(path)
    assert last <= found <= last + 1


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


@pytest.mark.skipif(os.name == "nt", reason="there are no such permissions")
@pytest.mark.parametrize("mode", [0o600, 0o640, 0o666, 0o444])
def test_a_file_that_is_there_hands_its_permissions_on(path, mode, monkeypatch):
    make().save(path)
    path.chmod(mode)
    opened = []
    opening = os.open

    def watched(*given):
        handle = opening(*given)
        opened.append(os.fstat(handle).st_mode & 0o777)
        return handle

    monkeypatch.setattr(os, "open", watched)
    make().save(path)
    assert path.stat().st_mode & 0o777 == mode
    assert opened
    assert not any(each & ~(mode | 0o200) for each in opened)  # nobody reads what is half written


@pytest.mark.skipif(os.name == "nt", reason="links need rights there")
def test_a_link_stays_and_what_it_leads_to_is_replaced(path):
    place = path.parent / "elsewhere" / "real.keras"
    place.parent.mkdir()
    path.symlink_to(place)
    for _ in range(2):  # it leads to nothing at first
        model = make()
        model.save(path)
        assert path.is_symlink()
        assert_same_weights(load_model(place), model)
    assert os.listdir(place.parent) == [place.name]


def test_a_name_may_be_as_long_as_names_can_be(path):
    path = path.with_name("a" * 249 + ".keras")
    make().save(path)
    assert os.listdir(path.parent) == [path.name]


@pytest.mark.parametrize("write", [Model.save, lambda model, path: model.export(path)])
def test_a_name_that_is_too_long_is_an_error_that_says_so(path, write):
    ending = ".keras" if write is Model.save else ".onnx"
    path = path.with_name("a" * 256 + ending)
    with pytest.raises(ArgumentError, match=r"File name too long\. Use a shorter name\.$"):
        write(make(), path)
    with pytest.raises(ArgumentError, match="load: `filepath` must be a file that exists; got"):
        load_model(path)
    assert os.listdir(path.parent) == []


def test_a_disk_that_is_full_is_an_error_that_says_so(path, monkeypatch):
    def full(_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    text = "': No space left on device. Make room on the disk, or save elsewhere."
    with pytest.raises(ArgumentError, match=re.escape(text)):
        make().save(path)
    assert os.listdir(path.parent) == []


def test_a_name_with_a_zero_is_none(path):
    with pytest.raises(ArgumentError, match=r"`filepath` must be a path; got 'a\\x00b.keras'"):
        make().save("a\0b.keras")


def test_the_command_line_s_files_are_written_in_the_same_way(path, monkeypatch):
    monkeypatch.setattr(os, "umask", lambda _: pytest.fail("every thread has the same umask"))
    path = path.with_name("forecast.csv")
    path.write_text("kept")
    path.chmod(0o600)
    write_text(path, "written ö\n")
    assert path.read_text("utf-8") == "written ö\n"
    assert os.name == "nt" or path.stat().st_mode & 0o777 == 0o600
    assert os.listdir(path.parent) == [path.name]
