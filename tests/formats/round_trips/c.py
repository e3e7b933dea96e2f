"""elman -> C -> gcc: the program is run on the case's own inputs, and on those of its own test."""

import subprocess

import numpy as np

from tests.formats.c.compiled import STRICT, run
from tests.formats.round_trips.cases import distance, outputs

FORMS = ("C", "C int8")
MASKED = False  # there are no masks: layers are tried without
MAIN = """
#include <stdio.h>
#include "model.h"
int main(void)
{
    static model_t m;
    static %(kind)s x[%(numbers)d];
    static float y[%(outputs)d];
    int n, k;
    for (n = 0; n < %(samples)d; n++) {
        for (k = 0; k < %(numbers)d; k++)
            if (scanf("%(format)s", x + k) != 1) return 1;
        model_reset(&m);
        model_run(&m, x, %(timesteps)d, y);
        for (k = 0; k < %(outputs)d; k++) printf("%%.9g\\n", (double)y[k]);
    }
    return 0;
}
"""


def versions():
    """Return what was used."""
    said = subprocess.run(["gcc", "-dumpfullversion"], capture_output=True, text=True, check=True)
    return {"gcc": said.stdout.strip()}


def trip(model, xs, y, form, folder):
    """Return the largest difference: of int8 from the rounded weights in elman."""
    if len(xs) == 1 and any(getattr(layer, "mask_zero", False) for layer in model.layers):
        xs = [np.maximum(xs[0], 1)]  # 0 is no token, which a program in C says and skips
        y = outputs(model, xs)
    path = folder / "model.h"
    model.export(path, test=True, weights_dtype="float32" if form == "C" else "int8")
    own = float(run(path, "-O2").split()[2])
    return own if form == "C int8" else max(own, distance(y, [run_on(xs[0], y[0], folder)]))


def run_on(x, y, folder):
    """Return what the program puts out for x, in the shape of y."""
    tokens = x.dtype.kind == "i"
    source = MAIN % {
        "kind": "int" if tokens else "float", "format": "%d" if tokens else "%f",
        "samples": len(x), "timesteps": x.shape[1], "numbers": x[0].size, "outputs": y[0].size,
    }  # fmt: skip
    (folder / "main.c").write_text(source, encoding="utf-8")
    command = ["gcc", *STRICT, "-O2", "main.c", "-o", "main", "-lm"]
    subprocess.run(command, cwd=folder, check=True)
    lines = "\n".join(str(value) for value in x.ravel().tolist())
    found = subprocess.run(
        [folder / "main"], input=lines, capture_output=True, text=True, check=True
    )
    return np.array(found.stdout.split(), np.float32).reshape(y.shape)
