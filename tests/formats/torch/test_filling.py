"""Which weights of a model a state_dict is given to, and what is said where it does not fit."""

import re

import numpy as np
import pytest

import elman
from elman import layers
from elman.errors import ArgumentError, FormatError, NotBuiltError, UnsupportedError
from elman.formats.torch import load_weights, safetensors, save_state_dict, state_dict
from tests.tolerances import HALF_WEIGHTS


def tagger(cls=layers.LSTM, head=2, **options):
    return elman.Sequential(
        [
            elman.Input((None,)),
            layers.Embedding(9, 3, name="emb"),
            layers.Bidirectional(cls(4, return_sequences=True, **options), name="rnn"),
            layers.Dropout(0.5),
            layers.TimeDistributed(layers.Dense(head), name="head"),
        ]
    )


def stacked(**options):
    return elman.Sequential(
        [
            elman.Input((None, 3)),
            layers.GRU(3, return_sequences=True, name="one", **options),
            layers.GRU(3, name="two", **options),
            layers.Dense(3, name="three"),
        ]
    )


def assert_same_weights(model, arrays):
    assert all(np.array_equal(a, b) for a, b in zip(model.get_weights(), arrays, strict=True))


def refused(model, source, kind, said, names=None):
    """Check what is said, and that the model is as it was."""
    before = model.get_weights()
    with pytest.raises(kind, match=re.escape(said)):
        load_weights(model, source, names)
    assert_same_weights(model, before)


# ---------------------------------------------------------------------- there and back


@pytest.mark.parametrize("cls", [layers.SimpleRNN, layers.GRU, layers.LSTM])
@pytest.mark.parametrize("use_bias", [True, False])
@pytest.mark.parametrize("ending", [".pt", ".pth", ".safetensors", None])
def test_what_is_written_is_read_again(tmp_path, cls, use_bias, ending):
    model, other = (tagger(cls, use_bias=use_bias) for _ in range(2))
    source = state_dict(model)
    if ending is not None:
        source = tmp_path / f"m{ending}"
        save_state_dict(model, source)
    load_weights(other, source)
    assert_same_weights(other, model.get_weights())


def test_entries_have_pytorch_s_names_and_shapes():
    found = {name: array.shape for name, array in state_dict(tagger(layers.GRU)).items()}
    assert found == {
        "emb.weight": (9, 3),
        "rnn.weight_ih_l0": (12, 3), "rnn.weight_hh_l0": (12, 4),
        "rnn.bias_ih_l0": (12,), "rnn.bias_hh_l0": (12,),
        "rnn.weight_ih_l0_reverse": (12, 3), "rnn.weight_hh_l0_reverse": (12, 4),
        "rnn.bias_ih_l0_reverse": (12,), "rnn.bias_hh_l0_reverse": (12,),
        "head.weight": (2, 8), "head.bias": (2,),
    }  # fmt: skip


def test_two_biases_are_one_in_an_lstm_and_two_in_a_gru():
    lstm, gru = layers.LSTM(2), layers.GRU(2)
    for layer in (lstm, gru):
        layer.build((None, None, 1))
        layer.bias.assign(np.arange(layer.bias.array.size).reshape(layer.bias.shape))
    found = state_dict(lstm, [""])
    assert found["bias_ih_l0"].tolist() == [0, 1, 2, 3, 4, 5, 6, 7]
    assert not found["bias_hh_l0"].any()
    load_weights(lstm, found | {"bias_hh_l0": np.ones(8, "f4")})
    assert lstm.bias.array.tolist() == [1, 2, 3, 4, 5, 6, 7, 8]
    found = state_dict(gru, [""])  # elman's z r h are PyTorch's r z n
    assert found["bias_ih_l0"].tolist() == [2, 3, 0, 1, 4, 5]
    assert found["bias_hh_l0"].tolist() == [8, 9, 6, 7, 10, 11]


def test_layers_of_one_recurrent_module_bear_its_name_one_after_the_other():
    model, other = stacked(), stacked()
    found = state_dict(model, ["rnn", "rnn", "head"])
    assert [name for name in found if "weight" in name] == [
        "rnn.weight_ih_l0", "rnn.weight_hh_l0", "rnn.weight_ih_l1", "rnn.weight_hh_l1",
        "head.weight",
    ]  # fmt: skip
    load_weights(other, found)
    assert_same_weights(other, model.get_weights())


def test_models_inside_models_are_gone_through(tmp_path):
    def make():
        x = elman.Input((None, 3))
        inner = elman.Sequential([layers.LSTM(4, name="lstm"), layers.Dense(2)], name="inner")
        inner.build((None, None, 3))
        return elman.Model(x, layers.Dense(1, name="last")(inner(x)))

    model, other = make(), make()
    names = list(state_dict(model))
    assert names[0] == "inner.lstm.weight_ih_l0"
    assert names[-1] == "last.bias"
    save_state_dict(model, tmp_path / "m.pt")
    load_weights(other, tmp_path / "m.pt")
    assert_same_weights(other, model.get_weights())


def test_numbers_of_other_types_are_rounded_to_the_model_s():
    model = stacked()
    half = {name: array.astype("f2") for name, array in state_dict(model).items()}
    other = stacked(dtype="float64")
    load_weights(other, half)
    assert other.layers[0].kernel.dtype == np.float64
    assert np.abs(other.get_weights()[0] - model.get_weights()[0]).max() < HALF_WEIGHTS


class Tensor:
    """What a tensor of PyTorch has."""

    def __init__(self, array, dtype="torch.float32"):
        self.array, self.dtype = array, dtype

    def detach(self):
        return self

    def cpu(self):
        return self

    def float(self):
        return Tensor(self.array)

    def numpy(self):
        if self.dtype != "torch.float32":
            raise TypeError("Got unsupported ScalarType")
        return self.array


@pytest.mark.parametrize("dtype", ["torch.float32", "torch.bfloat16"])
def test_live_tensors_are_taken_as_arrays(dtype):
    model, other = stacked(), stacked()
    load_weights(other, {name: Tensor(a, dtype) for name, a in state_dict(model).items()})
    assert_same_weights(other, model.get_weights())
    tensors = state_dict(model) | {"three.bias": Tensor(None, "torch.float8_e5m2")}
    refused(model, tensors, UnsupportedError, "'three.bias' must be a tensor of real numbers; got")
    tensors = state_dict(model) | {"three.bias": "text"}
    refused(model, tensors, UnsupportedError, "must be a tensor of real numbers; got 'text'")
    refused(model, {3: np.zeros(2)}, ArgumentError, "`filepath` must have names as its keys; got 3")


# ---------------------------------------------------------------------- what goes where


def test_modules_that_are_not_named_are_left_out():
    model = stacked()
    more = state_dict(model) | {"conv.weight_g": np.zeros(3, "f4")}
    refused(model, more, UnsupportedError, "entry 'conv.weight_g' must be of an RNN, GRU")
    other = stacked()
    load_weights(other, more, ["one", "two", "three"])
    assert_same_weights(other, model.get_weights())


def test_a_file_without_order_does_not_say_which_of_two_alike_is_which(tmp_path):
    model, other = stacked(), stacked()
    path = tmp_path / "m.safetensors"
    save_state_dict(model, path)
    said = f"`names` must say which of 'one', 'two' is GRU 'one''s, because {path} keeps no order"
    refused(other, path, ArgumentError, said)
    load_weights(other, path, ["one", "two", "three"])
    assert_same_weights(other, model.get_weights())


def test_numbers_in_names_are_an_order(tmp_path):
    path = tmp_path / "m.safetensors"
    make = lambda: elman.Sequential(  # noqa: E731
        [elman.Input((2,)), *(layers.Dense(2, name=f"fc{i}") for i in range(12))]
    )
    model, other = make(), make()
    for weight in model.weights:
        weight.assign(np.random.default_rng(len(weight.path)).normal(size=weight.shape))
    with open(path, "wb") as file:  # as PyTorch's own library does, fc10 before fc2
        safetensors.write(file, dict(sorted(state_dict(model).items())))
    load_weights(other, path)
    assert_same_weights(other, model.get_weights())


def twice(change, said):
    return change, said, said


CASES = {  # what is changed, and what is said of it without names and with them
    "a missing entry": (
        lambda found: found.pop("rnn.bias_hh_l0"),
        "it must have entries weight_ih_l0, weight_hh_l0, bias_ih_l0, bias_hh_l0, "
        "weight_ih_l0_reverse, weight_hh_l0_reverse, bias_ih_l0_reverse, bias_hh_l0_reverse of a "
        "module for Bidirectional 'rnn'; the next are 'rnn.weight_ih_l0'",
        "entry 'rnn.bias_hh_l0' must be there for Bidirectional 'rnn'; it is not, among 'emb.wei",
    ),
    "another shape": twice(
        lambda found: found.update({"head.weight": np.zeros((3, 8), "f4")}),
        "entry 'head.weight' must have shape (2, 8) for TimeDistributed 'head'; got (3, 8)",
    ),
    "whole numbers": twice(
        lambda found: found.update({"head.bias": np.zeros(2, "i8")}),
        "entry 'head.bias' must hold floating-point numbers for TimeDistributed 'head'; got int64",
    ),
    "a layer more": (
        lambda found: found.update({"rnn.weight_ih_l1": np.zeros((16, 4), "f4")}),
        "entry 'rnn.weight_ih_l1' must be a weight of Sequential",
        "entry 'rnn.weight_ih_l1' must be a weight of one of the layers; none of Embedding 'emb', ",
    ),
    "an entry more": (
        lambda found: found.update({"head.weight_g": np.zeros(2, "f4")}),
        "entry 'head.weight_g' must be of an RNN, GRU, LSTM, Linear, Embedding, LayerNorm or Batch",
        "entry 'head.weight_g' must be a weight of one of the layers",
    ),
    "one direction": (
        lambda found: [found.pop(name) for name in list(found) if name.endswith("_reverse")],
        "'rnn.bias_hh_l0', 'head.weight', 'head.bias'. The module has one direction: take the "
        "layer out of its Bidirectional. Weights",
        "entry 'rnn.weight_ih_l0_reverse' must be there for Bidirectional 'rnn'; it is not, among "
        "'emb.weight', 'rnn.weight_ih_l0', 'rnn.weight_hh_l0', 'rnn.bias_ih_l0', 'rnn.bias_hh_l0', "
        "'head.weight', 'head.bias'. The module has one direction: take the layer out of its Bidir",
    ),
    "a projection": twice(
        lambda found: found.update({"rnn.weight_hr_l0": np.zeros((2, 4), "f4")}),
        "entry 'rnn.weight_hr_l0' must not be a projection, of an LSTM with `proj_size`; elman has",
    ),
    "a number in two ways": (
        lambda found: found.update({"rnn.bias_ih_l00": np.zeros(16, "f4")}),
        "entry 'rnn.bias_ih_l00' must be there once; it is twice",
        "entry 'rnn.bias_ih_l00' must be a weight of one of the layers",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_what_does_not_fit_is_named_and_the_model_is_as_it_was(case):
    change, by_shape, by_name = CASES[case]
    model = tagger()
    found = {name: array + 1 for name, array in state_dict(model).items()}
    change(found)
    for names, text in ((None, by_shape), (["emb", "rnn", "head"], by_name)):
        refused(model, found, (FormatError, UnsupportedError), text, names)


def test_names_must_go_with_the_layers():
    model = stacked()
    found = state_dict(model)
    own = "GRU 'one', GRU 'two', Dense 'three'"
    said = f"`names` must be a list of 3, one for each layer with weights ({own}); got "
    refused(model, found, ArgumentError, f"{said}2", ["one", "two"])
    refused(model, found, ArgumentError, f"{said}'one'", "one")
    refused(model, found, ArgumentError, f"{said}{{'one': 'rnn'}}", {"one": "rnn"})
    twice = elman.Sequential([elman.Input((2,)), layers.Dense(2), layers.Dense(2)])
    with pytest.raises(
        ArgumentError, match=r"`names` must be strings, each once unless .*; got 'a'"
    ):
        state_dict(twice, ["a", "a"])
    with pytest.raises(ArgumentError, match=r"`names` must be strings, each once unless .*; got 3"):
        state_dict(twice, ["a", 3])


def test_errors_name_what_was_called(tmp_path):
    with pytest.raises(ArgumentError, match="save_state_dict: `names` must be a list of 3"):
        save_state_dict(stacked(), tmp_path / "m.pt", ["one"])


def test_two_directions_for_a_layer_of_one_say_so():
    both = state_dict(tagger())
    model = elman.Sequential([elman.Input((None, 3)), layers.LSTM(4)])
    found = {name: array for name, array in both.items() if "rnn" in name}
    said = "The module is bidirectional: put the layer into a Bidirectional. Weights are unchanged."
    refused(model, found, FormatError, said)
    refused(model, found, FormatError, said, ["rnn"])


class Net:
    """A module, by what one has."""

    def state_dict(self):
        raise NotImplementedError


def test_a_module_is_not_its_state_dict():
    said = "load_weights: `filepath` must be a path, or names and tensors; got Net, a module. Give"
    refused(stacked(), Net(), ArgumentError, f"{said} its `state_dict()`.")


def test_a_prefix_takes_the_weights_of_a_part():
    model, other = stacked(), stacked()
    whole = {f"encoder.{n}": a for n, a in state_dict(model).items()} | {"head.weight": "no tensor"}
    load_weights(other, whole, prefix="encoder.")
    assert_same_weights(other, model.get_weights())
    with pytest.raises(ArgumentError, match=r"load_weights: `prefix` must be .* 'encoder.one.weig"):
        load_weights(other, whole, prefix="decoder.")


def test_a_cell_is_a_recurrent_module_of_one_layer():
    model, other = stacked(), stacked()
    cells = {name.removesuffix("_l0"): array for name, array in state_dict(model).items()}
    load_weights(other, cells)
    assert_same_weights(other, model.get_weights())
    refused(
        other,
        cells | state_dict(model),
        UnsupportedError,
        "entry 'one.weight_ih' must be of an RNN",
    )


def test_what_has_no_weights_is_an_error():
    with pytest.raises(NotBuiltError, match=r"LSTM '.*': the model must be built to have weights"):
        state_dict(layers.LSTM(3))
    with pytest.raises(
        ArgumentError, match="state_dict: `model` must be a model or a layer; got 3"
    ):
        state_dict(3)
    empty = elman.Sequential([elman.Input((3,)), layers.Dropout(0.5)])
    with pytest.raises(ArgumentError, match="load_weights: `model` must have weights; Sequential"):
        load_weights(empty, {})


# ---------------------------------------------------------------------- what PyTorch has not

BOTH = layers.Bidirectional
REFUSED = {
    "`reset_after` must be True, as in PyTorch's GRU; got False": layers.GRU(2, reset_after=False),
    "`activation` must be 'tanh', as in PyTorch's LSTM; got 'relu'": layers.LSTM(2, "relu"),
    "`activation` must be 'tanh', as in PyTorch's RNN; got 'gelu'": layers.SimpleRNN(2, "gelu"),
    "`recurrent_activation` must be 'sigmoid', as in PyTorch's GRU; got 'hard_sigmoid'": layers.GRU(
        2, recurrent_activation="hard_sigmoid"
    ),
    "`go_backwards` must be False, as in PyTorch's GRU; got True": layers.GRU(2, go_backwards=True),
    "`initial_state` must be None, as in PyTorch's LSTM; got 'learned'": layers.LSTM(
        2, initial_state="learned"
    ),
    "`merge_mode` must be 'concat', as in PyTorch's LSTM of both directions; got 'sum'": BOTH(
        layers.LSTM(2), "sum"
    ),
    "`units` must be 2, as in PyTorch's GRU of both directions; got 3": BOTH(
        layers.GRU(2), backward_layer=layers.GRU(3, go_backwards=True)
    ),
    "`go_backwards` must be False, as in PyTorch's GRU of both directions; got True": BOTH(
        layers.GRU(2, go_backwards=True), backward_layer=layers.GRU(2)
    ),
    "`layer` must be a SimpleRNN, GRU or LSTM in both directions to have a counterpart in PyTorch; "
    "got GRU and LSTM": BOTH(layers.GRU(2), backward_layer=layers.LSTM(2, go_backwards=True)),
    "have a counterpart in PyTorch; got MinGRU": layers.MinGRU(2),
    "have a counterpart in PyTorch; got Conv1D": layers.Conv1D(2, 1),
    "`renorm` must be False, as in PyTorch's BatchNorm1d; got True": layers.BatchNormalization(
        renorm=True
    ),
    "`center` must be False, as in PyTorch's BatchNorm1d of scale=False; got True": (
        layers.BatchNormalization(scale=False)
    ),
    "`axis` must be -1, as in PyTorch's LayerNorm; got 1": layers.LayerNormalization(axis=1),
    "`rms_scaling` must be False, as in PyTorch's LayerNorm; got True": layers.LayerNormalization(
        rms_scaling=True
    ),
    "`scale` must be True, as in PyTorch's LayerNorm with a bias; got False": (
        layers.LayerNormalization(scale=False)
    ),
}


@pytest.mark.parametrize("said", REFUSED)
def test_what_pytorch_cannot_compute_is_refused_by_name(said):
    layer = REFUSED[said]
    layer.build((None, 4, 3))
    with pytest.raises(UnsupportedError, match=re.escape(said)):
        state_dict(layer)
    with pytest.raises(UnsupportedError, match=re.escape(said)):
        load_weights(layer, {})
