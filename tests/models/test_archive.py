import contextlib
import io
import json
import os
import re
import signal
import subprocess
import sys
import time
import zipfile

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import elman
from elman import Input, Model, Sequential, layers
from elman.errors import (
    ArgumentError,
    ElmanError,
    FormatError,
    NotBuiltError,
    UnsupportedError,
)
from elman.models import archive, load_model
from tests.layers.checks import normal

X, Y = normal(8, 4, 2), normal(8, 1, seed=1)


def make(optimizer="adam", **options):
    model = Sequential(
        [
            Input((None, 2)),
            layers.Bidirectional(layers.GRU(3)),
            layers.Dense(4, "relu", name="middle"),
            layers.Dense(1),
        ]
    )
    model.compile(optimizer, options.pop("loss", "mse"), metrics=["mae"], **options)
    return model


def assert_same_weights(one, other):
    for a, b in zip(one.get_weights(), other.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)


def train(model):
    model.fit(X, Y, epochs=2, batch_size=4, shuffle=False, verbose=0)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "model.elman"


# ---------------------------------------------------------------------- whole models


def test_a_loaded_model_is_the_one_that_was_saved(path):
    model = make()
    train(model)
    model.save(path)
    again = load_model(path)
    assert again.to_json() == model.to_json()
    assert_same_weights(again, model)
    np.testing.assert_array_equal(again(X), model(X))
    assert again.evaluate(X, Y, verbose=0) == model.evaluate(X, Y, verbose=0)
    assert elman.saving.load_model(path, compile=False).compiled is None


@pytest.mark.parametrize(
    "optimizer",
    [
        elman.optimizers.SGD(0.1, momentum=0.9, nesterov=True),
        elman.optimizers.RMSprop(0.01, centered=True, momentum=0.5),
        elman.optimizers.Adam(0.01, amsgrad=True, global_clipnorm=0.5),
        elman.optimizers.AdamW(0.01),
    ],
    ids=lambda optimizer: type(optimizer).__name__,
)
def test_training_goes_on_to_the_same_bits_as_without_a_break(path, optimizer):
    model = make(optimizer)
    train(model)
    model.optimizer.learning_rate = 0.02
    model.save(path)
    again = load_model(path)
    assert again.optimizer.iterations == 4
    assert again.optimizer.learning_rate == 0.02
    train(model)
    train(again)
    assert_same_weights(again, model)


def test_a_model_that_was_compiled_and_not_trained(path):
    model = make()
    model.save(path)
    again = load_model(path)
    train(model)
    train(again)
    assert_same_weights(again, model)


def test_a_model_that_was_not_compiled(path):
    x = Input((3,))
    Model(x, layers.Dense(1)(x)).save(path)
    assert load_model(path).compiled is None


def test_what_is_frozen_stays_frozen_and_trains_on_alike(path):
    model = make()
    train(model)
    model.get_layer("middle").trainable = False
    model.save(path)
    again = load_model(path)
    assert not again.get_layer("middle").trainable
    train(model)
    train(again)
    assert_same_weights(again, model)
    model.trainable = False
    model.save(path)
    assert load_model(path).trainable_weights == []


def test_models_inside_with_layers_of_the_same_name_keep_their_own_state(path):
    def inner():
        x = Input((2,))
        return Model(x, layers.Dense(2, name="same")(x))

    x = Input((2,))
    model = Model(x, inner()(inner()(x)))
    model.compile("adam", "mse")
    model.fit(X[:, 0], X[:, 1], shuffle=False, verbose=0)
    model.save(path)
    again = load_model(path)
    for each in (model, again):
        each.fit(X[:, 0], X[:, 1], shuffle=False, verbose=0)
    assert_same_weights(again, model)


@pytest.mark.parametrize(
    "options",
    [
        {"loss": elman.losses.Huber(delta=0.5)},
        {"loss": elman.losses.mean_absolute_error},
        {"loss": ["mae"]},
        {"loss": {"out": "mae"}, "metrics": {"out": ["mae", elman.metrics.MeanSquaredError("m")]}},
        {"metrics": ["accuracy"], "loss": elman.losses.BinaryCrossentropy(from_logits=True)},
        {"loss": "mse", "loss_weights": [np.float32(2)]},
    ],
    ids=range(6),
)
def test_losses_and_metrics_are_kept_however_they_were_given(path, options):
    model = Sequential([Input((4, 2)), layers.GRU(2), layers.Dense(1, name="out")])
    model.compile("sgd", **options)
    expected = model.evaluate(X, Y, verbose=0, return_dict=True)
    model.save(path)
    assert load_model(path).evaluate(X, Y, verbose=0, return_dict=True) == expected


def test_what_else_belongs_to_a_model_is_kept_with_it(path):
    extra = {"scaler": {"mean": [1.5, 2.0]}, "columns": ["a", "b"]}
    archive.save_model(make(), path, extra=extra)
    _, found = archive.load_with_extra(path)
    assert found == extra


def test_a_model_built_by_data_is_loaded_as_one(path):
    model = Sequential([layers.LSTM(3)])
    model(X)
    model.save(path)
    again = load_model(path)
    np.testing.assert_array_equal(again(X[:, :2]), model(X[:, :2]))


def test_many_weights_stay_in_order(path):
    """Beyond ten thousand, numbers of four digits no longer sort as text."""
    folder = [f"weights/{i:04d}.npy" for i in (9999, 10000, 2)]
    with zipfile.ZipFile(path, "w") as file:
        for i, name in enumerate(folder):
            archive._put_array(file, name, np.array([i]))
    with zipfile.ZipFile(path) as file:
        found = archive._get_arrays(path, file, "weights/")
    assert [array.item() for array in found] == [2, 0, 1]


# ---------------------------------------------------------------------- weights alone


def test_weights_go_into_another_model_of_the_same_architecture(tmp_path):
    path = tmp_path / "a.weights.npz"
    one, other = make(), make("sgd")
    one.save_weights(path)
    other.load_weights(str(path))
    assert_same_weights(one, other)
    with np.load(path) as file:
        assert len(file.files) == len(one.weights)


def test_weights_are_called_by_place_and_path(tmp_path):
    path = tmp_path / "a.weights.npz"
    inner = Sequential([Input((3,)), layers.Dense(2, name="d")], name="inner")
    model = Sequential([Input((4, 2)), layers.LSTM(3, name="rnn"), inner], name="outer")
    model.save_weights(path)
    with np.load(path) as file:
        assert file.files == [
            "0000/rnn/lstm_cell/kernel",
            "0001/rnn/lstm_cell/recurrent_kernel",
            "0002/rnn/lstm_cell/bias",
            "0003/inner/d/kernel",
            "0004/inner/d/bias",
        ]
        np.testing.assert_array_equal(file["0003/inner/d/kernel"], inner.get_weights()[0])


@pytest.mark.parametrize(
    ("layers_", "text"),
    [
        (
            [layers.Dense(3)],
            "the file must hold the weights of Sequential 's'; where that has 'bias' of shape (3,) "
            "it has nothing. Weights are unchanged.",
        ),
        (
            [layers.Dense(1, use_bias=False)],
            "where that has 'kernel' of shape (2, 1) it has '0000/saved/kernel' (2, 3). Weights",
        ),
        (
            [layers.Embedding(2, 3)],
            "where that has 'embeddings' of shape (2, 3) it has '0000/saved/kernel' (2, 3).",
        ),
        ([layers.Flatten()], "where that has nothing it has '0000/saved/kernel' (2, 3)."),
    ],
)
def test_weights_of_another_architecture_change_nothing(tmp_path, layers_, text):
    path = tmp_path / "a.weights.npz"
    Sequential([Input((2,)), layers.Dense(3, use_bias=False, name="saved")]).save_weights(path)
    model = Sequential([Input((2,)), *layers_], name="s")
    before = model.get_weights()
    with pytest.raises(FormatError, match=re.escape(text)):
        model.load_weights(path)
    for a, b in zip(model.get_weights(), before, strict=True):
        np.testing.assert_array_equal(a, b)


def test_weights_of_other_shapes_change_nothing(tmp_path):
    path = tmp_path / "a.weights.npz"
    Sequential([Input((2,)), layers.Dense(3), layers.Dense(2)]).save_weights(path)
    model = Sequential([Input((2,)), layers.Dense(3), layers.Dense(1)])
    before = model.get_weights()
    with pytest.raises(FormatError, match=re.escape("'kernel' of shape (3, 1) it has '0002/")):
        model.load_weights(path)
    for a, b in zip(model.get_weights(), before, strict=True):
        np.testing.assert_array_equal(a, b)


# ---------------------------------------------------------------------- crashes


class CrashError(Exception):
    """Stands for whatever may go wrong."""


@pytest.mark.parametrize("where", ["replace", "fsync", "array", "close"])
def test_a_crash_while_saving_leaves_the_old_file_and_no_other(path, monkeypatch, where):
    old = make()
    old.save(path)

    def crash(*_, **__):
        raise CrashError

    target, name = {
        "replace": (os, "replace"),
        "fsync": (os, "fsync"),
        "array": (archive, "_put_array"),
        "close": (zipfile.ZipFile, "_write_end_record"),
    }[where]
    monkeypatch.setattr(target, name, crash)
    with pytest.raises(CrashError):
        make().save(path)
    monkeypatch.undo()
    assert_same_weights(load_model(path), old)
    assert os.listdir(path.parent) == [path.name]


def test_a_first_save_that_crashes_leaves_nothing(path, monkeypatch):
    monkeypatch.setattr(os, "replace", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        make().save(path)
    assert os.listdir(path.parent) == []


SAVE_FOREVER = """
import sys, itertools, numpy as np
from elman import Input, Sequential, layers
model = Sequential([Input((8,)), layers.Dense(4000)])
for i in itertools.count(1):
    model.set_weights([np.full(w.shape, i) for w in model.weights])
    model.save(sys.argv[1])
    print(i, flush=True)
"""


@pytest.mark.skipif(os.name == "nt", reason="there is no SIGKILL")
def test_a_kill_while_saving_leaves_a_whole_file(path):
    for pause in (0.0, 0.003, 0.007):
        process = subprocess.Popen(
            [sys.executable, "-c", SAVE_FOREVER, str(path)], stdout=subprocess.PIPE
        )
        assert process.stdout is not None
        for _ in range(3):
            process.stdout.readline()
        time.sleep(pause)
        process.send_signal(signal.SIGKILL)
        process.wait()
        process.stdout.close()
        kernel, bias = load_model(path).get_weights()
        assert kernel.min() == kernel.max() == bias[0] >= 3


def test_a_file_that_may_not_be_replaced_is_named(path, monkeypatch):
    def refuse(*_):
        raise PermissionError(13, "Access is denied")

    monkeypatch.setattr(os, "replace", refuse)
    text = f"save: `filepath` must be a file that may be written; got '{path}': Access is denied."
    with pytest.raises(ArgumentError, match=re.escape(text)):
        make().save(path)
    assert os.listdir(path.parent) == []


def test_saving_leaves_the_process_s_umask_alone(path, monkeypatch):
    monkeypatch.setattr(os, "umask", lambda _: pytest.fail("every thread has the same umask"))
    make().save(path)


def test_a_saved_file_has_the_permissions_of_any_new_file(path):
    make().save(path)
    other = path.with_name("other")
    other.write_text("")
    assert path.stat().st_mode == other.stat().st_mode


# ---------------------------------------------------------------------- files that are wrong


def entries(path):
    with zipfile.ZipFile(path) as file:
        return {name: file.read(name) for name in file.namelist()}


def write(path, contents, compression=zipfile.ZIP_STORED):
    with zipfile.ZipFile(path, "w", compression) as file:
        for name, data in contents.items():
            file.writestr(name, data)


def npy(array, **options):
    buffer = io.BytesIO()
    np.lib.format.write_array(buffer, array, **options)
    return buffer.getvalue()


def headed(shape, descr="<f4", data=b"\0" * 12):
    header = io.BytesIO()
    np.lib.format.write_array_header_1_0(
        header, {"descr": descr, "fortran_order": False, "shape": shape}
    )
    return header.getvalue() + data


def edited(change):
    """Return a change of a file's entries that edits its architecture."""

    def edit(contents):
        config = json.loads(contents["model.json"])
        change(config)
        contents["model.json"] = json.dumps(config)

    return edit


def put(name, data):
    return lambda contents: contents.update({name: data})


KERNEL = "weights/0000.npy"
WRONG = {
    "no architecture": (
        lambda c: c.pop("model.json"),
        FormatError,
        "it must hold 'model.json', as elman's files do; it does not.",
    ),
    "a weight is missing": (
        lambda c: c.pop(KERNEL),
        ElmanError,
        "`weights` must be 10 arrays",
    ),
    "a weight too many": (put("weights/0010.npy", npy(np.zeros(1))), ElmanError, "must be 10"),
    "a weight of another shape": (
        put(KERNEL, npy(np.zeros((2, 2), "float32"))),
        ElmanError,
        "of shape (2, 9); got (2, 2).",
    ),
    "objects": (
        put(KERNEL, npy(np.array([{}], object), allow_pickle=True)),
        FormatError,
        f"'{KERNEL}' must hold the numbers that its header promises.",
    ),
    "text": (put(KERNEL, npy(np.array(["a"]))), FormatError, "must hold the numbers"),
    "complex numbers": (put(KERNEL, npy(np.ones(1, complex))), FormatError, "must hold the num"),
    "a huge header": (put(KERNEL, headed((2**40, 2**20))), FormatError, "must hold the numbers"),
    "a negative header": (put(KERNEL, headed((-1, -3))), FormatError, "must be a file that elman"),
    "too few numbers": (put(KERNEL, headed((2, 9))), FormatError, "must hold the numbers"),
    "no array": (put(KERNEL, b"nonsense"), FormatError, "it must be a file that elman wrote;"),
    "an empty array": (put(KERNEL, b""), FormatError, "it must be a file that elman wrote;"),
    "another version of arrays": (
        put(KERNEL, npy(np.zeros((2, 9), "float32"), version=(2, 0))),
        FormatError,
        f"'{KERNEL}' must be an array in NumPy's format 1.0; got (2, 0).",
    ),
    "no JSON": (put("model.json", "{"), FormatError, "it must be a file that elman wrote;"),
    "a list": (put("model.json", "[1]"), FormatError, "it must be a file that elman wrote;"),
    "deep JSON": (
        put("model.json", "[" * 100_000 + "]" * 100_000),
        FormatError,
        "it must be a file that elman wrote;",
    ),
    "another version": (
        edited(lambda c: c.update(elman=99)),
        FormatError,
        "'model.json' must be of elman's format 1; got 99.",
    ),
    "no model": (
        edited(lambda c: c.update(layers.serialize(layers.Dense(2, name="d")))),
        FormatError,
        "'model.json' must describe a model; got Dense 'd'.",
    ),
    "an unknown class": (
        edited(lambda c: c["config"]["layers"][1].update(class_name="os.system")),
        UnsupportedError,
        "has class os.system, which elman does not have.",
    ),
    "no layers": (
        edited(lambda c: c["config"].pop("layers")),
        ArgumentError,
        "Sequential: `config` must have a list 'layers';",
    ),
    "an unknown optimizer": (
        put("training.json", json.dumps({"optimizer": {"class_name": "Evil", "config": {}}})),
        ElmanError,
        "got 'evil'.",
    ),
    "no optimizer": (put("training.json", "{}"), FormatError, "it must be a file that elman wrote"),
    "too little state": (
        lambda c: c.pop("optimizer/0000.npy"),
        FormatError,
        "'optimizer' must hold 22 arrays; got 21.",
    ),
    "state of another shape": (
        put("optimizer/0003.npy", npy(np.zeros(2))),
        ElmanError,
        "Adam: `state` must hold",
    ),
}


@pytest.mark.parametrize("case", WRONG)
def test_a_damaged_file_is_refused_and_named(path, case):
    change, error, text = WRONG[case]
    make().save(path)
    contents = entries(path)
    change(contents)
    write(path, contents)
    with pytest.raises(error, match=re.escape(text)) as caught:
        load_model(path)
    if caught.type is FormatError:
        assert str(caught.value).startswith(f"{path}: ")


def test_what_is_no_archive_is_refused(path):
    for data in (b"", b"hello", b"PK\x03\x04" + b"\0" * 50):
        path.write_bytes(data)
        with pytest.raises(FormatError, match="a file that elman wrote, a zip; got none"):
            load_model(path)


def test_an_entry_that_is_there_twice_is_refused(path):
    make().save(path)
    with zipfile.ZipFile(path, "a") as file, pytest.warns(UserWarning, match="Duplicate name"):
        file.writestr("model.json", "{}")
    with pytest.raises(FormatError, match="every entry must be there once; got one twice"):
        load_model(path)


def test_a_compressed_entry_is_refused_so_that_nothing_unpacks_to_more(path):
    make().save(path)
    write(path, entries(path), zipfile.ZIP_DEFLATED)
    text = "'model.json' must be stored as it is; got it compressed."
    with pytest.raises(FormatError, match=re.escape(text)):
        load_model(path)


def test_truncated_files_are_refused(path):
    make().save(path)
    whole = path.read_bytes()
    for length in range(0, len(whole), len(whole) // 40):
        path.write_bytes(whole[:length])
        with pytest.raises(FormatError):
            load_model(path)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=150)
@given(data=st.data())
def test_flipped_bytes_never_raise_anything_but_elman_s_errors(path, data):
    if not path.exists():
        small = Sequential([Input((2,)), layers.Dense(1)])
        small.compile("adam", "mse")
        small.save(path)
        path.with_name("whole").write_bytes(path.read_bytes())
    damaged = bytearray(path.with_name("whole").read_bytes())
    for _ in range(data.draw(st.integers(1, 3))):
        damaged[data.draw(st.integers(0, len(damaged) - 1))] = data.draw(st.integers(0, 255))
    path.write_bytes(damaged)
    with contextlib.suppress(ElmanError):
        load_model(path)


@given(data=st.data())
def test_edited_architectures_never_raise_anything_but_elman_s_errors(tmp_path_factory, data):
    """Any value of the JSON replaced by something of another kind."""
    small = Sequential([Input((2, 2)), layers.Bidirectional(layers.LSTM(1)), layers.Dense(1)])
    config = json.loads(small.to_json())
    places = []

    def visit(node):
        pairs = node.items() if isinstance(node, dict) else enumerate(node)
        for key, value in pairs:
            places.append((node, key))
            if isinstance(value, dict | list):
                visit(value)

    visit(config)
    node, key = data.draw(st.sampled_from(places))
    node[key] = data.draw(st.sampled_from([None, -1, 7, 2.5, "x", [], {}, [1], {"a": 1}, True]))
    path = tmp_path_factory.mktemp("edited") / "m.elman"
    write(path, {"model.json": json.dumps({"elman": 1, **config})})
    with contextlib.suppress(ElmanError):  # mostly because the weights are missing
        load_model(path)


def test_loading_runs_no_code(path, tmp_path):
    marker = tmp_path / "ran"

    class Evil:
        def __reduce__(self):
            return (open, (str(marker), "w"))

    make().save(path)
    contents = entries(path)
    for name in (KERNEL, "optimizer/0002.npy"):
        evil = contents | {name: npy(np.array([Evil()], object), allow_pickle=True)}
        write(path, evil)
        with pytest.raises(FormatError, match="must hold the numbers"):
            load_model(path)
    code = {"function": {"class_name": "__lambda__", "config": {"code": "4wAAAAA="}}}
    hooks = [{"class_name": name} for name in ("os.system", "__import__('os').system('true')")]
    for hook in ({"class_name": "Lambda", "config": code}, *hooks):
        change = edited(lambda c, hook=hook: c["config"]["layers"][2].update(hook))
        evil = dict(contents)
        change(evil)
        write(path, evil)
        with pytest.raises((UnsupportedError, ArgumentError)):
            load_model(path)
    assert not marker.exists()


def named():
    return Sequential([Input((2,)), layers.Dense(1)], name="s")


class OwnLayer(layers.Dense):
    pass


class Constant:
    """A schedule without `get_config`."""

    def __call__(self, iterations):
        return 0.5


@pytest.mark.parametrize(
    ("attempt", "error", "text"),
    [
        (
            lambda d: named().save(d / "a.keras"),
            UnsupportedError,
            "a.keras'. elman has a format of its own today, and Keras's in a later version. Use '",
        ),
        (
            lambda d: named().save_weights(d / "a.weights.h5"),
            UnsupportedError,
            "Sequential 's': `filepath` must end in '.weights.npz'; got '",
        ),
        (
            lambda d: named().save(d / "a.zip"),
            ArgumentError,
            "Sequential 's': `filepath` must end in '.elman'; got",
        ),
        (
            lambda d: named().save(d / "nowhere" / "a.elman"),
            ArgumentError,
            "Sequential 's': `filepath` must be in a directory that exists; got",
        ),
        (
            lambda d: Sequential([layers.Dense(1)], name="s").save(d / "a.elman"),
            NotBuiltError,
            "Sequential 's': the model must be built to be saved; it is not. Call it on data "
            "first, or `build(input_shape)`.",
        ),
        (
            lambda d: load_model(d / "a.elman"),
            ArgumentError,
            "load: `filepath` must be a file that exists; got",
        ),
        (lambda d: load_model(d), ArgumentError, "load: `filepath` must be a file that exists"),
        (lambda d: load_model(None), ArgumentError, "load: `filepath` must be a path; got None."),
        (
            lambda d: named().save(d / "a"),
            ArgumentError,
            "a.elman'.",
        ),
        (
            lambda d: load_model(d / "a.keras"),
            UnsupportedError,
            "elman has a format of its own today, and Keras's in a later version. To take a Keras",
        ),
        (
            lambda d: named().load_weights(d / "a.weights.h5"),
            UnsupportedError,
            "elman has a format of its own today, and Keras's in a later version. To take a Keras",
        ),
    ],
)
def test_errors_name_the_argument_and_the_fix(tmp_path, attempt, error, text):
    with pytest.raises(error, match=re.escape(text)):
        attempt(tmp_path)
    assert os.listdir(tmp_path) == []


def test_a_file_that_is_there_may_be_kept(path):
    named().save(path)
    text = "Sequential 's': `filepath` must not exist yet with overwrite=False; got"
    with pytest.raises(ArgumentError, match=re.escape(text)):
        named().save(path, overwrite=False)


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"metrics": [lambda y, p: 0]}, "metric: `<lambda>` must be registered to be saved, becau"),
        ({"loss": lambda y, p: (y - p) ** 2}, "loss: `<lambda>` must be registered to be saved, b"),
        (
            {"optimizer": elman.optimizers.SGD(lambda step: 0.1)},
            "learning_rate: `<lambda>` must be registered to be saved, because it has no name",
        ),
        (
            {"optimizer": elman.optimizers.SGD(Constant())},
            "learning_rate: `learning_rate` must be a function with a name, or have a `get_config`,"
            " to be saved; got <",
        ),
    ],
)
def test_what_could_not_be_loaded_is_not_saved(path, options, text):
    model = named()
    model.compile(**{"optimizer": "sgd", "loss": "mse", **options})
    with pytest.raises(UnsupportedError, match=re.escape(text)):
        model.save(path)
    assert os.listdir(path.parent) == []


@pytest.mark.parametrize(
    ("layer", "text"),
    [
        (
            lambda: layers.Dense(1, kernel_initializer=lambda shape, dtype=None: np.ones(shape)),
            "layer: `<lambda>` must be registered to be saved, because it has no name by which it",
        ),
        (
            lambda: layers.Dropout(0.5, seed=np.random.default_rng(0)),
            "save: `seed` must be an integer or None to be saved; got Generator(",
        ),
    ],
)
def test_a_layer_that_could_not_be_loaded_is_not_saved(path, layer, text):
    model = Sequential([Input((2,)), layer()])
    with pytest.raises(UnsupportedError, match=re.escape(text)):
        model.save(path)
    assert os.listdir(path.parent) == []


def test_what_json_cannot_hold_is_not_saved(path):
    text = "save: a value must be a number, a text, or a list or dictionary of such to be saved;"
    with pytest.raises(UnsupportedError, match=re.escape(text)):
        archive.save_model(make(), path, extra={"scaler": object()})
    assert os.listdir(path.parent) == []


def test_a_file_of_the_other_kind_or_another_ending_is_named_with_what_reads_it(tmp_path):
    named().save(tmp_path / "a.elman")
    named().save_weights(tmp_path / "b.weights.npz")
    with pytest.raises(
        ArgumentError, match=r"must be a file that exists; .* Did you mean '.*a.elm"
    ):
        load_model(tmp_path / "a")
    text = (
        "it must hold weights alone, and holds a model. Take its weights with `model.set_weights("
    )
    with pytest.raises(FormatError, match=re.escape(text)):
        named().load_weights(tmp_path / "a.elman")
    text = (
        "it must hold a model, and holds weights alone. Make the model, and read them with `model"
    )
    with pytest.raises(FormatError, match=re.escape(text)):
        load_model(tmp_path / "b.weights.npz")
