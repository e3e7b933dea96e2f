"""`elman.from_torch`, with stand-ins for PyTorch's modules; real ones: `round_trips`."""

import re
from collections import OrderedDict

import numpy as np
import pytest

import elman
from elman.errors import ArgumentError, UnsupportedError
from tests.tolerances import EXACT, TORCH_OUTPUT

RNG = np.random.default_rng(0)


class Parameter:
    """A tensor as PyTorch's modules have it."""

    def __init__(self, *shape, dtype="float32", requires_grad=True):
        self.array = RNG.normal(size=shape).astype(dtype)
        self.dtype, self.requires_grad = f"torch.{dtype}", requires_grad

    def detach(self):
        return self

    def cpu(self):
        return self

    def numpy(self):
        return self.array


class Module:
    """What `from_torch` asks of a module."""

    def __init__(self, parameters=None, children=None, **arguments):
        self._parameters, self._modules = parameters or {}, children or {}
        vars(self).update(arguments)

    def modules(self):
        return [self, *(each for child in self._modules.values() for each in child.modules())]

    def parameters(self):
        return [p for module in self.modules() for p in module._parameters.values()]

    def state_dict(self, prefix=""):
        found = {f"{prefix}{name}": p for name, p in self._parameters.items()}
        for name, child in self._modules.items():
            found |= child.state_dict(f"{prefix}{name}.")
        return found


def make(kind, parameters=None, children=None, where="torch.nn.modules", **arguments):
    return type(kind, (Module,), {"__module__": where})(parameters, children, **arguments)


def linear(*, bias=True, **options):
    parameters = {"weight": Parameter(2, 3, **options)}
    held = parameters | ({"bias": Parameter(2, **options)} if bias else {})
    return make("Linear", held, in_features=3, out_features=2, bias=held.get("bias"))


def recurrent(kind="LSTM", gates=4, count=1, both=False, **arguments):
    parameters, features = {}, 3
    for i in range(count):
        for end in ("", "_reverse")[: 1 + both]:
            parameters |= {
                f"weight_ih_l{i}{end}": Parameter(gates * 2, features),
                f"weight_hh_l{i}{end}": Parameter(gates * 2, 2),
                f"bias_ih_l{i}{end}": Parameter(gates * 2),
                f"bias_hh_l{i}{end}": Parameter(gates * 2),
            }
        features = 2 * (1 + both)
    options = {"dropout": 0.0, "proj_size": 0, "nonlinearity": "tanh"} | arguments
    return make(
        kind, parameters, input_size=3, hidden_size=2, num_layers=count, bias=True,
        bidirectional=both, **options,
    )  # fmt: skip


def sequential(*modules):
    return make("Sequential", None, {str(i): module for i, module in enumerate(modules)})


def kinds(model):
    return [type(layer).__name__ for layer in model.layers]


def test_a_linear_module_becomes_a_dense_layer():
    module = linear()
    model = elman.from_torch(module)
    x = np.ones((4, 3), "float32")
    want = x @ module._parameters["weight"].array.T + module._parameters["bias"].array
    assert model.input_shape == (None, 3)
    assert np.allclose(model(x), want)
    assert elman.from_torch(linear(bias=False), (None, 3)).input_shape == (None, None, 3)


def test_layers_of_a_recurrent_module_become_layers_with_dropout_between():
    model = elman.from_torch(recurrent(count=3, both=True, dropout=0.5))
    assert kinds(model) == ["Bidirectional", "Dropout"] * 2 + ["Bidirectional"]
    assert model.layers[1].rate == 0.5
    assert model.input_shape == (None, None, 3)
    assert model.output_shape == (None, None, 4)
    assert kinds(elman.from_torch(recurrent("GRU", 3, 2))) == ["GRU", "GRU"]


def cell(kind, gates, **arguments):
    shapes = {"weight_ih": (gates * 2, 3), "weight_hh": (gates * 2, 2)}
    shapes |= dict.fromkeys(("bias_ih", "bias_hh"), (gates * 2,))
    parameters = {name: Parameter(*shape) for name, shape in shapes.items()}
    return make(kind, parameters, input_size=3, hidden_size=2, bias=True, **arguments)


@pytest.mark.parametrize(
    ("kind", "gates", "options"),
    [("RNN", 1, {"nonlinearity": "relu"}), ("GRU", 3, {}), ("LSTM", 4, {})],
)
def test_a_cell_becomes_the_layer_that_takes_it_through_a_sequence(kind, gates, options):
    module = cell(f"{kind}Cell", gates, **options)
    model = elman.from_torch(module)
    same = {f"{name}_l0": each.array for name, each in module.state_dict().items()}
    whole = elman.load_torch(same, kind, input_size=3, hidden_size=2, batch_first=True, **options)
    x = RNG.normal(size=(2, 5, 3)).astype("float32")
    assert model.input_shape == (None, None, 3)
    assert np.array_equal(model(x), whole(x)[0])


def test_a_module_that_reads_time_first_is_told_and_called_what_it_is():
    said = (
        "from_torch: the model reads .batch, timesteps, features., but the module has `batch_firs"
    )
    with pytest.warns(UserWarning, match=said):
        model = elman.from_torch(recurrent(batch_first=False))
    assert repr(model) == "<Sequential name=lstm_batch_first, built=True>"
    assert elman.from_torch(recurrent(batch_first=True)).name != "lstm_batch_first"


class BatchNorm1d(Module):
    """Beside its parameters it has averages, and counts batches."""

    __module__ = "torch.nn.modules"

    def __init__(self, affine=True, **options):
        held = {"weight": Parameter(3), "bias": Parameter(3)} if affine else {}
        super().__init__(held, num_features=3, affine=affine, eps=1e-4, **options)
        self.averages = {"running_mean": Parameter(3), "running_var": Parameter(3)}
        self.averages["running_var"].array = np.abs(self.averages["running_var"].array)

    def state_dict(self, prefix=""):
        averages = {f"{prefix}{name}": each for name, each in self.averages.items()}
        return super().state_dict(prefix) | averages


@pytest.mark.parametrize("affine", [True, False])
def test_batch_norm_goes_by_its_averages(affine):
    module = BatchNorm1d(affine, momentum=0.25, track_running_stats=True)
    model = elman.from_torch(module)
    held = {name: each.array for name, each in module.state_dict().items()}
    x = RNG.normal(size=(4, 3)).astype("float32")
    want = (x - held["running_mean"]) / np.sqrt(held["running_var"] + 1e-4)
    want = want * held.get("weight", 1) + held.get("bias", 0)
    assert np.abs(model(x) - want).max() < TORCH_OUTPUT
    assert model.layers[0].momentum == 0.75
    channels = elman.from_torch(module, (3, 5))  # the axis behind the batch's, as PyTorch has it
    x = RNG.normal(size=(4, 3, 5)).astype("float32")
    assert np.abs(channels(x)[:, :, 2] - model(x[:, :, 2])).max() < TORCH_OUTPUT


def test_flatten_and_both_gelus_become_layers():
    flat = elman.from_torch(make("Flatten", start_dim=1, end_dim=-1), (2, 3))
    assert flat.output_shape == (None, 6)
    x = np.linspace(-3, 3, 7, dtype="float32")
    for approximate in ("none", "tanh"):
        model = elman.from_torch(make("GELU", approximate=approximate), (7,))
        want = elman.ops.gelu(x, approximate=approximate == "tanh")
        assert np.abs(model(x[None]) - want).max() < TORCH_OUTPUT


def test_a_relu_network_keeps_its_activation():
    model = elman.from_torch(recurrent("RNN", 1, nonlinearity="relu"))
    assert model.layers[0].activation is elman.activations.relu


def test_modules_in_a_row_become_layers_in_a_row():
    table = make(
        "Embedding", {"weight": Parameter(9, 3)}, num_embeddings=9, embedding_dim=3, max_norm=None
    )
    held = {"weight": Parameter(3), "bias": Parameter(3)}
    norm = make("LayerNorm", held, normalized_shape=(3,), eps=1e-3, **held)
    slope, rate = make("LeakyReLU", negative_slope=0.1), make("Dropout", p=0.25)
    module = sequential(
        table, sequential(norm, linear()), slope, rate, make("Identity"), make("Tanh")
    )
    model = elman.from_torch(module)
    assert kinds(model) == [
        "Embedding", "LayerNormalization", "Dense", "LeakyReLU", "Dropout", "Activation",
    ]  # fmt: skip
    assert model.input_shape == (None, None)
    assert model.layers[1].epsilon == 1e-3
    assert np.array_equal(model.layers[2].kernel.array, module.state_dict()["1.1.weight"].array.T)
    plain = make("LayerNorm", normalized_shape=(3,), eps=1e-5, weight=None, bias=None)
    assert elman.from_torch(sequential(plain, make("ELU", alpha=0.5))).weights == []


def test_a_module_of_float64_is_a_model_of_float64():
    model = elman.from_torch(linear(dtype="float64"))
    assert {weight.dtype for weight in model.weights} == {np.dtype("float64")}
    half = elman.from_torch(linear(dtype="float16"))
    assert {weight.dtype for weight in half.weights} == {np.dtype("float32")}


def test_inputs_of_a_model_of_float64_keep_their_digits():
    module = sequential(make("Tanh"), linear(dtype="float64"))
    x = np.full((1, 3), 1 / 3)
    weight, bias = (parameter.array for parameter in module.parameters())
    assert np.abs(elman.from_torch(module)(x) - (np.tanh(x) @ weight.T + bias)).max() < EXACT


def test_what_requires_no_gradient_is_not_trained():
    model = elman.from_torch(sequential(linear(requires_grad=False), make("ReLU")))
    assert model.trainable_weights == []
    assert len(elman.from_torch(linear()).trainable_weights) == 2


def test_a_module_in_several_places_is_one_layer():
    tied = make("Linear", {"weight": Parameter(3, 3)}, in_features=3, out_features=3, bias=None)
    tanh = make("Tanh")
    model = elman.from_torch(sequential(tied, tanh, sequential(tied, tanh), tied))
    weight = tied._parameters["weight"].array.T
    x = np.full((2, 3), 0.5, "float32")
    want = np.tanh(np.tanh(x @ weight) @ weight) @ weight
    assert kinds(model) == ["InputLayer", "Dense", "Activation"]
    assert model.count_params() == 9
    assert np.abs(model(x) - want).max() < TORCH_OUTPUT


def tied_embedding():
    table = make(
        "Embedding", {"weight": Parameter(2, 3)}, num_embeddings=2, embedding_dim=3, max_norm=None
    )
    back = make("Linear", dict(table._parameters), in_features=3, out_features=2, bias=None)
    return sequential(table, back)


def tied_inside():
    module = recurrent(count=2)
    module._parameters["bias_hh_l1"] = module._parameters["bias_hh_l0"]
    return sequential(module)


def hooked(name):
    module = linear()
    setattr(module, name, {0: max})
    return module


class Own(Module):
    """A module that somebody wrote."""


BY_HAND = "Make the model by hand, and call `elman.load_weights(model, module.st"
WRONG = {
    "the module must be torch.nn's own, such as LSTM, Linear or a Sequential of those; got Own. "
    + BY_HAND: Own(),
    "module '1' must be torch.nn's own": sequential(linear(), Own()),
    "module '1' must be one that elman has, such as LSTM, Linear or a Sequential of those; got "
    "Conv1d": sequential(linear(), make("Conv1d")),
    "`proj_size` of LSTM must be 0, because elman has no other; got 2": recurrent(proj_size=2),
    "`max_norm` of Embedding of module '0' must be None, because elman has no other; got 1.0": (
        sequential(make("Embedding", num_embeddings=2, embedding_dim=2, max_norm=1.0))
    ),
    "`dim` of Softmax must be -1, because elman has no other; got 1": make("Softmax", dim=1),
    "parameter '1.weight' must be its module's own, because layers have weights of their own; it "
    "is that of '0.weight' too. Clone one.": tied_embedding(),
    "parameter '0.bias_hh_l1' must be its module's own": tied_inside(),
    "module '1' must compute what Linear does; got `_forward_hooks` of its own, which elman can't "
    "run. Remove it first.": sequential(make("Tanh"), hooked("_forward_hooks")),
    "the module must compute what Linear does; got `_forward_pre_hooks`": hooked(
        "_forward_pre_hooks"
    ),
    "the module must compute what Linear does; got `forward` of its own": hooked("forward"),
    "`momentum` of BatchNorm1d must be a number, because elman has no cumulative averages; "
    "got None": BatchNorm1d(momentum=None),
    "`track_running_stats` of BatchNorm1d must be True, because elman has no other; got False": (
        BatchNorm1d(momentum=0.1, track_running_stats=False)
    ),
    "`end_dim` of Flatten must be -1, because elman has no other; got 2": make(
        "Flatten", start_dim=1, end_dim=2
    ),
    "`normalized_shape` of LayerNorm must be one size, that of the last axis; got (2, 3)": make(
        "LayerNorm", normalized_shape=(2, 3)
    ),
}  # fmt: skip


@pytest.mark.parametrize("said", WRONG)
def test_what_elman_has_no_counterpart_of_is_refused_by_name(said):
    with pytest.raises(UnsupportedError, match=re.escape(f"from_torch: {said}")):
        elman.from_torch(WRONG[said])


def test_what_is_no_module_or_has_no_size_is_an_error():
    with pytest.raises(ArgumentError, match=r"`module` must be a torch\.nn\.Module; got 3"):
        elman.from_torch(3)
    said = "got a dict. Weights alone, or a file of them, are for `elman.load_weights(model, …)`."
    with pytest.raises(ArgumentError, match=re.escape(said)):
        elman.from_torch({"weight": np.ones(1000)})
    with pytest.raises(ArgumentError, match="got an OrderedDict"):
        elman.from_torch(OrderedDict())
    with pytest.raises(ArgumentError, match="`input_shape` must be given for modules without wei"):
        elman.from_torch(make("Tanh"))
    assert elman.from_torch(make("Tanh"), (3,)).output_shape == (None, 3)
