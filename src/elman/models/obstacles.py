"""Why a layer, or a call of it, cannot run a timestep at a time, or a chunk.

Streams, online learning and truncated backpropagation ask here; each knows further layers that it
has no way to run.
"""

from elman.layers import (
    RNN,
    AdditiveAttention,
    Attention,
    AveragePooling1D,
    Bidirectional,
    Conv1D,
    Conv1DTranspose,
    Cropping1D,
    DepthwiseConv1D,
    Dot,
    Flatten,
    GlobalAveragePooling1D,
    GlobalMaxPooling1D,
    Layer,
    Masking,
    MaxPooling1D,
    Permute,
    RepeatVector,
    Reshape,
    SeparableConv1D,
    UpSampling1D,
    ZeroPadding1D,
)
from elman.layers.cell import reads_whole
from elman.layers.operation import Operation
from elman.layers.parts.symbolic import Node
from elman.models import rowwise

OBSTACLES: dict[type[Layer], str] = {
    **dict.fromkeys((AdditiveAttention, Attention), "attends to all timesteps"),
    **dict.fromkeys(
        (Conv1D, Conv1DTranspose, DepthwiseConv1D, SeparableConv1D),
        "reads several timesteps at once",
    ),
    **dict.fromkeys((AveragePooling1D, MaxPooling1D), "makes one timestep of several"),
    **dict.fromkeys((GlobalAveragePooling1D, GlobalMaxPooling1D), "pools over all timesteps"),
    **dict.fromkeys(
        (Cropping1D, UpSampling1D, ZeroPadding1D), "puts timesteps in or leaves them out"
    ),
    Bidirectional: "also reads the sequence from its end",
    Dot: "multiplies sequences along an axis",
    Flatten: "puts all timesteps into one row",
    Masking: "skips timesteps; leave those out",
    Permute: "may move values between timesteps",
    RepeatVector: "makes a sequence of what the last timestep gave",
    Reshape: "may move values between timesteps",
}
UNKNOWN = (
    "may need other timesteps for all that a stream knows; put it into `TimeDistributed` if it "
    "treats each timestep alone"
)


def of_class(layer: Layer) -> str:
    """Return what layers of this class do that is not done timestep by timestep, or nothing."""
    return next((why for kind, why in OBSTACLES.items() if isinstance(layer, kind)), "")


def of_layer(layer: Layer, node: Node, known: bool) -> str:
    """Return why a layer that is called so cannot be taken step by step, or nothing.

    Args:
        layer: the layer, or what is inside a `TimeDistributed`.
        node: the call.
        known: whether a stream has a stage for layers of this class.
    """
    if isinstance(layer, RNN) and (why := of_rnn(layer)):
        return why
    if type(layer) in (*rowwise.ROWWISE, *rowwise.MERGES, Operation):
        return _of_merge(node) or rowwise.obstacle(layer, len(node.inputs[0].shape))
    return "" if known else of_class(layer) or UNKNOWN


def of_rnn(layer: RNN) -> str:
    """Return why a recurrent layer cannot be taken step by step, or nothing."""
    if layer.go_backwards:
        return "reads the sequence from its end (`go_backwards=True`)"
    if reads_whole(layer.cell):
        return "has a cell that goes on from more than its states; give it whole sequences"
    return ""


def _of_merge(node: Node) -> str:
    """Return why what a call reads cannot be joined timestep by timestep, or nothing."""
    lengths = {tensor.shape[1] for tensor in node.inputs if len(tensor.shape) == 3} - {None}
    return "joins sequences of several lengths" if len(lengths) > 1 else ""


def of_call(node: Node, who: str = "stream") -> str:
    """Return why a call cannot be taken step by step, by whom, or nothing."""
    if node.states:
        return f"is given an initial state; set the {who}'s `state` in its place"
    if node.masks:
        return "is given a mask; leave masked steps out"
    if node.reset_mask is not None:
        return f"is given a reset mask; call the {who}'s `reset` in its place"
    return "is called with `training=True`" if node.training else ""
