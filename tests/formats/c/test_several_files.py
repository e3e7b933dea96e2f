"""Exports beside one another: names that differ by case alone, and weights in their own file."""

import os
import re
import subprocess

import pytest

from elman import layers
from elman.errors import ArgumentError
from tests.formats.c.compiled import needs_gcc
from tests.formats.c.models import drawn, of


def gru(units=2):
    return of(layers.GRU(units))


def compiled(folder, source):
    """Return what a compiler says of a program, and whether it made it."""
    (folder / "main.c").write_text(source)
    command = ["gcc", "-std=c99", "-Wall", "-Wextra", "-Werror", "main.c", "-o", "main", "-lm"]
    found = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    return found.returncode, found.stderr


@needs_gcc
def test_names_that_differ_by_case_alone_are_two_models(tmp_path):
    gru().export(tmp_path / "net.h")
    gru().export(tmp_path / "other.h", name="Net")
    status, said = compiled(
        tmp_path,
        """#include "net.h"
#include "other.h"
int main(void)
{
    static net_t one;
    static Net_t two;
    net_reset(&one);
    Net_reset(&two);
    return NET_FEATURES != Net_FEATURES;
}
""",
    )
    assert (status, said) == (0, "")
    for file, prefix in (("net.h", "NET"), ("other.h", "Net")):
        code = (tmp_path / file).read_text()
        assert set(re.findall(r"\w+_SMALL", code)) == {f"{prefix}_SMALL"}


def test_a_name_of_capitals_alone_would_be_that_of_its_macros(tmp_path):
    with pytest.raises(ArgumentError, match=r"not all of them capitals, .*; got 'NET'"):
        gru().export(tmp_path / "NET.h")


@pytest.mark.parametrize("name", ["string.h", "stdint.h", "time.h"])
def test_a_header_of_c_s_own_is_not_written_over(name, tmp_path):
    with pytest.raises(
        ArgumentError,
        match="`filepath` must not be the name of a header of C's own; got "
        + re.escape(repr(name)),
    ):
        gru().export(tmp_path / name, name="m")


def test_another_model_s_file_is_not_taken_for_weights(tmp_path):
    gru().export(tmp_path / "m_weights.h")
    before = (tmp_path / "m_weights.h").read_text()
    with pytest.raises(
        ArgumentError, match=r"beside which 'm_weights.h' is something else\. Give the model anoth"
    ):
        gru().export(tmp_path / "m.h", weights="separate")
    assert (tmp_path / "m_weights.h").read_text() == before
    assert not (tmp_path / "m.h").exists()


@needs_gcc
def test_new_weights_go_with_the_old_code_and_those_of_another_model_do_not(tmp_path):
    use = '#include "m.h"\nint main(void) { static m_t m; m_reset(&m); return 0; }\n'
    model = gru()
    model.export(tmp_path / "m.h", weights="separate")
    code = (tmp_path / "m.h").read_text()
    drawn(model, seed=1).export(tmp_path / "m.h", weights="separate")
    assert (tmp_path / "m.h").read_text() == code
    assert compiled(tmp_path, use) == (0, "")
    gru(3).export(tmp_path / "m.h", weights="separate")
    (tmp_path / "m.h").write_text(code)
    status, said = compiled(tmp_path, use)
    assert status
    assert "m_weights.h has the weights of another model" in said


def test_a_failure_at_the_second_file_leaves_the_code_as_it_was(tmp_path, monkeypatch):
    gru().export(tmp_path / "m.h", weights="separate")
    before = {path.name: path.read_text() for path in tmp_path.iterdir()}
    replace, done = os.replace, []

    def once(source, target):
        done.append(target)
        if len(done) > 1:
            raise OSError("the disk is gone")
        replace(source, target)

    monkeypatch.setattr(os, "replace", once)
    with pytest.raises(ArgumentError, match="the disk is gone"):
        gru(3).export(tmp_path / "m.h", weights="separate")
    assert [target.name for target in done] == ["m_weights.h", "m.h"]
    assert (tmp_path / "m.h").read_text() == before["m.h"]
    assert {path.name for path in tmp_path.iterdir()} == set(before)
