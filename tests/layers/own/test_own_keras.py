"""Layers of one's own are what they are in Keras, as tests/golden/make_own.py has written it."""

import json

import pytest

import elman
import elman.ops  # Keras has it as an attribute
from tests.golden.own_golden import GOLDEN, assert_same
from tests.golden.own_layer_cases import CASES as LAYERS
from tests.golden.own_loss_cases import CASES as LOSSES

CASES = LAYERS | LOSSES


@pytest.mark.filterwarnings("ignore:.*the mask of its input ends here")
@pytest.mark.parametrize("name", CASES)
def test_layers_of_one_s_own_are_keras_s(name):
    elman.utils.clear_session()
    found = json.loads(json.dumps(CASES[name](elman, elman.GradientTape)))
    assert_same(found, GOLDEN[name], name)
