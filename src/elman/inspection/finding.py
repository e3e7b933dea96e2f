"""What a check has to say: how bad it is, where, what is wrong, and what to do."""

from typing import NamedTuple

ERROR, WARNING, NOTE = "error", "warning", "note"  # the worst first
SEVERITIES = (ERROR, WARNING, NOTE)


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


def count(number: int, what: str) -> str:
    """Return a number of things in words: "1 error", "2 errors"."""
    return f"{number} {what}" + "s" * (number != 1)
