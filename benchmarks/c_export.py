"""A step of an LSTM in C: elman's export beside keras2c and RTNeural, where their sources are.

    python -m benchmarks.c_export [--keras2c FOLDER] [--rtneural FOLDER] [--units 32]

FOLDER is a checkout: of keras2c the one with `include/`, of RTNeural the one with `RTNeural/` (and
Eigen for its second backend). Each program runs the same network on the same 2000 timesteps; its
last output must be elman's to 1e-4. Times are the least of 7 runs of 30 rounds.
"""

import argparse
import shutil
import subprocess
import tempfile
from pathlib import Path

import numpy as np

import elman
from benchmarks.machine import machine
from elman.formats.c import int8, trial
from elman.models.stream_plan import plan_of

TIMESTEPS, RUNS = 2000, 7
AGREE = 1e-4
MAIN = r"""
#include <stdio.h>
#include <time.h>
int main(void)
{
    static float y[UNITS];
    double least = 1e30;
    for (int round = 0; round < 30; round++) {
        struct timespec a, b;
        begin();
        clock_gettime(CLOCK_MONOTONIC, &a);
        for (int t = 0; t < TIMESTEPS; t++) step(x + t, y);
        clock_gettime(CLOCK_MONOTONIC, &b);
        const double ns = (double)(b.tv_sec - a.tv_sec) * 1e9 + (double)(b.tv_nsec - a.tv_nsec);
        if (ns / TIMESTEPS < least) least = ns / TIMESTEPS;
    }
    printf("%.1f", least);
    for (int k = 0; k < UNITS; k++) printf(" %.9g", (double)y[k]);
    return 0;
}
"""
ELMAN = """
#include "data.h"
#include "%s.h"
static %s_t m;
static void begin(void) { %s_reset(&m); }
static void step(const float *in, float *out) { %s_step(&m, in, out); }
"""
KERAS2C = """
#include "data.h"
#include "k2c_include.h"
static float state[2 * UNITS], work[8 * UNITS];
static k2c_tensor W = {.array = kernel, .ndim = 2, .numel = 4 * UNITS, .shape = {4, UNITS}};
static k2c_tensor R = {.array = recurrent, .ndim = 2, .shape = {4 * UNITS, UNITS}};
static k2c_tensor B = {.array = bias, .ndim = 1, .numel = 4 * UNITS, .shape = {4 * UNITS}};
static void begin(void) { for (int k = 0; k < 2 * UNITS; k++) state[k] = 0.0f; }
static void step(float *in, float *out)
{
    k2c_tensor i = {.array = in, .ndim = 2, .numel = 1, .shape = {1, 1}};
    k2c_tensor o = {.array = out, .ndim = 1, .numel = UNITS, .shape = {UNITS}};
    k2c_lstm(&o, &i, state, &W, &R, &B, work, 0, 0, k2c_sigmoid, k2c_tanh);
}
"""
RTNEURAL = """
#include "data.h"
#include "RTNeural/RTNeural.h"
static RTNeural::LSTMLayerT<float, 1, UNITS> layer;
static void begin()
{
    std::vector<std::vector<float>> W(1), R(UNITS);
    for (int g = 0; g < 4; g++)  /* of each gate by itself, as keras2c has them */
        for (int k = 0; k < UNITS; k++) {
            W[0].push_back(kernel[g * UNITS + k]);
            for (int j = 0; j < UNITS; j++) R[j].push_back(recurrent[(g * UNITS + j) * UNITS + k]);
        }
    layer.setWVals(W);
    layer.setUVals(R);
    layer.setBVals(std::vector<float>(bias, bias + 4 * UNITS));
    layer.reset();
}
static void step(const float *in, float *out)
{
#if RTNEURAL_USE_EIGEN
    layer.forward(Eigen::Matrix<float, 1, 1>(in[0]));
    for (int k = 0; k < UNITS; k++) out[k] = layer.outs(k);
#else
    const float one[1] = {in[0]};
    layer.forward(one);
    for (int k = 0; k < UNITS; k++) out[k] = layer.outs[k];
#endif
}
"""


def network(units: int) -> elman.Sequential:
    """Return the network, whose weights are all drawn."""
    layer = elman.layers.LSTM(units, return_sequences=True)
    model = elman.Sequential([elman.Input((None, 1)), layer])
    rng = np.random.default_rng(0)
    scales = (1.0, 1 / np.sqrt(units), 0.5)
    pairs = zip(scales, model.get_weights(), strict=True)
    model.set_weights([rng.normal(0, scale, w.shape).astype("float32") for scale, w in pairs])
    return model


def write_data(folder: Path, model: elman.Sequential, x: np.ndarray) -> None:
    """Write input and weights for the others: matrices gate by gate, in elman's order."""
    kernel, recurrent, bias = model.get_weights()
    blocks = {
        "kernel": np.concatenate(np.split(kernel, 4, axis=1), axis=0),
        "recurrent": np.concatenate(np.split(recurrent, 4, axis=1), axis=0),
        "bias": bias,
        "x": x,
    }
    lines = [f"enum {{ UNITS = {len(recurrent)}, TIMESTEPS = {len(x)} }};"]
    for name, array in blocks.items():
        values = ", ".join(f"{value:.9g}" for value in array.ravel().tolist())
        lines.append(f"__attribute__((unused)) static float {name}[] = {{{values}}};")
    (folder / "data.h").write_text("\n".join(lines) + "\n", encoding="utf-8")


def contenders(
    folder: Path, model: elman.Sequential, args: argparse.Namespace
) -> dict[str, tuple[str, str]]:
    """Return name: source and how it is compiled."""
    found: dict[str, tuple[str, str]] = {}
    for dtype in ("float32", "int8"):
        for exp in ("inline", "libm"):
            name = f"elman_{dtype}_{exp}"
            model.export(folder / f"{name}.h", weights_dtype=dtype, exp=exp)
            found[name] = (ELMAN.replace("%s", name), "gcc -std=gnu99 -x c")
    if args.keras2c:
        include = Path(args.keras2c).resolve() / "include"
        parts = ("recurrent_layers", "helper_functions", "activations")
        files = " ".join(str(include / f"k2c_{part}.c") for part in parts)
        found["keras2c"] = (KERAS2C, f"gcc -std=gnu99 -I{include} {files} -x c")
    if args.rtneural:
        at = f"g++ -std=c++17 -I{Path(args.rtneural).resolve()} -x c++"
        found["RTNeural STL"] = (RTNEURAL, f"{at} -DRTNEURAL_USE_STL=1")
        eigen = "-DRTNEURAL_USE_EIGEN=1 -I/usr/include/eigen3"
        found["RTNeural Eigen"] = (RTNEURAL, f"{at} {eigen}")
    return found


def timed(folder: Path, source: str, compiler: str, flags: str, expected: np.ndarray) -> float:
    """Return nanoseconds a step, after checking the last output."""
    (folder / "main.c").write_text(source + MAIN, encoding="utf-8")
    command = f"{compiler} {flags} main.c -o main -lm"
    subprocess.run(command.split(), cwd=folder, check=True)
    runs = [
        subprocess.run([folder / "main"], check=True, capture_output=True, text=True).stdout
        for _ in range(RUNS)
    ]
    nanoseconds = min(float(run.split()[0]) for run in runs)
    last = [float(value) for value in runs[0].split()[1:]]
    difference = np.abs(np.array(last) - expected).max()
    assert difference < AGREE, f"{compiler}: {difference} from elman"
    return nanoseconds


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--keras2c", help="a checkout of keras2c")
    parser.add_argument("--rtneural", help="a checkout of RTNeural")
    parser.add_argument("--units", type=int, default=32)
    args = parser.parse_args()
    if shutil.which("gcc") is None:
        raise SystemExit("gcc is needed to compile the contenders.")
    model = network(args.units)
    x = (trial.bits(TIMESTEPS).astype("float32") / np.float32(1 << 23) - 1).reshape(-1, 1)
    print(machine())
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_data(folder, model, x)
        choices = ("-Os", "-O2", "-O3", "-O3 -march=native", "-O3 -march=native -ffast-math")
        print(f"\nLSTM of {args.units} units, 1 feature: nanoseconds a step\n")
        print("| |", " | ".join(f"`{flags}`" for flags in choices), "|")
        print("|---" * (len(choices) + 1) + "|")
        for who, (source, compiler) in contenders(folder, model, args).items():
            dtype = "int8" if "int8" in who else "float32"
            expected = last_output(folder, model, x, dtype)
            row = [timed(folder, source, compiler, flags, expected) for flags in choices]
            print(f"| {who} |", " | ".join(f"{ns:.0f}" for ns in row), "|")


def last_output(folder: Path, model: elman.Sequential, x: np.ndarray, dtype: str) -> np.ndarray:
    """Return what elman puts out last, of the rounded weights for int8."""
    plan = plan_of(model)
    return trial.outputs(model, int8.twin(plan) if dtype == "int8" else plan, x)[-1]


if __name__ == "__main__":
    main()
