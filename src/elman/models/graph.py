"""The graph between a model's inputs and outputs: found by following nodes, run in order.

    forward    node by node from the inputs to the outputs, arrays and masks in numbered slots
    backward   node by node from the outputs to the inputs, gradients in the same slots

What is one chain of layers runs bound to its shape from the second call on; see `chain.py`.
"""

import copy
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from elman import kernels
from elman._typing import Array, Mask, Shape
from elman.errors import ArgumentError
from elman.layers import Layer, Masking
from elman.layers.parts import input_spec, resets
from elman.layers.parts.nesting import known_weights, with_sublayers
from elman.layers.parts.passes import Masks, Mode
from elman.layers.parts.ragged import both
from elman.layers.parts.symbolic import Node, SymbolicTensor
from elman.models.chain import Chain, ChainTape, chain
from elman.models.walk import by_depth, walk
from elman.parameters import changed, version

MOST_CHAINS = 16  # shapes of which a graph knows its chain


class Visit(NamedTuple):
    """One node as it is run: its layer, and the slots that it reads and writes."""

    layer: Layer
    reads: tuple[int, ...]
    masks: tuple[int | None, ...]  # given by hand, in place of the inputs' own; empty if none is
    training: bool | None
    writes: tuple[int, ...]
    plain: bool  # one slot in, one slot out, nothing set by hand, as nearly every node is
    given: tuple[Any, ...] = ()  # what `run` takes beside the inputs: the arguments of the call
    resets: int | None = None  # the slot of a `reset_mask` given by hand


class Place(NamedTuple):
    """Where the gradients of the weights of a node's layer go.

    Attributes:
        arrays: one a weight; none where the layer is frozen and nothing before it is trained.
        shared: whether they go to the same arrays from other nodes too, and so are added up.
        need_inputs: whether anybody reads the gradients of the node's inputs.
    """

    arrays: list[Array]
    shared: bool
    need_inputs: bool


class Graph:
    """What lies between symbolic inputs and outputs.

    Attributes:
        inputs, outputs: the tensors at both ends.
        entries: of each input its layer, and the slot that it is written to.
        visits: the nodes as they are run.
        leaves: the slots of the outputs.
        nodes: the calls in the order in which they run.
        depths: the nodes by depth, the deepest first.
        layers: the layers in Keras's order, input layers included.

    Raises:
        ArgumentError: an output does not follow from the inputs, or two layers share a name.
    """

    _bound: tuple[Any, dict[Any, Chain | None]] = (None, {})
    _wanted: tuple[Any, dict[bool, list[tuple[list[int], bool, bool]]]] = (None, {})

    def __init__(
        self, owner: str, inputs: Sequence[SymbolicTensor], outputs: Sequence[SymbolicTensor]
    ) -> None:
        self.inputs, self.outputs = list(inputs), list(outputs)
        found = walk(owner, self.inputs, self.outputs)
        self.depths, self.layers = by_depth(found, self.inputs)
        self.nodes = [node for nodes in self.depths for node in nodes]
        _check_names(owner, self.layers)
        slots = {id(t): i for i, t in enumerate(t for node in self.nodes for t in node.outputs)}
        self._size = len(slots)
        self.entries = [(tensor.node.layer, slots[id(tensor)]) for tensor in self.inputs]
        self._entering = {slot for _, slot in self.entries}
        self.leaves = [slots[id(tensor)] for tensor in self.outputs]
        self.visits = [
            Visit(
                node.layer,
                tuple(slots[id(tensor)] for tensor in node.inputs),
                tuple(None if mask is None else slots[id(mask)] for mask in node.masks),
                node.training,
                tuple(slots[id(tensor)] for tensor in node.outputs),
                _is_plain(node),
                () if node.arguments is None else (node.arguments,),
                None if node.reset_mask is None else slots[id(node.reset_mask)],
            )
            for node in self.nodes
            if node.inputs
        ]
        self._masks_first = any(
            isinstance(visit.layer, Masking) and not self._entering.isdisjoint(visit.reads)
            for visit in self.visits
        )  # so that a mask given from outside stays in force beside one that is made
        changed()

    def places(self, gradients: Mapping[int, Array], *, need_inputs: bool = True) -> list[Place]:
        """Return where the gradients of each node's weights go, as `backward` takes it.

        Args:
            gradients: an array for each weight, by the weight's `id`.
            need_inputs: whether the gradients of the graph's inputs are wanted, or else only what
                leads to a weight that is trained.
        """
        at, wanted = self._wanted
        if at is not version():
            at, wanted = self._wanted = version(), {}
        if need_inputs not in wanted:
            wanted[need_inputs] = self._learned(need_inputs)
        return [
            Place([gradients[weight] for weight in weights], shared, need)
            for weights, shared, need in wanted[need_inputs]
        ]

    def _learned(self, need_inputs: bool) -> list[tuple[list[int], bool, bool]]:
        """Return a `Place` for each node, with the `id` of a weight in place of each array."""
        weights = [known_weights(visit.layer) for visit in self.visits]
        nodes = Counter(id(weight) for found in weights for weight in found)
        wanted = {slot for _, slot in self.entries} if need_inputs else set()
        places = []
        for visit, found in zip(self.visits, weights, strict=True):
            need = not wanted.isdisjoint(visit.reads)
            if need or any(w.trainable for w in found):
                wanted.update(visit.writes)
            else:
                found = []
            shared = any(nodes[id(w)] > 1 for w in found)
            places.append(([id(w) for w in found], shared, need))
        return places

    def with_layers(self, layers: Mapping[int, Layer]) -> "Graph":
        """Return the same graph of other layers, to be run in inference.

        Args:
            layers: what takes the place of each layer, by the layer's `id`.
        """
        graph = copy.copy(self)
        graph.layers = [layers[id(layer)] for layer in self.layers]
        graph.entries = [(layers[id(layer)], slot) for layer, slot in self.entries]
        graph.visits = [
            visit._replace(layer=layers[id(visit.layer)], training=None) for visit in self.visits
        ]
        return graph

    def showing_all(self) -> "Graph":
        """Return the same graph with the outputs of all nodes as its own, in their order."""
        graph = copy.copy(self)
        graph.leaves = list(range(self._size))
        return graph

    def shapes(self, inputs: Sequence[Shape]) -> list[Shape]:
        """Return the shapes of the outputs for inputs of these shapes.

        Raises:
            ShapeError: a layer cannot take what reaches it.
        """
        found: list[Any] = [None] * self._size
        for (_, slot), shape in zip(self.entries, inputs, strict=True):
            found[slot] = tuple(shape)
        for visit in self.visits:
            given = [found[i] for i in visit.reads]
            visit.layer.check_shapes(given)
            shapes = visit.layer.output_shapes(given, *visit.given)
            for i, shape in zip(visit.writes, shapes, strict=True):
                found[i] = tuple(shape)
        return [found[i] for i in self.leaves]

    def forward(
        self, inputs: Sequence[Array], masks: Masks, mode: Mode
    ) -> tuple[list[Array], list[Mask | None], list[Any] | ChainTape]:
        """Compute the outputs, their masks and the tapes of all nodes."""
        chains, x = self._chains(), inputs[0]
        resumes = mode.resets is not None or mode.carried is not None
        key = (x.shape, x.dtype.num, mode.training, resumes)
        chained = mode.watch is None or mode.watch.looks_on
        chained = chained and (masks[0] is None or not self._masks_first)
        if chained and (chain := chains.get(key)) is not None:
            y, mask, tape = chain.forward(x, masks[0], mode)
            return [y], [mask], tape
        values, found = self._entered(inputs, masks)
        tapes = []
        for layer, reads, mask_slots, training, writes, plain, more, reset_slot in self.visits:
            if plain:
                (i,), (o,) = reads, writes
                if layer.input_spec is not None:
                    input_spec.check(layer, values[i])
                (y,), (found[o],), tape = layer.run((values[i],), (found[i],), mode)
                values[o] = y
                if i in self._entering and isinstance(layer, Masking):
                    found[o] = both(found[o], found[i])  # one given from outside stays in force
                if mode.record:
                    tapes.append((tape, [(y.shape, y.dtype)]))
                continue
            xs = tuple([values[i] for i in reads])
            if layer.input_spec is not None:
                input_spec.check_first(layer, xs)
            given = tuple([found[i] for i in reads])
            if mask_slots:
                given = masks_by_hand(layer, mask_slots, values, xs)
            flags = None if reset_slot is None else values[reset_slot]
            run_mode = resets.as_called(layer.owner, mode, training, flags)
            ys, out_masks, tape = layer.run(xs, given, run_mode, *more)
            for i, y, mask in zip(writes, ys, out_masks, strict=True):
                values[i], found[i] = y, mask
            if mode.record:
                tapes.append((tape, [(y.shape, y.dtype) for y in ys]))
        if chained and key not in chains and len(chains) < MOST_CHAINS:
            chains[key] = self._chain(x, mode, resumes)  # it went through: no checks again
        return [values[i] for i in self.leaves], [found[i] for i in self.leaves], tapes

    def _entered(self, inputs: Sequence[Array], masks: Masks) -> tuple[list[Any], list[Any]]:
        """Return the slots with the inputs in them, and those of their masks."""
        values: list[Any] = [None] * self._size
        found: list[Any] = [None] * self._size
        for (layer, slot), x, mask in zip(self.entries, inputs, masks, strict=True):
            (values[slot],), found[slot] = layer.cast((x,)), mask
        return values, found

    def _chains(self) -> dict[Any, Chain | None]:
        """Return the chains that are right for the layers, weights and kernels as they are now."""
        now = (version(), kernels.status(), kernels.get_num_threads())
        state, chains = self._bound
        if state != now:  # what another thread still binds to the old state goes with its chains
            chains = {}
            self._bound = now, chains
        return chains

    def __getstate__(self) -> dict[str, Any]:
        """Leave out what is known of the layers as they are now: it is found anew."""
        found = ("_bound", "_wanted")
        return {name: value for name, value in vars(self).items() if name not in found}

    def _chain(self, x: Array, mode: Mode, resumes: bool) -> Chain | None:
        """Return the graph as one chain for inputs like this one, or None."""
        if len(self.entries) != 1 or len(self.leaves) != 1:
            return None
        entry, slot = self.entries[0]
        for visit in self.visits:
            if not visit.plain or visit.reads != (slot,):
                return None
            (slot,) = visit.writes
        if slot != self.leaves[0]:
            return None
        layers = [visit.layer for visit in self.visits]
        return chain(entry.dtype, layers, x.shape, mode.training, resumes)

    def backward(
        self,
        tapes: Sequence[Any] | ChainTape,
        doutputs: Sequence[Array | None],
        places: Sequence[Place],
    ) -> list[Array | None]:
        """Return the gradients of the inputs, and write those of the weights to their places."""
        if isinstance(tapes, ChainTape):
            return [tapes.chain.backward(tapes.tapes, doutputs[0], places)]
        return self._backward(tapes, doutputs, places)

    def _backward(
        self, tapes: Sequence[Any], doutputs: Sequence[Array | None], places: Sequence[Place]
    ) -> list[Array | None]:
        """Run the nodes in reverse, one by one."""
        grads: list[Any] = [None] * self._size
        for slot, dy in zip(self.leaves, doutputs, strict=True):
            _add(grads, slot, dy)
        for place in places:
            if place.shared:
                _clear(place)
        backwards = (reversed(self.visits), reversed(tapes), reversed(places))
        for visit, (tape, specs), place in zip(*backwards, strict=True):
            if not place.arrays and not place.need_inputs:
                continue
            if visit.plain and not place.shared and grads[visit.writes[0]] is not None:
                ((_, dtype),) = specs
                dy = _cast(grads[visit.writes[0]], dtype)
                (dx,), _ = visit.layer.reverse(
                    tape, (dy,), out=place.arrays, need_inputs=place.need_inputs
                )
                _add(grads, visit.reads[0], dx)
                continue
            dxs = _reverse(visit, tape, specs, place, [grads[i] for i in visit.writes])
            for i, dx in zip(visit.reads, dxs, strict=True):
                _add(grads, i, dx)
        return [grads[i] for _, i in self.entries]


def _reverse(
    visit: Visit, tape: Any, specs: Any, place: Place, reached: list[Any]
) -> Sequence[Array | None]:
    """Return the gradients of what a node reads, from those of what it writes, if there are any.

    Those of its weights are written to their place, or added there, where several nodes share it.
    """
    if all(dy is None for dy in reached) and _is_silent(visit.layer):
        if not place.shared:
            _clear(place)
        return (None,) * len(visit.reads)
    pairs = zip(reached, specs, strict=True)
    dys = tuple([np.zeros(*s) if dy is None else _cast(dy, s[1]) for dy, s in pairs])
    if not place.shared:
        dxs, _ = visit.layer.reverse(tape, dys, out=place.arrays, need_inputs=place.need_inputs)
        return dxs
    dxs, dweights = visit.layer.reverse(tape, dys)
    for total, dweight in zip(place.arrays, dweights, strict=True):
        total += dweight
    return dxs


def masks_by_hand(
    layer: Layer, slots: Sequence[int | None], values: Any, xs: Sequence[Array]
) -> Masks:
    """Return the masks that were given to a call by hand, checked."""
    found = [None if i is None else values[i] for i in slots]
    return layer.as_masks(found if len(found) > 1 else found[0], xs)


def _is_silent(layer: Layer) -> bool:
    """Say whether a layer, with all inside it, adds nothing to the loss by itself."""
    return not any(each.may_penalize for each in with_sublayers(layer))


def _is_plain(node: Node) -> bool:
    by_hand = (node.masks, node.training, node.arguments, node.reset_mask) != ((), None, None, None)
    return len(node.inputs) == len(node.outputs) == 1 and not by_hand


def _cast(gradient: Array, dtype: "np.dtype[Any]") -> Array:
    return gradient if gradient.dtype == dtype else gradient.astype(dtype)


def _clear(place: Place) -> None:
    for array in place.arrays:
        array[...] = 0


def _add(grads: list[Any], slot: int, gradient: Array | None) -> None:
    """Add a gradient to what other readers of the same tensor have sent back."""
    if gradient is not None:
        grads[slot] = gradient if grads[slot] is None else grads[slot] + gradient


def _check_names(owner: str, layers: list[Layer]) -> None:
    names = [layer.name for layer in layers]
    for name in names:
        if names.count(name) > 1:
            raise ArgumentError(
                f"{owner}: every layer must have a name of its own; got '{name}' "
                f"{names.count(name)} times. Give one of them another `name=`."
            )
