"""Learning as data arrives, a timestep at a time: how a gradient is had of a past without an end.

    rtrl.py     exactly, carried forward in time: `influence.py`, `dense.py`, `pulled.py`
    window.py   through the last timesteps alone, by the kernels
    cost.py     what the first costs, and which of them "auto" takes

What a model is to both is a chain of `parts.py`; `elman.models.online` makes it, judges the
outputs, and lets the optimizer take its steps.
"""
