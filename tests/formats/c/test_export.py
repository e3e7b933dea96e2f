"""What `model.export` writes in C, what it tells about it, and what it refuses."""

import re
import subprocess

import numpy as np
import pytest

import elman
from elman import kernels, layers
from elman.errors import ArgumentError, KeywordError, NotBuiltError, UnsupportedError
from elman.formats.c.spelling import comment, number
from tests.formats.c.compiled import needs_gcc
from tests.formats.c.models import MODELS, of


def lstm():
    return of(layers.LSTM(8, return_sequences=True, name="memory"), layers.Dense(1), features=1)


def test_sizes_are_those_of_the_struct_and_of_the_weights(tmp_path):
    found = lstm().export(tmp_path / "model.h")
    assert found.ram == 4 * (8 + 8 + 32)
    assert found.flash == 4 * lstm().count_params()
    assert found.difference is None
    assert str(found) == "model.h: 192 bytes of RAM, 1316 of flash for the weights"
    text = (tmp_path / "model.h").read_text()
    assert "RAM    192 bytes in each model_t: 64 of states, and 128 that a step works in" in text
    assert "flash  1316 bytes of weights, and the code" in text


def test_bytes_are_a_quarter_and_say_how_far_they_are_off(tmp_path):
    found = lstm().export(tmp_path / "model.h", weights_dtype="int8")
    assert found.flash == (32 + 8 * 32 + 8) + 4 * (32 + 32 + 1) + 4 * (32 + 1)
    assert 0 < found.difference < 0.05
    assert str(found).endswith(f"changes the outputs by up to {found.difference:.2g}")
    assert f"{found.difference:.2g} in 2000 timesteps" in (tmp_path / "model.h").read_text()


@pytest.mark.parametrize("name", ["words_but_0", "gru"])
def test_what_bytes_cost_is_the_same_whatever_runs_here(name, tmp_path, kernels_restored):
    found = []
    for implementation in ("reference", kernels.status().implementation):
        kernels.use(implementation)
        export = MODELS[name]().export(tmp_path / "model.h", weights_dtype="int8")
        found.append(export.difference)
    assert found[0] == pytest.approx(found[1], abs=1e-6)


def test_a_place_in_scratch_is_used_again_when_nobody_reads_it_any_more(tmp_path):
    parts = [layers.Dense(10) for _ in range(6)]
    assert of(*parts).export(tmp_path / "model.h").ram == 4 * 20


def test_weights_are_in_a_file_of_their_own_where_that_is_asked_for(tmp_path):
    found = lstm().export(tmp_path / "model.c", weights="separate", test=True)
    names = [path.name for path in found.files]
    assert names == ["model.c", "model_weights.h", "model_test.c"]
    assert "static const float" not in (tmp_path / "model.c").read_text()
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(names)


@pytest.mark.parametrize("value", [0.1, 3, -1e-30, 1e38, 1.1754944e-38, 1e-45, 0.0])
def test_a_number_is_read_back_as_it_is(value):
    text = number(value)
    assert re.fullmatch(r"-?\d+(\.\d+)?(e[+-]?\d+)?f", text)
    assert "." in text or "e" in text
    assert np.float32(float(text[:-1])) == np.float32(value)


@pytest.mark.parametrize("name", ["*/ int x; /*", "??/", "a\\", "a\nint x;", "é\u2028"])
def test_no_name_of_a_layer_becomes_code(name):
    assert not {"*", "/", "\\", "\n", "?"} & set(comment(name))


@needs_gcc
def test_layers_of_any_name_compile(tmp_path):
    model = of(layers.GRU(2, name='*\\ "??)\n#error'))
    model.export(tmp_path / "model.h", test=True)
    command = ["gcc", "-std=c99", "-Wall", "-Werror", "-fsyntax-only", "model_test.c"]
    assert subprocess.run(command, cwd=tmp_path).returncode == 0


@needs_gcc
def test_a_token_that_is_none_changes_nothing(tmp_path):
    MODELS["words_but_0"]().export(tmp_path / "model.h")
    (tmp_path / "main.c").write_text("""
#include <string.h>
#include "model.h"
int main(void)
{
    static model_t m, before;
    float y[3] = {7.0f, 7.0f, 7.0f};
    const int wrong[] = {-1, 0, 11, 2147483647, -2147483647}, some[] = {1, 2, 0, 3};
    int i;
    model_reset(&m);
    if (model_step(&m, 10, y) != 0) return 1;
    before = m;
    y[0] = 7.0f;
    for (i = 0; i < 5; i++) if (model_step(&m, wrong[i], y) != -1) return 2;
    if (model_run(&m, some, 4, y) != -1 || y[0] != 7.0f) return 3;
    if (memcmp(&m, &before, sizeof m) != 0) return 4;
    return model_run(&m, some, 2, y) != 0 || y[0] == 7.0f ? 5 : 0;
}
""")
    subprocess.run(["gcc", "main.c", "-o", "main", "-lm"], cwd=tmp_path, check=True)
    assert subprocess.run([tmp_path / "main"]).returncode == 0


@needs_gcc
def test_the_inline_exponential_is_right_to_the_last_digits(tmp_path):
    of(layers.LSTM(1)).export(tmp_path / "model.h", exp="inline")
    (tmp_path / "main.c").write_text(
        """
#include <stdio.h>
#include "model.h"
int main(void)
{
    float x, worst = 0.0f;
    for (x = -86.9f; x < 86.9f; x += 0.00137f) {
        const double e = fabs(model_exp(x) / exp((double)x) - 1.0);
        if (e > (double)worst) worst = (float)e;
    }
    if (!(model_exp(NAN) != model_exp(NAN))) return 1;
    if (!(model_sigmoid(1e30f) == 1.0f && model_sigmoid(-INFINITY) < 1e-37f)) return 2;
    if (!(model_tanh(INFINITY) == 1.0f && model_tanh(-1e30f) == -1.0f)) return 3;
    if (model_exp(0.0f) != 1.0f || model_tanh(0.0f) != 0.0f) return 4;
    printf("%g", (double)worst);
    return 0;
}
"""
    )
    subprocess.run(["gcc", "-std=c99", "main.c", "-o", "main", "-lm"], cwd=tmp_path, check=True)
    found = subprocess.run([tmp_path / "main"], capture_output=True, text=True)
    assert found.returncode == 0
    assert float(found.stdout) < 2.5e-7


@pytest.mark.parametrize("name", ["int", "int8", "size", "1a", "a b", "a-b", "", "_a", "a" * 41])
def test_a_name_that_c_cannot_have_is_refused(name, tmp_path):
    with pytest.raises(
        ArgumentError,
        match=r"export: `name` must be a letter, then letters, digits and _, at most 40 in all, "
        r"not all of them capitals, and no word of C's own; got " + re.escape(repr(name)),
    ):
        lstm().export(tmp_path / "model.h", name=name)


def test_a_file_whose_name_is_none_in_c_asks_for_one(tmp_path):
    with pytest.raises(ArgumentError, match=r"got 'my-model'\. Give one, as in `name='model'`\."):
        lstm().export(tmp_path / "my-model.h")
    lstm().export(tmp_path / "my-model.h", name="other")
    assert "other_step" in (tmp_path / "my-model.h").read_text()


@pytest.mark.parametrize(
    ("file", "options", "error", "text"),
    [
        ("model.tflite", {}, ArgumentError, "export: `filepath` must end in '.c'"),
        ("model.h", {"format": "tf"}, ArgumentError, "`format` must be one of 'c', "),
        ("model.x", {"format": "c"}, ArgumentError, "`filepath` must end in '.h' or '.c'; got"),
        ("my model.h", {"name": "m"}, ArgumentError, "`filepath` must be named by letters, digits"),
        ("no/model.h", {}, ArgumentError, "must be in a directory that exists; got"),
        (
            "model.h",
            {"weights": "x"},
            ArgumentError,
            "`weights` must be one of 'inside', 'separate'",
        ),
        (
            "model.h",
            {"weights_dtype": "int4"},
            ArgumentError,
            "must be one of 'float32', 'int8'; got",
        ),
        (
            "model.h",
            {"step": True},
            KeywordError,
            "export: `step` must be an argument that expo",
        ),
        ("model.h", {"exp": "fast"}, ArgumentError, "`exp` must be one of 'inline', 'libm'; got"),
    ],
)
def test_arguments_are_checked(file, options, error, text, tmp_path):
    with pytest.raises(error, match=re.escape(text)):
        lstm().export(tmp_path / file, **options)
    assert not list(tmp_path.iterdir())


def test_a_file_that_is_there_stays_without_overwrite(tmp_path):
    (tmp_path / "model.h").write_text("mine")
    text = r"`filepath` must not exist yet with overwrite=False; got "
    with pytest.raises(ArgumentError, match=text):
        lstm().export(tmp_path / "model.h", overwrite=False)
    assert (tmp_path / "model.h").read_text() == "mine"


def test_a_model_that_is_not_built_is_refused(tmp_path):
    with pytest.raises(NotBuiltError, match="the model must be built to be exported; it is not"):
        elman.Sequential([layers.LSTM(2)]).export(tmp_path / "model.h")


def own(x):
    return x * 2


@pytest.mark.parametrize(
    ("part", "text"),
    [
        (layers.Bidirectional(layers.LSTM(2), name="b"), "Bidirectional 'b', which also reads"),
        (layers.LSTM(2, go_backwards=True), "reads the sequence from its end (`go_backwards=True`"),
        (layers.GRUD(2, name="g"), "GRUD 'g', which has a cell that goes on from more than its st"),
        (layers.Masking(name="m"), "Masking 'm', which skips timesteps; leave those out"),
        (layers.Dense(2, activation=own), "activations must be some that elman has in C; got"),
        (layers.GRU(2, activation="softmax"), "which has 'softmax'. They are linear, relu,"),
        (
            layers.TimeDistributed(layers.Reshape((3, 1))),
            "puts out more than features at a timestep",
        ),
        (
            layers.TimeDistributed(elman.Sequential([layers.Reshape((3, 1)), layers.Flatten()])),
            "every layer must have a form in C to be exported; got",
        ),
    ],
)
def test_what_has_no_form_in_c_is_refused_by_name(part, text, tmp_path):
    model = elman.Sequential([elman.Input((None, 3)), part])
    with pytest.raises(UnsupportedError, match=re.escape(text)):
        model.export(tmp_path / "model.h")
    assert not list(tmp_path.iterdir())


def test_several_inputs_or_outputs_are_refused(tmp_path):
    x = elman.Input((None, 3))
    model = elman.Model(x, [layers.GRU(2)(x), layers.GRU(2)(x)])
    text = "a model must have one input and one output to be written in C; got 1 and 2"
    with pytest.raises(UnsupportedError, match=text):
        model.export(tmp_path / "model.h")


@pytest.mark.parametrize("weights_dtype", ["float32", "int8"])
def test_weights_that_are_no_numbers_are_refused(weights_dtype, tmp_path):
    model = of(layers.GRU(2, name="broken"))
    model.layers[0].kernel.assign(np.full((3, 6), np.nan))
    text = "GRU 'broken': the weights must be finite in float32 to be written in C; got NaN or inf"
    with pytest.raises(UnsupportedError, match=text):
        model.export(tmp_path / "model.h", weights_dtype=weights_dtype)
    assert not list(tmp_path.iterdir())


def test_outputs_that_overflow_cannot_be_compared(tmp_path):
    model = of(layers.Dense(2, use_bias=False), features=4)
    model.layers[0].kernel.assign(np.full((4, 2), 3e38))
    model.export(tmp_path / "model.h")
    text = "model.h: the expected outputs must be finite in float32 to be written in C; got NaN or"
    with pytest.raises(UnsupportedError, match=text):
        model.export(tmp_path / "model.h", test=True)


def test_training_goes_on_after_an_export_as_if_there_had_been_none(tmp_path):
    model = lstm()
    before = [w.copy() for w in model.get_weights()]
    model.export(tmp_path / "model.h", weights_dtype="int8", test=True)
    assert all((a == b).all() for a, b in zip(before, model.get_weights(), strict=True))
