"""A process that saves a model again and again, to be killed, and what a file of it holds.

The weights of the model are all the number of the save: a file with two numbers is of two saves.
"""

import re
import signal
import subprocess
import sys
import time

import numpy as np

import elman
from elman.models import load_model

ENDINGS = (".keras", ".h5", ".weights.h5", ".pt", ".safetensors", ".onnx", ".c")
SAVE_FOREVER = """
import sys, itertools, numpy as np
from elman import Input, Sequential, layers
from elman.formats.torch.saving import save_state_dict
model = Sequential([Input((None, 8)), layers.SimpleRNN(4), layers.Dense(4000)])
path = sys.argv[1]
save = model.save
if path.endswith(".weights.h5"):
    save = model.save_weights
elif path.endswith((".onnx", ".c")):
    save = model.export
elif path.endswith((".pt", ".safetensors")):
    save = lambda path: save_state_dict(model, path)
for i in itertools.count(1):
    model.set_weights([np.full(w.shape, i) for w in model.weights])
    save(path)
    print(i, flush=True)
"""


def kill(path, share):
    """Save to a file until killed; return the number of the last save that was done.

    Args:
        path: of the file.
        share: of the time that a save takes, after which the process is killed in the third.
    """
    command = [sys.executable, "-c", SAVE_FOREVER, str(path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        first = process.stdout.readline()
        begun = time.monotonic()
        second = process.stdout.readline()
        time.sleep(share * (time.monotonic() - begun))
        process.send_signal(signal.SIGKILL)
        done = [first, second, *process.stdout.read().splitlines()]
    return int([line for line in done if line.strip()][-1])


def numbers(path):
    """Return which numbers the weights in a file are, all of which must be there."""
    ending = path.name[path.name.index(".") :]
    if ending == ".c":
        arrays = re.findall(
            r"^static const float \w+\[[^]]*\] = \{(.*?)\};", path.read_text(), re.M | re.S
        )
        values = [float(value) for each in arrays for value in re.findall(r"([\d.]+)f", each)]
        assert path.read_text().endswith("_DECLARATIONS */\n")
    elif ending in (".pt", ".safetensors"):
        values = elman.load_state_dict(path)
        values = [
            value for name, each in values.items() if "bias_hh" not in name for value in each.flat
        ]
    else:
        values = [value for each in weights(path, ending) for value in each.flat]
    assert len(values) == 4 * 8 + 4 * 4 + 4 + 4 * 4000 + 4000
    return {float(value) for value in np.unique(values)}


def weights(path, ending):
    """Return the weights of a file from which elman makes a model."""
    if ending == ".onnx":
        return elman.load_onnx(path).to_model().get_weights()
    if ending != ".weights.h5":
        return load_model(path).get_weights()
    parts = [elman.Input((None, 8)), elman.layers.SimpleRNN(4), elman.layers.Dense(4000)]
    model = elman.Sequential(parts)
    model.load_weights(path)
    return model.get_weights()
