"""Left or right? A leaky network gathers noisy evidence, as monkeys do with moving dots.

The task is neurogym's PerceptualDecisionMaking (after Britten et al. 1992) with its parameters,
made here in NumPy: 100 ms of fixation, 2000 ms of two noisy inputs of which one is stronger by the
coherence, and 100 ms to choose. The network is that of neuroscience (Song, Yang and Wang 2016; Yang
et al. 2019), whose units forget what they are told in 100 ms; a timestep is 20 ms.

    python -m pip install elman
    python examples/perceptual_decision.py
"""

import argparse
import math
import time

import numpy as np

import elman
from elman import layers

COHERENCES = np.array([0, 6.4, 12.8, 25.6, 51.2])  # percent; neurogym's
UNSEEN = np.array([0.8, 1.6, 3.2])  # weaker ones, to be tested with
TAU, DT = 100, 20  # ms: of a unit, and of a timestep
STEPS = {"fixation": 100 // DT, "stimulus": 2000 // DT, "decision": 100 // DT}
NOISE = 1 / math.sqrt(DT)  # neurogym: sigma = 1 over the root of dt in ms
FIXATE = 0  # what to do until the decision, which is 1 or 2


def trials(count, coherences, rng):
    """Return inputs (trials, 110, 3), what to do at each timestep, and each trial's coherence."""
    timesteps = sum(STEPS.values())
    choice, coherence = rng.integers(0, 2, count), rng.choice(coherences, count)
    sign = np.stack([1 - 2 * choice, 2 * choice - 1], axis=-1)
    x = np.zeros((count, timesteps, 3), "float32")
    x[:, : STEPS["fixation"], 0] = 1
    stimulus = x[:, STEPS["fixation"] : -STEPS["decision"], 1:]
    stimulus[:] = 0.5 + (sign * coherence[:, None] / 200)[:, None]
    stimulus += NOISE * rng.standard_normal(stimulus.shape)
    y = np.full((count, timesteps), FIXATE)
    y[:, -STEPS["decision"] :] = 1 + choice[:, None]
    return x, y, coherence


def ideal(coherence):
    """Return how often the best possible observer is right: it adds up all that it sees.

    The sum of differences is normal with mean n c / 100 and variance 2 n sigma^2.
    """
    n = STEPS["stimulus"]
    z = n * coherence / 100 / (NOISE * math.sqrt(2 * n))
    return 0.5 * (1 + math.erf(z / math.sqrt(2)))


def network(units):
    return elman.Sequential(
        [
            elman.Input((None, 3)),
            layers.LeakyRNN(units, "relu", tau=TAU, dt=DT, noise=0.05, return_sequences=True),
            layers.Dense(3, activation="softmax"),
        ]
    )


def importance(y):
    """Return how much each timestep counts: all of the decision as much as all of the waiting."""
    waiting = y.shape[1] - STEPS["decision"]
    return np.where(y == FIXATE, 1, waiting / STEPS["decision"]).astype("float32")


def evidence_axis(model, x):
    """Return the first principal component of what tells states of trials apart, and the evidence.

    What all trials share at a timestep, a clock, is taken away first.
    """
    states = np.array(model.layers[0](x))
    states -= states.mean(axis=0)
    _, _, axes = np.linalg.svd(states.reshape(-1, states.shape[-1]), full_matrices=False)
    return states @ axes[0], np.cumsum(x[..., 1] - x[..., 2], axis=1)


def plot(file, curve, path, evidence):
    """Draw the psychometric curve, and the state's way along its first component."""
    import matplotlib.pyplot as plt

    figure, (left, right) = plt.subplots(1, 2, figsize=(8, 3.2), layout="constrained")
    fine = np.linspace(0, 26, 200)
    left.plot(fine, [ideal(c) for c in fine], color="0.6", label="ideal observer")
    shown = [c for c in sorted(curve) if c < 26]
    left.plot(shown, [curve[c] for c in shown], "o", label="network")
    left.set(xlabel="coherence, %", ylabel="share of right choices")
    left.legend()
    for way, total in zip(path[:30], evidence[:30, -1], strict=True):
        right.plot(np.arange(len(way)) * DT, way, color="C0" if total > 0 else "C3", linewidth=0.7)
    right.set(xlabel="time, ms", ylabel="first principal component")
    figure.savefig(file, dpi=64)


def main(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--short", action="store_true", help="fewer trials: seconds")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--plot", metavar="FILE", help="draw the result (needs matplotlib)")
    options = parser.parse_args(arguments)
    count = 20_000 if options.short else 60_000

    rng = np.random.default_rng(options.seed)
    elman.utils.set_random_seed(options.seed)
    model = network(64)
    x, y, _ = trials(count, COHERENCES, rng)
    rate = elman.optimizers.schedules.CosineDecay(0.002, count // 50)
    model.compile(elman.optimizers.Adam(rate, clipnorm=1.0), "sparse_categorical_crossentropy")
    start = time.perf_counter()
    model.fit(x, y, sample_weight=importance(y), batch_size=50, verbose=0)
    seconds = time.perf_counter() - start

    print(f"{'share of right choices':24}{elman.__name__:>10}{'ideal observer':>16}")
    curve = {}
    for coherence in np.sort(np.concatenate([COHERENCES, UNSEEN])):
        x, y, _ = trials(5_000, [coherence], rng)
        done = model.predict(x, batch_size=1000, verbose=0).argmax(axis=-1)
        curve[coherence] = np.mean(done[:, -1] == y[:, -1])
        new = "  (never seen before)" if coherence in UNSEEN else ""
        label = f"coherence {coherence:4.1f} %"
        print(f"{label:24}{curve[coherence]:10.3f}{ideal(coherence):16.3f}{new}")
    overall = np.mean([curve[c] for c in COHERENCES])
    best = np.mean([ideal(c) for c in COHERENCES])
    print(f"{'mean over the task':24}{overall:10.3f}{best:16.3f}")

    x, _, coherence = trials(500, COHERENCES, rng)
    path, evidence = evidence_axis(model, x)
    end = -1 - STEPS["decision"]  # the last timestep of the stimulus
    agrees = abs(np.corrcoef(path[:, end], evidence[:, end])[0, 1])
    print(f"\nfirst component of the states against the evidence so far: correlation {agrees:.2f}")
    print(f"{count} trials, each seen once; trained in {seconds:.1f} s")
    if options.plot:
        plot(options.plot, curve, path, evidence)
    return {"right": overall, "weak": curve[3.2], "agrees": agrees, "seconds": seconds}


if __name__ == "__main__":
    main()
