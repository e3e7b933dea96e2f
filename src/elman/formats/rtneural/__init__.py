"""RTNeural's JSON: what its `model_utils.save_model` writes of a Keras model, and its loader reads.

    {"in_shape": [null, null, 1], "layers": [{"type": "lstm", "activation": "tanh",
     "shape": [null, null, 32], "weights": [kernel, recurrent_kernel, bias]}, …]}

Weights are nested lists in Keras's order, which is elman's. RTNeural computes LSTM with tanh and
sigmoid and GRU with `reset_after`, whatever else the file says; a model of others is refused.

Source: python/model_utils.py and RTNeural/model_loader.h of
https://github.com/jatinchowdhury18/RTNeural.
"""

from elman.formats.rtneural.reading import load_rtneural
from elman.formats.rtneural.writing import write

__all__ = ["load_rtneural", "write"]
