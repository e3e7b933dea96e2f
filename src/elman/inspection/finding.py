"""What a check has to say: how bad it is, where, what is wrong, and what to do."""

from typing import NamedTuple

ERROR, WARNING, NOTE = "error", "warning", "note"  # the worst first
SEVERITIES = (ERROR, WARNING, NOTE)
CHECKS = (
    "last activation", "not finite",
    "constant input", "input scale", "mask", "constant targets", "target scale", "leaking labels",
    "nothing trained",
    "learning rate", "spectral radius", "exploding gradient",
    "saturated gates", "dead units", "constant units", "vanishing gradient", "no gradient",
    "loss at chance",
)  # fmt: skip
"""All names of checks, causes before what may come of them: an end of the model that does not fit,
data, what makes numbers grow, units that no longer answer, gradients lost there, the loss."""


class Finding(NamedTuple):
    """One thing that a check has found.

    Attributes:
        severity: "error": training cannot work; "warning": it likely suffers; "note": worth to
            know, and no harm where the model learns.
        check: which check found it, such as "vanishing gradient".
        layer: the layer's name; None for what is not of one layer.
        wrong: what is wrong, a sentence with numbers.
        fix: what to do, one or two sentences.
    """

    severity: str
    check: str
    layer: str | None
    wrong: str
    fix: str

    def __str__(self) -> str:
        where = "" if self.layer is None else f"'{self.layer}': "
        return f"{self.severity}, {self.check}: {where}{self.wrong} {self.fix}"


def drawn(part: int, whole: int) -> str:
    """Return, to end a sentence with, of how many samples it speaks where that is not all."""
    return "" if part == whole else f" (seen in {part} samples drawn from {whole})"


def count(number: int, what: str) -> str:
    """Return a number of things in words: "1 error", "2 errors"."""
    return f"{number} {what}" + "s" * (number != 1)
