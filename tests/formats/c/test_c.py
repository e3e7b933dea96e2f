"""Every model in C gives what it gives in Python: compiled, run and compared to 1e-5."""

import platform
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
@pytest.mark.parametrize(
    "flags",
    ["-O0", "-Os", "-Os -DMODEL_SMALL", "-O2", "-O3 -march=native", "-Os -m32", "-Os -m32 -msse2"],
)
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


@pytest.mark.skipif(platform.machine() != "x86_64", reason="its vectors have other names elsewhere")
def test_gcc_makes_vectors_when_it_optimises_for_size_but_not_where_that_is_left_to_it(tmp_path):
    MODELS["lstm"]().export(tmp_path / "model.c")
    for flags, vectors in (("-Os", True), ("-Os -DMODEL_SMALL", False), ("-O0", False)):
        command = ["gcc", "-std=c99", *flags.split(), "-S", "model.c"]
        subprocess.run(command, cwd=tmp_path, check=True)
        assert ("mulps" in (tmp_path / "model.s").read_text()) == vectors, flags


BOTH = """
$head
#include <stdio.h>

int main(void)
{
    static one_t a, b; /* two sequences of one model, and one of another */
    static two_t c;
    float x[3] = {0.5f, -0.25f, 0.125f}, still[3] = {0.0f, 0.0f, 0.0f};
    float ya[5], yb[5], alone[5], yc[5];
    int t, k;
    one_reset(&a);
    for (t = 0; t < 9; t++) one_step(&a, x, alone);
    one_reset(&a);
    one_reset(&b);
    two_reset(&c);
    for (t = 0; t < 9; t++) {
        one_step(&a, x, ya);
        two_step(&c, x, yc);
        one_step(&b, still, yb);
    }
    for (k = 0; k < 5; k++) if (ya[k] != alone[k] || ya[k] == yb[k] || ya[k] == yc[k]) return 1;
    return 0;
}
"""


@pytest.mark.parametrize("ending", [".h", ".c"])
def test_several_models_and_several_sequences_of_each_do_not_disturb_one_another(ending, tmp_path):
    of(layers.LSTM(5, return_sequences=True), seed=1).export(tmp_path / f"one{ending}")
    of(layers.GRU(5, return_sequences=True), seed=2).export(tmp_path / f"two{ending}")
    head = "#define ONE_DECLARATIONS\n#define TWO_DECLARATIONS\n" if ending == ".c" else ""
    head += "".join(f'#include "{name}{ending}"\n' for name in ("one", "two"))
    (tmp_path / "main.c").write_text(BOTH.replace("$head", head))
    sources = ["main.c", *(["one.c", "two.c"] if ending == ".c" else [])]
    command = ["gcc", *STRICT, "-O2", *sources, "-o", "main", "-lm"]
    subprocess.run(command, cwd=tmp_path, check=True)
    assert subprocess.run([tmp_path / "main"]).returncode == 0


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
