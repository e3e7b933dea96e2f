"""Which function writes each class of layers?"""

from typing import Any

from elman import layers
from elman.formats.onnx.writing import (
    activating,
    convolving,
    merging,
    normalising,
    recurrent,
    stepping,
)
from elman.formats.onnx.writing.forms import Emit, one, same

WRITERS: dict[type[Any], Emit] = {
    **dict.fromkeys(
        (layers.ActivityRegularization, layers.AlphaDropout, layers.Dropout,
         layers.GaussianDropout, layers.GaussianNoise, layers.Identity, layers.SpatialDropout1D),
        same,
    ),
    layers.Activation: one(activating.activation),
    layers.Add: merging.number_by_number("add"),
    layers.Average: merging.number_by_number("mean"),
    layers.AveragePooling1D: one(convolving.average),
    layers.BatchNormalization: one(normalising.batch_normalization),
    layers.Bidirectional: recurrent.bidirectional,
    layers.Concatenate: merging.joined,
    layers.Conv1D: one(convolving.conv),
    layers.Conv1DTranspose: one(convolving.transposed),
    layers.Cropping1D: one(stepping.cropping),
    layers.Dense: one(activating.dense),
    layers.DepthwiseConv1D: one(convolving.depthwise),
    layers.Dot: merging.dot,
    layers.ELU: one(activating.elu),
    layers.Embedding: stepping.embedding,
    layers.Flatten: one(stepping.flatten),
    layers.GlobalAveragePooling1D: convolving.whole,
    layers.GlobalMaxPooling1D: convolving.whole,
    layers.LayerNormalization: one(normalising.layer_normalization),
    layers.LeakyReLU: one(activating.leaky_relu),
    layers.Masking: stepping.masking,
    layers.MaxPooling1D: one(convolving.largest),
    layers.Maximum: merging.number_by_number("maximum"),
    layers.Minimum: merging.number_by_number("minimum"),
    layers.Multiply: merging.number_by_number("multiply"),
    layers.Normalization: one(normalising.normalization),
    layers.PReLU: one(activating.prelu),
    layers.Permute: one(stepping.permute),
    layers.RMSNormalization: one(normalising.rms_normalization),
    layers.ReLU: one(activating.relu),
    layers.RepeatVector: one(stepping.repeat),
    layers.Rescaling: one(normalising.rescaling),
    layers.Reshape: one(stepping.reshape),
    layers.SeparableConv1D: one(convolving.separable),
    layers.Softmax: one(activating.softmax),
    layers.Subtract: merging.number_by_number("subtract"),
    layers.UnitNormalization: one(normalising.unit_normalization),
    layers.UpSampling1D: one(stepping.up_sampling),
    layers.ZeroPadding1D: one(stepping.zero_padding),
}  # fmt: skip
