"""Models and steps of one's own give Keras's numbers, as tests/golden/make_own.py wrote them."""

import json

import pytest

import elman
import elman.ops  # Keras has it as an attribute
from tests.golden.own_golden import GOLDEN, assert_same
from tests.golden.own_model_cases import CASES as MODELS
from tests.golden.own_step_cases import CASES as STEPS

CASES = MODELS | STEPS


@pytest.mark.parametrize("name", CASES)
def test_models_and_steps_of_one_s_own_give_keras_s_numbers(name):
    elman.utils.clear_session()
    found = json.loads(json.dumps(CASES[name](elman, elman.GradientTape)))
    assert_same(found, GOLDEN[name], name)
