"""What of a model is written in C: its stages one after another, what each reads and writes, and
what the model keeps between timesteps and needs within one.

Where numbers stand: states in arrays of their own, everything else in one array `scratch`, in
which those share a place that are not needed at the same time.
"""

from typing import TYPE_CHECKING, NamedTuple

from elman._typing import Array
from elman.errors import UnsupportedError
from elman.formats.c.cells import BODIES, Cell
from elman.formats.c.functions import ARRAYS, SCALARS
from elman.formats.c.products import Arrays
from elman.formats.c.rows import Row
from elman.formats.c.spelling import finite, macros
from elman.models import rowwise
from elman.models.stages import Stage
from elman.models.stream_plan import Plan, Step

if TYPE_CHECKING:
    from elman.models.model import Model

BYTES = 4  # in a float


class State(NamedTuple):
    """A state in the struct.

    Attributes:
        name: of the array.
        start: what it holds before the first timestep, (size,).
    """

    name: str
    start: Array


class Code(NamedTuple):
    """A stage in C.

    Attributes:
        stage: as a stream has it.
        parameters: of its function.
        arguments: of its call.
        lines: of its body.
    """

    stage: Stage
    parameters: list[str]
    arguments: list[str]
    lines: list[str]


class Program(NamedTuple):
    """A model in C, before it is put on a page.

    Attributes:
        prefix: what all names begin with.
        features: how many numbers a timestep has; None for a token.
        tokens: how many tokens there are, and the smallest; (0, 0) without.
        outputs: how many numbers come out.
        sequence: whether the model gives an output at each timestep, or at the last alone.
        states: what is kept between timesteps.
        scratch: how many numbers are needed within one.
        codes: the stages.
        arrays: the weights by name in C.
        functions: the activations that are called.
    """

    prefix: str
    features: int | None
    tokens: tuple[int, int]
    outputs: int
    sequence: bool
    states: list[State]
    scratch: int
    codes: list[Code]
    arrays: dict[str, Array]
    functions: set[str]

    @property
    def ram(self) -> int:
        """The bytes of the struct."""
        return BYTES * (sum(len(state.start) for state in self.states) + self.scratch)

    @property
    def flash(self) -> int:
        """The bytes of the weights, and of states that do not begin as zeros."""
        starts = (state.start.nbytes for state in self.states if state.start.any())
        return sum(array.nbytes for array in self.arrays.values()) + sum(starts)


def program_of(model: "Model", plan: Plan, prefix: str, in_bytes: bool) -> Program:
    """Return a model in C.

    Raises:
        UnsupportedError: a layer or an activation has no form in C; the message says which.
    """
    if plan.inputs != 1 or len(plan.outputs) != 1:
        raise UnsupportedError(
            f"{model.owner}: a model must have one input and one output to be written in C; got "
            f"{plan.inputs} and {len(plan.outputs)}."
        )
    embedding = next((s.stage for s in plan.steps if s.stage.cast is not None), None)
    tokens = (0, 0)
    if embedding is not None and embedding.kernel is not None:
        tokens = len(embedding.kernel), int(embedding.kind == "rows")  # 0 may be one to leave out
    writer = Writer(model.owner, plan, prefix, in_bytes)
    for i, step in enumerate(plan.steps):
        writer.write(i, step)
    writer.put_out()
    return Program(
        prefix, plan.widths[0] if embedding is None else None, tokens,
        plan.widths[plan.outputs[0]] or 0, len(model.outputs[0].shape) == 3, writer.states,
        max(writer.room.size, 0 if writer.states else 1), writer.codes, writer.arrays,
        writer.functions,
    )  # fmt: skip


class Room:
    """Places in `scratch`, given out and taken back; see `Program.scratch`.

    Attributes:
        size: how far they have ever reached.
    """

    def __init__(self) -> None:
        self.size = 0
        self._taken: dict[int, int] = {}  # first -> how many

    def take(self, count: int) -> int:
        """Return where the first gap begins that is large enough."""
        first = 0
        for start, size in sorted(self._taken.items()):
            if start - first >= count:
                break
            first = start + size
        self._taken[first] = count
        self.size = max(self.size, first + count)
        return first

    def give_back(self, first: int) -> None:
        """Let a place be taken again."""
        del self._taken[first]


class Writer:
    """A program while it is made.

    Attributes:
        states, codes, arrays, functions: of the program.
        room: the places in `scratch`.
    """

    def __init__(self, owner: str, plan: Plan, prefix: str, in_bytes: bool) -> None:
        self._owner, self._plan, self._prefix, self._in_bytes = owner, plan, prefix, in_bytes
        self.states: list[State] = []
        self.codes: list[Code] = []
        self.arrays: dict[str, Array] = {}
        self.functions: set[str] = set()
        self.room = Room()
        self._places = {0: "x"}  # slot -> what it is called in `step`
        self._in_scratch: dict[int, int] = {}  # slot -> where its place begins
        self._last = {slot: i for i, step in enumerate(plan.steps) for slot in step.reads}
        self._last[plan.outputs[0]] = len(plan.steps)

    def write(self, i: int, step: Step) -> None:
        """Write a stage."""
        self._check(step.stage)
        arrays = Arrays(step.stage.owner, self._prefix, i, self._in_bytes)
        if step.stage.start:
            self._cell(i, step, arrays)
        else:
            self._row(i, step, arrays)
        self.arrays |= arrays.found
        for slot in set(step.reads):
            if self._last[slot] == i and slot in self._in_scratch:
                self.room.give_back(self._in_scratch[slot])

    def put_out(self) -> None:
        """Copy what is put out where no stage has written it there."""
        slot = self._plan.outputs[0]
        if self._places[slot] != "y":
            n = self._plan.widths[slot]
            stage = Stage("what is put out", "copy")
            line = f"for (int k = 0; k < {n}; k++) y[k] = x[k];"
            parameters = [f"float *{self._restrict} y", f"const float *{self._restrict} x"]
            self.codes.append(Code(stage, parameters, ["y", self._places[slot]], [line]))

    # ------------------------------------------------------------------ one stage

    def _check(self, stage: Stage) -> None:
        known = SCALARS if stage.start else {**SCALARS, **ARRAYS}
        for function in stage.functions:
            if function not in known:
                name = getattr(function, "__name__", function)
                raise UnsupportedError(
                    f"{self._owner}: activations must be some that elman has in C; got "
                    f"{stage.owner}, which has {name!r}. They are {', '.join(known)}."
                )
        if stage.start and stage.kind not in BODIES:
            raise self._without(stage)

    def _without(self, stage: Stage) -> UnsupportedError:
        return UnsupportedError(
            f"{self._owner}: every layer must have a form in C to be exported; got {stage.owner}, "
            "which has none."
        )

    def _cell(self, i: int, step: Step, arrays: Arrays) -> None:
        cell = Cell(self._prefix, step.stage, arrays)
        names = [f"{name}{i}" for name in ("h", "c")[: len(step.stage.start)]]
        starts = [finite(step.stage.owner, "states", s).ravel() for s in step.stage.start]
        self.states += map(State, names, starts)
        place = self.room.take(cell.scratch)
        scratch = [("a", place)] + ([("q", place + cell.width)] if cell.has_q else [])
        written = [f"float *{self._restrict} {name}" for name in ("h", "c")[: len(names)]]
        written += [f"float *{self._restrict} {name}" for name, _ in scratch]
        arguments = [f"m->{name}" for name in names] + [f"m->scratch + {p}" for _, p in scratch]
        self.codes.append(
            Code(
                step.stage,
                [*written, f"const float *{self._restrict} x"],
                [*arguments, self._places[step.reads[0]]],
                cell.lines,
            )
        )
        self.room.give_back(place)
        self.functions |= cell.functions
        self._places[step.writes] = f"m->{names[0]}"

    def _row(self, i: int, step: Step, arrays: Arrays) -> None:
        widths = [self._plan.widths[slot] for slot in step.reads]
        width = self._plan.widths[step.writes] or 0
        row = Row(self._prefix, step.stage, arrays, widths, width)
        if row.lines is None:
            raise self._without(step.stage)
        token = step.stage.cast is not None
        several = isinstance(step.stage.layer, rowwise.MERGES)
        names = [f"x{k}" if several else "x" for k in range(len(step.reads))]
        kind = "int " if token else f"const float *{self._restrict} "
        self.codes.append(
            Code(
                step.stage,
                [f"float *{self._restrict} y", *(f"{kind}{name}" for name in names)],
                [self._place(step.writes, width), *(self._places[slot] for slot in step.reads)],
                row.lines,
            )
        )
        self.functions |= row.functions

    def _place(self, slot: int, width: int) -> str:
        """Return where a slot stands: the output is written where it is wanted."""
        if slot == self._plan.outputs[0] and self._last[slot] == len(self._plan.steps):
            readers = [step for step in self._plan.steps if slot in step.reads]
            if not readers:
                self._places[slot] = "y"
                return "y"
        self._in_scratch[slot] = first = self.room.take(width)
        self._places[slot] = f"m->scratch + {first}"
        return self._places[slot]

    @property
    def _restrict(self) -> str:
        return f"{macros(self._prefix)}_RESTRICT"
