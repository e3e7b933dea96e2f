"""What a batch is given as."""

import re

import pytest

from elman import utils
from elman.errors import ArgumentError

x, y, w = [[1.0]], [[2.0]], [3.0]


@pytest.mark.parametrize("parts", [(x, y), (x, y, w), (x,), ((x, y),)])
def test_what_is_packed_is_unpacked_again(parts):
    found = utils.unpack_x_y_sample_weight(utils.pack_x_y_sample_weight(*parts))
    assert found == (*parts, None, None)[:3]


def test_one_input_alone_stays_as_it_is():
    assert utils.pack_x_y_sample_weight(1.0) == 1.0
    assert utils.unpack_x_y_sample_weight(1.0) == (1.0, None, None)
    assert utils.unpack_x_y_sample_weight([1.0, 2.0]) == (1.0, 2.0, None)


@pytest.mark.parametrize(
    ("attempt", "text"),
    [
        (lambda: utils.pack_x_y_sample_weight(x, sample_weight=w),
         "pack_x_y_sample_weight: `y` must be given beside `sample_weight`; got None."),
        (lambda: utils.unpack_x_y_sample_weight((x, y, w, w)),
         "unpack_x_y_sample_weight: `data` must be x, (x,), (x, y) or (x, y, sample_weight); got 4 "
         "parts."),
        (lambda: utils.unpack_x_y_sample_weight(()), "got 0 parts."),
    ],
)  # fmt: skip
def test_errors_say_what_to_do(attempt, text):
    with pytest.raises(ArgumentError, match=re.escape(text)):
        attempt()
