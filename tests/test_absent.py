"""A name that a module does not have: the nearest one, or what there is instead."""

import re

import pytest

import elman
from elman import (
    callbacks,
    constraints,
    initializers,
    layers,
    losses,
    metrics,
    models,
    optimizers,
    regularizers,
    saving,
    utils,
)


@pytest.mark.parametrize(
    ("module", "name", "fix"),
    [
        (layers, "LSTMm", "Did you mean 'LSTM'?"),
        (layers, "MultiHeadAttention", "elman has `Attention` and `AdditiveAttention`, of one"),
        (layers, "GroupNormalization", "elman has `LayerNormalization`, `RMSNormalization` and"),
        (layers, "ConvLSTM2D", "elman has `Conv1D`, in `TimeDistributed` too, and `LSTM`."),
        (layers, "Conv2D", "elman is about sequences, and has layers of one dimension, such as"),
        (layers, "TextVectorization", "Make whole numbers of the texts first, and pad with"),
        (layers, "Sequential", "It is in `elman` and `elman.models`."),
        (layers, "Zebra", "`dir(elman.layers)` lists what it has."),
        (losses, "MeanSquardError", "Did you mean 'MeanSquaredError'?"),
        (metrics, "Acuracy", "Did you mean 'Accuracy'?"),
        (optimizers, "Adamm", "Did you mean 'Adam'?"),
        (callbacks, "EarlyStoping", "Did you mean 'EarlyStopping'?"),
        (initializers, "GlorotUnifrom", "Did you mean 'GlorotUniform'?"),
        (regularizers, "L3L2", "Did you mean 'L1L2'?"),
        (constraints, "MaxNrm", "Did you mean 'MaxNorm'?"),
        (models, "Sequentail", "Did you mean 'Sequential'?"),
        (saving, "load_mdel", "Did you mean 'load_model'?"),
        (utils, "get_file", "elman downloads nothing. Fetch the file yourself, and give its path."),
        (utils, "Progbar", "`fit` shows progress by itself; see `callbacks.ProgbarLogger`."),
        (utils, "to_categoricl", "Did you mean 'to_categorical'?"),
        (elman, "lyers", "Did you mean 'layers'?"),
        (elman, "Variable", "Make weights of a layer with its `add_weight`; anything else is an"),
        (elman, "datasets", "elman downloads nothing."),
        (elman, "to_torch", "A module's `forward` is for you to write; give it `elman.state_dict("),
        (elman, "mixed_precision", "elman computes in float32 and float64; see `elman.config."),
    ],
)  # fmt: skip
def test_a_name_that_is_not_there_is_answered(module, name, fix):
    text = f"module {module.__name__!r} has no attribute {name!r}. {fix}"
    with pytest.raises(AttributeError, match=re.escape(text)):
        getattr(module, name)


@pytest.mark.parametrize("module", [elman, layers, losses, utils])
def test_python_s_own_questions_get_a_short_answer(module):
    with pytest.raises(AttributeError, match=r"no attribute '__path_of_mine__'$"):
        module.__path_of_mine__  # noqa: B018 - for its error


def test_a_module_has_what_keras_has_under_the_same_name():
    for name in saving.__all__:
        if hasattr(utils, name):
            assert getattr(utils, name) is getattr(saving, name)
    assert utils.CustomObjectScope is saving.custom_object_scope
    assert models.save_model is saving.save_model
    assert elman.InputSpec is layers.InputSpec
