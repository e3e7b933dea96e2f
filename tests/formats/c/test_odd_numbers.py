"""What is NaN, infinite or very large goes through C as it goes through elman."""

import subprocess

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

import elman
from elman import layers
from elman.formats.c.functions import SCALARS
from tests.formats.c.compiled import needs_gcc
from tests.formats.c.models import of
from tests.tolerances import EXPORTED

ODD = np.array([np.nan, np.inf, -np.inf, 88, 88.7, 95, -95, -0.0, 1e-4, 1, -1, 2.5, -3], "float32")
ROW = """
#include <stdio.h>
#include "model.h"
int main(void)
{
    static model_t m;
    static const float x[] = {%s};
    float y[MODEL_OUTPUTS];
    for (int t = 0; t < %d; t++) {
        model_step(&m, x + t * MODEL_FEATURES, y);
        printf("%%.9g\\n", (double)y[0]);
    }
    return 0;
}
"""


def in_c(number):
    return {"nan": "NAN", "inf": "INFINITY", "-inf": "-INFINITY"}.get(str(number), f"{number!s}f")


def run(folder, x):
    """Return what the model of `model.h` gives at each of these timesteps."""
    numbers = ", ".join(in_c(number) for number in x.ravel())
    (folder / "main.c").write_text(ROW % (numbers, len(x)))
    command = ["gcc", "-std=c99", "-O2", "-Wall", "-Wextra", "-Werror", "main.c", "-o", "main"]
    subprocess.run([*command, "-lm"], cwd=folder, check=True)
    found = subprocess.run([folder / "main"], capture_output=True, text=True, check=True).stdout
    return np.array(found.split(), "float32")


LAYERS = {name: layers.Activation(name) for name in SCALARS} | {
    "relu max": layers.ReLU(max_value=6.0),
    "relu max threshold": layers.ReLU(max_value=6.0, threshold=1.0),
    "relu slope": layers.ReLU(max_value=6.0, threshold=1.0, negative_slope=0.1),
    "relu without end": layers.ReLU(max_value=1e39),
    "leaky": layers.LeakyReLU(),
    "rescaling": layers.Rescaling(2.0, offset=-1.0),
}


@needs_gcc
@pytest.mark.parametrize("name", LAYERS)
def test_a_layer_takes_odd_numbers_as_here(name, tmp_path):
    model = of(LAYERS[name], features=1)
    model.export(tmp_path / "model.h")
    x = np.delete(ODD, 2) if name == "silu" else ODD  # -inf times a sigmoid of 0 is NaN here
    with np.errstate(all="ignore"):
        wanted = model(x[None, :, None])[0, :, 0]
    assert_allclose(run(tmp_path, x), wanted, rtol=EXPORTED, atol=EXPORTED)


@needs_gcc
@pytest.mark.parametrize("turned", [False, True])
@pytest.mark.parametrize("merge", [layers.Maximum, layers.Minimum])
def test_a_merge_passes_nan_on_from_either_side(merge, turned, tmp_path):
    x = elman.Input((None, 1))
    parts = [x, layers.ReLU(threshold=1.0)(x)]  # of NaN it makes 0
    model = elman.Model(x, merge()(parts[::-1] if turned else parts))
    model.export(tmp_path / "model.h")
    assert_array_equal(run(tmp_path, ODD), model(ODD[None, :, None])[0, :, 0])
    assert np.isnan(run(tmp_path, ODD)[0])
