"""All that checks of a model have found, as a report."""

import textwrap
from collections.abc import Iterable
from typing import Any, NamedTuple

from elman.inspection.finding import CHECKS, NOTE, SEVERITIES, Finding, count
from elman.inspection.gradient_flow import GradientFlow
from elman.inspection.pictures import style

WIDTH = 88  # of the report, in characters
UNKNOWN = "cannot be compared with guessing"


class OutputLoss(NamedTuple):
    """The loss of one output.

    Attributes:
        loss: of the batch, before `loss_weights`, without sample weights and penalties.
        chance: the loss of the best guess that does not look at the inputs; None where that is not
            known.
    """

    loss: float
    chance: float | None

    def __str__(self) -> str:
        known = self.chance is not None
        chance = f"guessing without looking: {self.chance:.4g}" if known else UNKNOWN
        return f"{self.loss:.4g} ({chance})"


class Diagnosis:
    """What `diagnose` has found.

    Attributes:
        findings: a list of `Finding`: what likely is the cause of others before them, in the order
            of `elman.inspection.finding.CHECKS`, and notes last.
        flow: the `GradientFlow` of the batch; None where there is no recurrent layer of elman's
            cells, or where numbers are not finite.
        loss: of the batch.
        chance: the loss of the best guess that does not look at the inputs; None where that is not
            known, or does not compare, as with sample weights and penalties.
        outputs: an `OutputLoss` for each output that has one, by name.
        samples: how many of the samples were run through the model, and how many there are.
    """

    def __init__(
        self,
        owner: str,
        findings: Iterable[Finding],
        flow: GradientFlow | None,
        loss: float,
        chance: float | None,
        outputs: dict[str, OutputLoss],
        samples: tuple[int, int],
    ) -> None:
        self._owner, self.flow, self.loss, self.chance = owner, flow, loss, chance
        self.outputs, self.samples = outputs, samples
        self.findings = sorted(
            findings, key=lambda each: (each.severity == NOTE, CHECKS.index(each.check))
        )

    @property
    def ok(self) -> bool:
        """Whether there is no error and no warning; there may be notes."""
        return all(finding.severity == NOTE for finding in self.findings)

    def of(self, check: str) -> list[Finding]:
        """Return the findings of one check."""
        return [finding for finding in self.findings if finding.check == check]

    def plot(self) -> Any:
        """Draw the gradient flow, under what was found; return the figure.

        Without a gradient flow there is none to draw, and that is None.
        """
        if self.flow is None:
            return None
        figure, checks = self.flow.plot(), dict.fromkeys(each.check for each in self.findings)
        named = f": {', '.join(checks)}" if checks else ""
        style.heading(figure, f"{self._counted()}{named}")
        return figure

    def _counted(self) -> str:
        """Return how many findings there are."""
        found = [finding.severity for finding in self.findings]
        counts = [count(found.count(each), each) for each in SEVERITIES if each in found]
        return f"{self._owner}: {', '.join(counts) or 'nothing found'}"

    def __str__(self) -> str:
        run, there = self.samples
        of = "" if run == there else f", of {run} samples drawn from {there}"
        alone = [self.chance] == [each.chance for each in self.outputs.values()]
        loss = OutputLoss(self.loss, self.chance) if alone else f"{self.loss:.4g}"
        lines = [
            f"{self._counted()}.",
            f"Loss {loss}{of}.",
        ]
        if not alone:
            lines += [f"    of '{name}' {each}" for name, each in self.outputs.items()]
        for finding in self.findings:
            where = "" if finding.layer is None else f" in '{finding.layer}'"
            lines += ["", f"{finding.severity.upper()}  {finding.check}{where}"]
            lines += _indented(finding.wrong) + _indented(finding.fix, "-> ")
        return "\n".join(lines)

    def __repr__(self) -> str:
        return f"<{self}>"


def _indented(text: str, first: str = "") -> list[str]:
    """Return a text as lines behind an indent."""
    begin = "    " + first
    return textwrap.wrap(
        text, WIDTH, initial_indent=begin, subsequent_indent=" " * len(begin),
        break_long_words=False, break_on_hyphens=False,
    )  # fmt: skip
