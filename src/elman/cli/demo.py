"""`elman demo`: the notebook's two halves, the inside of a trained net, and a real forecast.

Every number that it prints is computed then and there.
"""

import contextlib
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from elman import kernels
from elman.cli import by_hand, picture, recall
from elman.layers import GRU, Input, SimpleRNN
from elman.models import Model, Sequential

if TYPE_CHECKING:
    from rich.console import Console

    from elman.callbacks import Callback

PRINTED_WEIGHTS = (
    [[0.9035779, 0.64490056], [0.7345513, -0.7053789]],
    [[0.4672321, 0.8841347], [0.8841347, -0.4672321]],
    [0.0, 0.0],
)  # those that the notebook shows
EVERY = 4000  # epochs between two losses that are printed
WIDTH, TABLE = 80, 76  # columns, at most, of a paragraph and of a model's summary
LABEL = 30  # columns of what stands in front of a number


def run(console: "Console") -> None:
    """Show all four parts.

    Args:
        console: where to.
    """
    start = time.perf_counter()
    _first_half(console)
    _second_half(console)
    _inside(console)
    _real_data(console)
    seconds, (implementation, reason) = time.perf_counter() - start, kernels.status()
    _say(
        console,
        f"All of this took {seconds:.0f} seconds, with the kernels {implementation} ({reason}). "
        "Now your own data: `elman train FILE --target COLUMN`.",
    )


# ---------------------------------------------------------------------- the notebook


def _first_half(console: "Console") -> None:
    """Look into a SimpleRNN with the weights that the notebook printed."""
    from elman.activations import relu

    _title(console, "1. The notebook, first half: look into a SimpleRNN")
    _say(
        console,
        "Two inputs, [2 2] and then [3 3], go through a SimpleRNN of two units. It has the weights "
        "that the notebook printed, so its output must be the printed one too: the kernel W takes "
        "in the input, the recurrent kernel R the state before, and the bias b is added.",
    )
    x = np.array([[[2, 2], [3, 3]]])
    inputs = Input((2, 2), name="x")
    rnn = SimpleRNN(2, return_state=True, activation="relu", name="simple_rnn")
    model = Model(inputs, rnn(inputs), name="first_half")
    model.set_weights(PRINTED_WEIGHTS)
    console.print()
    console.print("  model.weights", highlight=False)
    _weights(console, model)
    output, state = model.predict(x, verbose=0)
    W, R, b = model.get_weights()
    h1 = relu(x[:, 0].astype(np.float32) @ W + b)
    h2 = relu(x[:, 1].astype(np.float32) @ W + h1 @ R + b)
    _line(console, "output", output)
    _line(console, "state", state)
    _line(console, "by hand, relu(x W + h R + b)", h2)
    _say(console, "Its summary counts 4 + 4 + 2 parameters.")
    model.summary(
        line_length=min(TABLE, console.width),
        print_fn=lambda text: console.print(text.rstrip(), markup=False, highlight=False),
    )


def _weights(console: "Console", model: Model) -> None:
    """Print which weight is which: its place in `model.weights`, name, shape and value."""
    for i, weight in enumerate(model.weights):
        value = np.array2string(weight.value, precision=7)
        for k, row in enumerate(value.splitlines()):
            label = f"[{i}]  {weight.name:<16}  {weight.shape!s:<6}" if k == 0 else ""
            console.print(f"  {label:<29}  {row}", markup=False, highlight=False)


def _second_half(console: "Console") -> None:
    """Train the net that the notebook makes by hand: as it did, and as it can be learned."""
    _title(console, "2. The notebook, second half: train a net by hand")
    _say(
        console,
        "Three sequences, 0 0 1, 0 1 1 and 1 1 1; the targets 0, 1, 2 say how many ones came "
        "before the last step. The net has two weights, shared by all steps, and a sigmoid at each "
        "step but the last. The notebook's loop, run as printed:",
    )
    printed, Wx, Wa = by_hand.printed_loop()
    _line(console, "loss at epoch 16000", f"{printed:.2e}")
    _line(console, "Wx", _row(Wx))
    _line(console, "Wa", _row(Wa))
    least, best_Wx, best_Wa = by_hand.smallest_sum_of_squares()
    _say(
        console,
        "It was to have two weights and has six: the loop takes the shared weights apart, one pair "
        "a sample. (docs/guides/notebook.md tells how, and what else is wrong.) Two weights cannot "
        "do that, as a search through all pairs of them shows:",
    )
    _line(console, "smallest sum of squares", f"{least:.4f}")
    _line(console, "with Wx and Wa", _row((best_Wx, best_Wa)))
    _say(
        console,
        "A linear SimpleRNN(1) with a bias can learn the data exactly, with three weights. Are its "
        "gradients right? Backpropagation through time against central differences:",
    )
    model = _linear_net()
    x, y = by_hand.SEQUENCES[:, :, None], by_hand.TARGETS[:, None]
    _check(console, model, x, y)
    _say(console, "So train it: SGD, learning rate 0.001, the loss is the sum of squares.")
    loss = _train(console, model, x, y)
    _line(console, "prediction", _row(model.predict(x, verbose=0).ravel()))
    _line(console, "target", _row(by_hand.TARGETS))
    verdict = "below" if loss <= printed else "above"
    _say(console, f"That is {verdict} the loss of the six weights, {printed:.1e}.")


def _linear_net() -> Sequential:
    from elman.initializers import Constant
    from elman.losses import MeanSquaredError
    from elman.optimizers import SGD

    rnn = SimpleRNN(
        1,
        activation="linear",
        kernel_initializer="ones",
        recurrent_initializer=Constant(0.5),
        name="simple_rnn",
    )
    model = Sequential([Input((3, 1)), rnn], name="second_half")
    model.compile(SGD(learning_rate=by_hand.RATE), MeanSquaredError(reduction="sum"))
    return model


def _check(console: "Console", model: Model, x: Any, y: Any) -> None:
    """Print how far the gradient of each array is from central differences."""
    from elman.inspection import check_gradients

    found = check_gradients(model, x, y)
    for row in found.rows:
        name = row.name.split("/")[-1]
        _line(console, name, f"largest difference {row.difference:.0e}")
    verdict = "they agree" if found.passed else "THEY DIFFER"
    _line(console, "", f"{verdict} (allowed {found.tolerance:.0e})")


def _train(console: "Console", model: Model, x: Any, y: Any) -> float:
    """Train, print the loss every so often, and return the last."""
    from elman.callbacks import LambdaCallback

    def show(epoch: int, logs: dict[str, float]) -> None:
        if epoch % EVERY == 0:
            _line(console, f"epoch {epoch:>5}", f"loss {logs['loss']:.2e}")

    with _progress(console, "training", by_hand.EPOCHS) as bar:
        history = model.fit(
            x,
            y,
            batch_size=len(x),
            epochs=by_hand.EPOCHS,
            callbacks=[LambdaCallback(on_epoch_end=show), bar],
            verbose=0,
        )
    return history.history["loss"][-1]


# ---------------------------------------------------------------------- inside a trained net


def _inside(console: "Console") -> None:
    """Train a small net on a task for the memory, and picture what happens in it."""
    _title(console, "3. Inside a trained net: every state and every gradient")
    _say(
        console,
        f"Each of {recall.TIMESTEPS} steps brings a number, and some bring a mark. A "
        f"{GRU.__name__} of {recall.UNITS} units is to answer with the number that came with the "
        "last mark: take it in, keep it, let go of the one before.",
    )
    net = recall.make_net(seed=1)
    x, y = recall.example()
    before = recall.look_inside(net, x, y)
    x_train, y_train = recall.draw(recall.SAMPLES, seed=0)
    with _progress(console, "training", recall.EPOCHS) as bar:
        history = net.model.fit(
            x_train, y_train, batch_size=64, epochs=recall.EPOCHS, callbacks=[bar], verbose=0
        ).history["loss"]
    after = recall.look_inside(net, x, y)
    _line(console, "mean squared error", f"{history[0]:.4f}", "epoch 1")
    _line(
        console, f"over {recall.SAMPLES} sequences", f"{history[-1]:.4f}", f"epoch {len(history)}"
    )
    _line(console, "answer, sequence below", f"{before.prediction:.3f}", "untrained")
    _line(console, "", f"{after.prediction:.3f}", "trained")
    _line(console, "target", f"{y.item():.3f}")
    _picture(console, x[0], before, after)


def _picture(console: "Console", x: Any, before: recall.Inside, after: recall.Inside) -> None:
    """Draw one sequence by timestep: inputs, states, gradients, and how far they reach."""
    g = picture.glyphs(console)
    low, high = g.levels[0], g.levels[-1]
    last = int(np.flatnonzero(x[:, 1]).max())
    _say(
        console,
        f"+{low} .. +{high} is positive, -{low} .. -{high} negative, {g.nothing} near zero. A full "
        "bar is the largest of its block. States are made from left to right, gradients from right "
        "to left: L is the squared error of the answer, after the last step.",
    )

    def block(title: str, label: str, columns: Any) -> None:
        full = float(np.abs(columns).max())
        console.print()
        console.print(f"[bold]{title}[/], full bar {full:.2g}", highlight=False)
        for i, values in enumerate(columns.T):
            console.print(picture.bars(f"  {label.format(i)}", values, full, g))

    console.print()
    console.print(picture.axis(len(x)))
    console.print(picture.bars("  number", x[:, 0], 1.0, g))
    console.print(picture.marks("  mark", x[:, 1] > 0, g))
    block("States h_t", "unit {}", after.states)
    block("Gradients dL/dh_t that reach them", "unit {}", after.dstates)
    block("Gradients dL/dx_t that reach the numbers", "number", after.dx[:, :1])
    for title, inside in (("untrained", before), ("trained", after)):
        console.print()
        console.print(f"[bold]Size of dL/dh_t, {title}[/], share of the last", highlight=False)
        for line in picture.chart("", inside.reach.tolist(), 3, g):
            console.print(line)
    console.print(picture.axis(len(x)))
    _say(
        console,
        f"In the untrained net the gradient fades on its way back: {before.reach[last]:.0%} of it "
        f"is left at step {last}. The trained net brings {after.reach[last]:.0%} of it there, to "
        f"the last mark, and {after.reach[last - 1]:.0%} further: what came before was let go.",
    )


# ---------------------------------------------------------------------- real data


def _real_data(console: "Console") -> None:
    """Train on the series that elman ships, through the code of `elman train`."""
    from elman.cli import train

    _title(console, "4. A real job: forecast the number of sunspots")
    _say(
        console,
        "What `elman train` does without a file: it reads a series, trains on its first part, stops"
        " by the next, and measures the error on the last part, which it has not seen, beside two "
        "forecasts that need no net.",
    )
    console.print()
    train.run(train.Options(), console)


# ---------------------------------------------------------------------- words


def _title(console: "Console", text: str) -> None:
    from rich.text import Text

    console.print()
    console.rule(Text(text, "bold"), align="left")


def _say(console: "Console", text: str) -> None:
    """Print a paragraph below an empty line, wrapped to the console."""
    console.print()
    console.print(text, highlight=False, markup=False, width=min(WIDTH, console.width))


def _line(console: "Console", label: str, value: Any, remark: str = "") -> None:
    """Print a label and a value, in columns."""
    from rich.text import Text

    console.print(
        Text(f"  {label:<{LABEL}}").append(str(value), "bold").append(f"  {remark}".rstrip())
    )


def _row(values: Any) -> str:
    """Return numbers side by side."""
    return " ".join(f"{value:>7.3f}" for value in values)


@contextlib.contextmanager
def _progress(console: "Console", what: str, epochs: int) -> "Iterator[Callback]":
    """Show a bar while something trains, on a terminal alone; yield the callback that moves it."""
    from rich.progress import Progress

    from elman.callbacks import LambdaCallback

    bar = Progress(console=console, transient=True, disable=not console.is_terminal)
    task = bar.add_task(f"  {what}", total=epochs)
    with bar:
        yield LambdaCallback(on_epoch_end=lambda epoch, logs: bar.update(task, completed=epoch + 1))
