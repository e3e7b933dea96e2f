"""What is left out and why, what is missing, what has limits, and what differs on purpose.

Names may have wildcards. A name that none of these tables knows and elman does not have ends the
script, and so does an entry that says of something that elman has that it is missing.
"""

IMAGES = "images, and data of two or three dimensions: elman is about sequences"
TABLES = "texts and columns of tables made into numbers"
QUANTIZED = "quantization"
MACHINES = "several devices, memory of accelerators, compilers"
OTHERS = "other frameworks' layers, tensors and files"
AUDIO = "spectrograms"
SEARCH = "datasets and pretrained models to download"
INNER = "what Keras is made of, for those who extend Keras itself"
OLD = "names of Keras 1 and 2 that Keras itself keeps for old scripts"

OUT = {  # module: (reason: names)
    "layers": {
        IMAGES: "*2D* *3D* Random* AugMix AutoContrast CenterCrop ContrastLimited* CutMix"
        " Equalization MaxNumBoundingBoxes MixUp RandAugment Resizing Solarization Pipeline",
        TABLES: "TextVectorization StringLookup IntegerLookup Hashing HashedCrossing"
        " CategoryEncoding Discretization",
        AUDIO: "MelSpectrogram STFTSpectrogram",
        OTHERS: "FlaxLayer JaxLayer TFSMLayer TorchModuleWrapper",
    },
    "initializers": {AUDIO: "STFT STFTInitializer stft"},
    "optimizers": {
        OLD: "legacy",
        MACHINES: "LossScaleOptimizer",
    },
    "callbacks": {OTHERS: "OrbaxCheckpoint"},
    "utils": {
        IMAGES: "array_to_img img_to_array load_img save_img image_dataset_from_directory"
        " bounding_boxes",
        TABLES: "FeatureSpace text_dataset_from_directory",
        AUDIO: "audio_dataset_from_directory",
        SEARCH: "get_file",
        OLD: "legacy",
        INNER: "Config get_source_inputs",
    },
    "preprocessing": {
        IMAGES: "image image_dataset_from_directory",
        TABLES: "text_dataset_from_directory",
    },
    "saving": {OTHERS: "KerasFileEditor"},
    "ops": {
        IMAGES: "image depth_to_space space_to_depth fold unfold",
        AUDIO: "fft fft2 ifft2 irfft rfft istft stft extract_sequences",
        "complex numbers": "angle conj conjugate imag isreal polar real view_as_complex"
        " view_as_real",
        "windows of signals": "bartlett blackman hamming hanning kaiser i0 sinc",
        INNER: "numpy vectorize view",
    },
    "ops.nn": {IMAGES: "depth_to_space space_to_depth fold unfold", "complex numbers": "polar"},
    "config": {
        MACHINES: "*flash_attention* is_nnx_enabled",
        "tracebacks, which elman does not shorten": "*traceback_filtering*",
        "Python code in files, which elman never runs": "enable_unsafe_deserialization",
    },
    "": {
        SEARCH: "applications datasets",
        MACHINES: "device distribution name_scope remat RematScope",
        QUANTIZED: "Quantizer quantizers dtype_policies FloatDTypePolicy mixed_precision",
        INNER: "Function KerasTensor Operation StatelessScope SymbolicScope src",
        OLD: "legacy",
        OTHERS: "export wrappers visualization distillation",
    },
}

OPERATION = "not there; write it with the others"
POOL = "as layers: `MaxPooling1D`, `AveragePooling1D`, `Conv1D`, …"
SAME_AS = "not under this name; `elman.ops` has it"
MISSING = {  # module: (what is said: names)
    "layers": {
        "`Conv1D`, in `TimeDistributed` too, and `LSTM`": "ConvLSTM1D",
        "`Attention` and `AdditiveAttention`, of one head": "MultiHeadAttention"
        " GroupQueryAttention",
        "`LayerNormalization` and its like": "GroupNormalization",
        "constraints of weights, such as `UnitNorm`": "SpectralNormalization",
        "`Dense`, or a `call` of your own with `ops.einsum`": "EinsumDense",
        "`Embedding`, or a `call` of your own with its weight": "ReversibleEmbedding",
        "pools of a given size: `AveragePooling1D`, `MaxPooling1D`": "AdaptiveAveragePooling1D"
        " AdaptiveMaxPooling1D",
    },
    "optimizers": {
        "one optimizer trains all weights": "MultiOptimizer OptimizerMap",
        "`AdamW`, with a schedule": "ScheduleFreeAdamW",
    },
    "utils": {
        "`fit` shows progress itself; `callbacks.ProgbarLogger`": "Progbar",
    },
    "ops": {
        POOL: "adaptive_average_pool adaptive_max_pool average_pool max_pool conv conv_transpose"
        " depthwise_conv separable_conv",
        "as a loss: `elman.losses.CTC`": "ctc_loss ctc_decode",
        OPERATION: "argpartition bincount bitwise_* cdist cholesky_inverse corrcoef correlate"
        " diagflat dsplit dstack eig erfinv fabs fliplr flipud fmax fmin fmod gcd geomspace"
        " heaviside histogram hsplit jvp kron lcm ldexp left_shift right_shift logaddexp2 lstsq"
        " lu_factor matrix_rank nan* nextafter percentile rearrange rot90 segment_*"
        " solve_triangular trapezoid unravel_index vander vsplit",
    },
    "ops.linalg": {
        OPERATION: "cholesky_inverse eig jvp lstsq lu_factor matrix_rank solve_triangular"
    },
    "ops.nn": {
        POOL: "adaptive_average_pool adaptive_max_pool average_pool max_pool conv conv_transpose"
        " depthwise_conv separable_conv",
        "as a loss: `elman.losses.CTC`": "ctc_loss ctc_decode",
        SAME_AS: "celu elu gelu glu hard_* leaky_relu log_sigmoid moments multi_hot one_hot relu"
        " relu6 selu sigmoid silu soft_shrink softsign sparse_* sparsemax squareplus swish"
        " tanh_shrink threshold",
    },
    "tree": {"not there: structures are nested by Python's own means": "*"},
    "config": {
        "`fit` has `epochs` and `steps_per_epoch`": "*max_epochs *max_steps_per_epoch",
    },
    "": {
        "weights come from `add_weight`; anything else is an array": "Variable",
        "structures are nested by Python's own means": "tree",
        "`elman.__version__`": "version",
    },
}

ACCEPTED = {  # name: arguments that are accepted and change nothing
    "layers.SimpleRNN": ("unroll",),
    "layers.GRU": ("unroll", "use_cudnn"),
    "layers.LSTM": ("unroll", "use_cudnn"),
    "layers.RNN": ("unroll",),
    "layers.BatchNormalization": ("synchronized",),
    "utils.split_dataset": ("preferred_backend",),
    "Model.compile": ("run_eagerly", "steps_per_execution", "jit_compile", "auto_scale_loss"),
}
LIMITS = {  # name: what elman's does not do, or does otherwise
    "metrics.CosineSimilarity": "`axis` must be -1 (UnsupportedError)",
    "losses.CosineSimilarity": "`axis` must be -1 (UnsupportedError)",
    "losses.cosine_similarity": "`axis` must be -1 (UnsupportedError)",
    "models.load_model": "reads elman's own files; Keras's are refused (UnsupportedError)",
    "saving.load_model": "reads elman's own files; Keras's are refused (UnsupportedError)",
    "callbacks.ModelCheckpoint": "writes elman's own files",
    "callbacks.TensorBoard": "no embeddings, no profiling (UnsupportedError)",
    "metrics.RootMeanSquaredError": "leaves out masked entries, which Keras's counts",
}
CHANNELS_LAST = (
    *("Conv1D", "Conv1DTranspose", "DepthwiseConv1D", "SeparableConv1D", "AveragePooling1D"),
    *("MaxPooling1D", "GlobalAveragePooling1D", "GlobalMaxPooling1D", "Flatten", "ZeroPadding1D"),
)
for _layer in CHANNELS_LAST:
    LIMITS[f"layers.{_layer}"] = 'only `data_format="channels_last"` (UnsupportedError)'

DIFFERENCES = """\
- Arrays are NumPy's, before and after: `model(x)` and `layer(x)` return arrays. An array carries
  no mask with it, as Keras's tensors do: outside of a model give `mask=`. Inside of models and of
  the `call` of your own layers masks travel as in Keras.
- A recurrent layer that is given `initial_state` and a masked input skips the masked steps: in
  `fit`, `predict` and calls alike. Keras hears no mask then, behind `Masking` and
  `Embedding(mask_zero=True)` alike, unless it is given as `mask=`; a decoder that starts from an
  encoder's states is such a layer. For Keras's numbers leave the mask of its input out; for elman's
  give Keras's layer `mask=embedding.compute_mask(tokens)`.
- A padded step is one that is not taken, so that it may hold anything, NaN included
  (`design/0001-a-masked-step-is-not-taken.md`). What comes out is what Keras on TensorFlow gives.
- Random numbers are others than Keras's, of the same distributions: dropout, initializers,
  shuffling, `random`. `split_dataset` alone draws Keras's order. Which masks recurrent dropout
  draws is told in `design/0002-dropout-masks-a-gate.md`.
- The gradient of an embedding is that of its rows. On TensorFlow Keras squares, in Adam, RMSprop
  and clipping by norm, the parts of a repeated token one by one; elman squares their sum.
- Losses of single outputs are averaged over samples. On TensorFlow, with batches of several
  sizes, Keras averages them over batches.
- Metrics leave out masked entries, all of them; Keras's RootMeanSquaredError counts them, and so do
  in a masked model its AUC, Recall of several thresholds, MeanIoU and SensitivityAtSpecificity.
- A weight that no loss reaches has a gradient of zero, so that `weight_decay` takes off its share;
  in Keras it has none, and stays.
- A model is made of layers that are given, or of a `call`: a `call` beside them is an error, where
  Keras runs it. So is an optimizer's `update_step`, in whose place a rule has `step`, and the
  `get_initial_state` of a layer, which is a cell's. A layer's own `__call__` is asked where the
  layer is called by itself.
- Sample weights of the IoU metrics keep their fractions; Keras cuts them to whole numbers unless
  `dtype` is a float's.
- SimpleRNN hears its `activity_regularizer`, as GRU and LSTM do; Keras's SimpleRNN does not.
- `celu` has slope 1 at zero, where Keras's gradient on TensorFlow is 2.
- Integers from `ops` are NumPy's int64, where Keras's are int32.
- What Keras takes in silence is an error in elman where it can only be a mistake: a NaN for a
  number such as a learning rate, fractions or negative numbers for the classes of
  `to_categorical`.
- Arguments that tune Keras's speed are accepted by `compile` and ignored: `run_eagerly`,
  `steps_per_execution`, `jit_compile`, `auto_scale_loss`.
- The options that all optimizers share (`weight_decay`, `clipnorm`, `clipvalue`,
  `global_clipnorm`, `use_ema`, `ema_momentum`, `ema_overwrite_frequency`, `loss_scale_factor`,
  `gradient_accumulation_steps`, `name`) are given by keyword.
- Where Keras returns a `tf.data.Dataset`, elman returns a `Dataset` of its own: `map`, `filter`,
  `shuffle`, `batch`, `unbatch`, `take`, `skip`, `repeat`, `cache`, `prefetch` and
  `as_numpy_iterator` do what they do there, one element after the other, and with other orders.
- Settings hold for the process, but for these, which elman has one of: `epsilon` is 1e-7,
  `image_data_format` "channels_last", `backend` "numpy".
- `.keras` and `.weights.h5` are read and written in Keras 3's form, `.h5` too, and JSON of
  architectures is. Files of Keras 1 and 2 are read; their `hard_sigmoid` is
  `activations.hard_sigmoid_keras2`.
"""

EXPLAINED = {  # (name, case): why the two are apart
    ("ops.cumprod", "cumprod(z, axis=1)"): "TensorFlow's gradient is wrong behind a zero; elman's"
    " agrees with central differences",
}

METHODS_OUT = {  # reason: names of methods and attributes
    QUANTIZED: "*quantiz* enable_lora lora_*",
    INNER: "get_build_config build_from_config call_signature_parameters autocast operations"
    " variable_serialization_spec compute_output_spec stateless_* symbolic_call *_state_tree"
    " compile_from_config get_compile_config make_*_function *_function input_spec supports_jit"
    " *_own_variables add_variable add_variable_from_reference add_optimizer_variables update_step"
    " assign assign_add assign_sub inner_loop single_state *dropout_mask implementation"
    " seed_generator fn",
    MACHINES: "distribute_* rematerialized_call jit_compile run_eagerly steps_per_execution"
    " unrolled_steps_per_execution",
    OLD: "add_metric compiled_loss compiled_metrics",
}
METHODS_MISSING = {  # what is said: names
    "`forward_layer.states` and `backward_layer.states`": "states",
}
METHOD_LIMITS = {
    "Layer.supports_masking": "says for own layers whether a mask goes on",
    "Model.export": "writes ONNX, C and RTNeural's JSON",
    "Model.save": "writes elman's own files",
    "Model.save_weights": "writes elman's own files",
    "Model.load_weights": "reads elman's own files",
}
