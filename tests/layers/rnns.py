"""RNN layers of elman's cells, built."""

from elman import layers
from tests.layers.checks import BATCH, FEATURES, TIMESTEPS, UNITS, normal

X = normal(BATCH, TIMESTEPS, FEATURES)


def cells(**options):
    return [layers.GRUCell(UNITS, **options), layers.LSTMCell(3, **options)]
