"""The graph of a model as a stream runs it: stages in order, which read and write numbered slots.

Every slot holds one timestep. Models inside the model, and inside `TimeDistributed`, are taken as
the layers that they are made of.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, NoReturn

from elman.errors import UnsupportedError
from elman.layers import Layer, TimeDistributed
from elman.layers.parts.nesting import with_sublayers
from elman.layers.parts.symbolic import Node, SymbolicTensor
from elman.layers.rnn import RNN
from elman.models import obstacles
from elman.models.graph import Graph
from elman.models.kinds import is_model
from elman.models.stages import Stage, at_each_timestep, is_known, stages_of

if TYPE_CHECKING:
    from elman.models.model import Model


class Step(NamedTuple):
    """A stage, and the slots that it reads and writes."""

    stage: Stage
    reads: tuple[int, ...]
    writes: int


class Plan(NamedTuple):
    """What a stream runs.

    Attributes:
        inputs: how many there are; theirs are the first slots.
        steps: in the order in which they are taken.
        outputs: the slots of the outputs.
        widths: the number of features in each slot; None where it holds indices.
    """

    inputs: int
    steps: tuple[Step, ...]
    outputs: tuple[int, ...]
    widths: tuple[int | None, ...]

    @property
    def chain(self) -> bool:
        """Whether each stage reads what the one before it writes, and nothing else."""
        if (self.inputs, len(self.outputs)) != (1, 1):
            return False
        slots = [0, *(step.writes for step in self.steps)]
        reads = [step.reads for step in self.steps]
        return reads == [(slot,) for slot in slots[:-1]] and self.outputs == (slots[-1],)


def plan_of(model: "Model") -> Plan:
    """Return what a stream runs of a model.

    Raises:
        UnsupportedError: a layer needs more than the timesteps so far; the message says which.
        NotBuiltError: the model does not know its input yet.
    """
    graph = model.graph
    drawing = Drawing(model.owner)
    entries = [
        drawing.slot(tensor.shape[-1] if len(tensor.shape) == 3 else None, whole=True)
        for tensor in graph.inputs
    ]
    outputs = drawing.graph(graph, entries)
    return Plan(len(entries), tuple(drawing.steps), tuple(outputs), tuple(drawing.widths))


class Drawing:
    """A plan while it is made.

    Attributes:
        owner: how messages name the model.
        steps, widths: of the plan.
        whole: of each slot, whether its timesteps stand for a sequence, or each for what the
            last of a sequence gives.
    """

    def __init__(self, owner: str) -> None:
        self.owner = owner
        self.steps: list[Step] = []
        self.widths: list[int | None] = []
        self.whole: list[bool] = []

    def slot(self, width: int | None, *, whole: bool) -> int:
        """Return the number of a new slot."""
        self.widths.append(width)
        self.whole.append(whole)
        return len(self.widths) - 1

    def graph(self, graph: Graph, entries: Sequence[int]) -> list[int]:
        """Draw a graph whose inputs are in these slots, and return those of its outputs."""
        found = {id(t): slot for t, slot in zip(graph.inputs, entries, strict=True)}
        for node in graph.nodes:
            if node.inputs:
                reads = [self._known(found, tensor) for tensor in node.inputs]
                writes = self._call(node.layer, node, reads)
                found.update(zip(map(id, node.outputs), writes, strict=False))
        return [self._known(found, tensor) for tensor in graph.outputs]

    def _known(self, found: dict[int, int], tensor: SymbolicTensor) -> int:
        if id(tensor) not in found:
            self._refuse(tensor.node.layer, "hands on its final state")
        return found[id(tensor)]

    def _call(self, layer: Layer, node: Node, reads: list[int]) -> list[int]:
        """Draw a call, and return the slots of its outputs but for final states."""
        if why := obstacles.of_call(node):
            self._refuse(layer, why)
        if is_model(layer):
            return self.graph(layer.graph, reads)
        if isinstance(layer, TimeDistributed):
            return self._time_distributed(layer, node, reads)
        why = obstacles.of_layer(layer, node, is_known(layer))
        if not why and len({self.whole[slot] for slot in reads}) > 1:
            why = "joins a sequence with what only its last timestep gives"
        if why:
            self._refuse(layer, why)
        whole = self.whole[reads[0]] and getattr(layer, "return_sequences", True)
        return [self._stack(stages_of(layer, node), reads, node.outputs[0].shape[-1], whole)]

    def _time_distributed(self, layer: TimeDistributed, node: Node, reads: list[int]) -> list[int]:
        """Draw what is applied to every timestep: as the layers that it is made of, or as one."""
        inner: Any = layer.layer
        output = node.outputs[0].shape
        if any(getattr(each, "stateful", False) for each in with_sublayers(inner)):
            self._refuse(
                inner, "carries a state from one call to the next inside `TimeDistributed`"
            )
        if len(output) != 3:
            self._refuse(layer, f"puts out more than features at a timestep: {output}")
        if is_model(inner):
            before = len(self.steps), len(self.widths)
            try:
                return self.graph(inner.graph, reads)
            except UnsupportedError:  # not layer by layer
                del self.steps[before[0] :], self.widths[before[1] :], self.whole[before[1] :]
        alone = Node(inner, None, [SymbolicTensor((None, n), "", node, 0) for n in self._of(reads)])
        known = is_known(inner) and not isinstance(inner, RNN)
        if known and not obstacles.of_layer(inner, alone, known):
            stages = stages_of(inner, alone)
        else:
            stages = [at_each_timestep(inner)]
        return [self._stack(stages, reads, output[-1], self.whole[reads[0]])]

    def _of(self, slots: list[int]) -> list[int | None]:
        return [self.widths[slot] for slot in slots]

    def _stack(
        self, stages: Sequence[Stage], reads: Sequence[int], width: int | None, whole: bool
    ) -> int:
        """Draw stages on top of one another, and return the slot of the last."""
        for stage in stages:
            top = stage is stages[-1]
            writes = self.slot(width if top else stage.units, whole=whole)
            self.steps.append(Step(stage, tuple(reads), writes))
            reads = (writes,)
        return reads[0]

    def _refuse(self, layer: Layer, why: str) -> NoReturn:
        raise UnsupportedError(
            f"{self.owner}: every layer of a stream must need the timesteps so far and nothing "
            f"else; got {layer.owner}, which {why}."
        )
