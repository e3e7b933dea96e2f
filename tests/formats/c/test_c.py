"""Every model in C gives what it gives in Python: compiled, run and compared to 1e-5."""

import shutil
import subprocess

import pytest

from elman import layers
from elman.cells import CELLS
from tests.formats.c.compiled import STRICT, can_run, needs_gcc, run
from tests.formats.c.models import MODELS, of

pytestmark = needs_gcc


@pytest.mark.parametrize("name", MODELS)
def test_a_model_in_c_gives_what_it_gives_here(name, tmp_path):
    path = tmp_path / f"{name}.h"
    MODELS[name]().export(path, test=True)
    assert "in 2000 timesteps" in run(path, "-O3", "-march=native")


@pytest.mark.parametrize("name", MODELS)
def test_a_model_in_bytes_gives_what_its_rounded_weights_give_here(name, tmp_path):
    path = tmp_path / f"{name}.c"
    MODELS[name]().export(path, test=True, weights_dtype="int8", weights="separate")
    run(path, "-O3")


def test_every_cell_that_streams_is_among_the_models():
    assert set(CELLS) - set(MODELS) == {"gru_decay"}


@pytest.mark.parametrize("exp", ["inline", "libm"])
@pytest.mark.parametrize("weights_dtype", ["float32", "int8"])
@pytest.mark.parametrize("flags", ["-Os", "-O2", "-O3 -march=native", "-Os -m32", "-O2 -m32"])
def test_it_is_the_same_however_it_is_compiled(exp, weights_dtype, flags, tmp_path):
    if not can_run(tmp_path, *flags.split()):
        pytest.skip(f"gcc makes no programs with {flags} here")
    path = tmp_path / "model.h"
    MODELS["last_alone"]().export(path, test=True, exp=exp, weights_dtype=weights_dtype)
    run(path, *flags.split())


@pytest.mark.parametrize("name", ["branches", "words", "lstm_normalised"])
@pytest.mark.parametrize("weights_dtype", ["float32", "int8"])
def test_nothing_is_undefined_or_out_of_bounds(name, weights_dtype, tmp_path):
    sanitize = ("-g", "-fsanitize=undefined,address", "-fno-sanitize-recover=all")
    if not can_run(tmp_path, *sanitize):
        pytest.skip("gcc has no sanitizers here")
    path = tmp_path / "model.h"
    MODELS[name]().export(path, test=True, weights_dtype=weights_dtype)
    run(path, *sanitize)


@pytest.mark.parametrize("weights_dtype", ["float32", "int8"])
@pytest.mark.parametrize(
    "compiler", ["arm-none-eabi-gcc -mcpu=cortex-m4 -mthumb", "avr-gcc -mmcu=atmega2560"]
)
def test_compilers_of_small_devices_take_it(compiler, weights_dtype, tmp_path):
    program, *flags = compiler.split()
    if shutil.which(program) is None:
        pytest.skip(f"{program} is not installed")
    model = of(layers.LSTM(32, return_sequences=True), layers.Dense(1), features=1)
    model.export(tmp_path / "model.c", weights_dtype=weights_dtype)
    command = [program, *flags, *STRICT, "-Os", "-c", "model.c"]
    assert subprocess.run(command, cwd=tmp_path).returncode == 0


def test_clang_takes_it_too(tmp_path):
    if not can_run(tmp_path, compiler="clang"):
        pytest.skip("clang is not installed")
    path = tmp_path / "model.h"
    MODELS["normalised"]().export(path, test=True)
    run(path, "-O2", compiler="clang")


@pytest.mark.parametrize("ending", [".h", ".c"])
def test_it_is_c_plus_plus_too(ending, tmp_path):
    if not can_run(tmp_path, "-x", "c++", compiler="g++"):
        pytest.skip("g++ is not installed")
    path = tmp_path / f"model{ending}"
    MODELS["words"]().export(path, test=True)
    language = ("-x", "c++", "-std=c++11", "-Wall", "-Wextra", "-Werror")
    run(path, compiler="g++", language=language)


def test_a_header_that_nobody_calls_gives_no_warning(tmp_path):
    path = tmp_path / "model.h"
    MODELS["learned_start"]().export(path, test=True)
    own = path.with_name("model_test.c").read_text().replace("model.h", "other.h")
    MODELS["gru"]().export(tmp_path / "other.h", test=True)
    other = path.with_name("other_test.c").read_text()
    path.with_name("model_test.c").write_text(f'#include "model.h"\n{other}')
    run(path)
    assert "model_step" in own
