"""Sequences that a model makes itself: what it puts out is its next input.

generate, rollout                  numbers or tokens, all at once or one after the other
Greedy, Sample, BeamSearch         which token is taken
ScheduledSampling                  training with what the model puts out among its inputs
"""

from elman.generation.beam_search import BeamSearch
from elman.generation.closed_loop import generate, rollout
from elman.generation.samplers import Greedy, Sample, Sampler
from elman.generation.scheduled_sampling import ScheduledSampling, inverse_sigmoid

__all__ = [
    "BeamSearch",
    "Greedy",
    "Sample",
    "Sampler",
    "ScheduledSampling",
    "generate",
    "inverse_sigmoid",
    "rollout",
]
