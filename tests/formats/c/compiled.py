"""Exports that are compiled and run."""

import shutil
import subprocess

import pytest

STRICT = (
    *("-std=c99", "-Wall", "-Wextra", "-Werror", "-pedantic", "-Wconversion", "-Wdouble-promotion"),
    *("-Wshadow", "-Wundef", "-Wcast-qual", "-Wstrict-prototypes", "-Wfloat-conversion"),
)
GCC = shutil.which("gcc")
needs_gcc = pytest.mark.skipif(GCC is None, reason="gcc is not installed")


def run(path, *flags, compiler="gcc", language=STRICT):
    """Compile the test of an export as strictly as can be, run it, and return what it prints."""
    sources = [path.with_name(f"{path.stem}_test.c"), *([path] if path.suffix == ".c" else [])]
    program = path.with_suffix(".out")
    command = [compiler, *language, *flags, *map(str, sources), "-o", str(program), "-lm"]
    made = subprocess.run(command, capture_output=True, text=True)
    assert made.returncode == 0, made.stderr
    found = subprocess.run([str(program)], capture_output=True, text=True)
    assert found.returncode == 0, found.stdout + found.stderr
    assert found.stdout.startswith("largest difference ")
    return found.stdout


def can_run(folder, *flags, compiler="gcc"):
    """Say whether a compiler is there and makes programs with these flags that run here."""
    source, program = folder / "nothing.c", folder / "nothing"
    source.write_text("#include <math.h>\nint main(void) { return 0; }\n")
    if shutil.which(compiler) is None:
        return False
    command = [compiler, *flags, str(source), "-o", str(program), "-lm"]
    made = subprocess.run(command, capture_output=True)
    return made.returncode == 0 and subprocess.run([str(program)]).returncode == 0
