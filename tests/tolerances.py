"""How closely numbers must agree, in one table, each with its reason."""

GRADIENT = 1e-7
"""Analytic gradient against central differences, relative to the larger of 1 and its size: the
differences are off by about 4e-11 |f'''|, as their step is 6e-6, and a sequence amplifies it."""

KERAS_LOSS = 1e-6
"""Losses and metrics in float32 against Keras: eight roundings of 1.2e-7 each. What two correct
implementations differ by is the order of their sums."""

KERAS_STEPS = 1e-6
"""Weights after five optimizer steps in float32 against Keras, relative to their size: five
roundings of 1.2e-7 in the weight, and as many in the step."""

KERAS_TWENTY_STEPS = 4e-6
"""Weights and slots after twenty optimizer steps in float32 against Keras, relative to the larger
of 1 and their size: Ftrl's sums divide by the learning rate what differs by a rounding, and the
roots of NumPy 2.0 are rounded otherwise than those that came later."""

KERAS_SCHEDULE = 1e-6
"""Learning rates in float32 against Keras, relative to the first: powers and cosines are right to a
few roundings of 1.2e-7, wherever they come from."""

STATISTIC = 0.02
"""Mean and standard deviation of 100 000 draws, relative to the latter: both scatter by
1 / sqrt(100 000) = 0.003, and a fixed seed keeps a test from being unlucky."""

EXACT = 1e-12
"""Two ways to write the same float64 computation: only the order of roundings differs."""

FLOAT32 = 1e-5
"""float32 against float64, relative to the largest value: eps is 1.2e-7, and a handful of steps
through products of a handful of terms roundings add up to some tens of it."""

KERAS_ACTIVATION = 3e-6
"""Activations and their derivatives in float32 against Keras: its tanh is a rational function
that is right to 2e-7, and mish's derivative, 1 - tanh^2 times x = 8, amplifies that tenfold."""

KERAS_OPS = 5e-6
"""Single functions in float32 against Keras, relative to the largest value: inverses and
decompositions carry some tens of roundings of 1.2e-7."""

SHOWN = 1e-6
"""Figures on a guide page, relative, on top of one unit in the last digit shown: pages print up to
16 digits of what thousands of steps in float64 have summed up, and processors round exp apart."""

KERAS_OUTPUT = 1e-5
"""Outputs in float32 against Keras, relative to the larger of 1 and the value: some tens of
roundings of 1.2e-7, through products and activations of a whole model. Also what is promised."""

KERAS_GRADIENT = 1e-4
"""Gradients in float32 against Keras, relative to the largest: ten times the outputs', as they sum
over all timesteps and samples. Also what is promised."""

KERAS_OWN_CELLS = 1e-5
"""Weights after twenty steps of SGD through cells of one's own against Keras, and the losses on the
way, relative: a loss that has fallen to a thousandth carries the roundings of what it has been."""

KERAS_TRAINING = 5e-6
"""Nine steps of training in float32 against Keras: each starts where the last ended, so that the
1e-6 of a step adds up."""

KERAS_PROGRAM = 1e-4
"""All that a documented program shows, after twenty steps of training, against Keras: relative to
the larger of 1 and the number. Adam divides by roots of squares, which amplifies roundings."""

FORECAST_DIGITS = 1e-5
"""Forecasts as `elman predict` writes them, relative to a typical change of the target: six digits
of it are written, the last one rounded."""

FORECAST_FLOAT32 = 1e-5
"""The same forecast computed alone and among others, relative to a typical change: the order of
float32 sums of some hundred terms may differ."""

NATIVE64 = 1e-9
"""Compiled kernels against the reference in float64, relative to the larger of 1 and the largest:
both are right to some eps of 2e-16, which forty steps and their gradients amplify."""

NATIVE32 = 2e-4
"""The same in float32: eps is 1.2e-7, amplified in the same way, by a thousand in the
worst draws."""

NATIVE_LOSS64 = 1e-12
"""Compiled losses, softmax and clipping against the reference in float64, relative to the largest:
sums of some hundred terms in another order, each term right to some eps of 2e-16."""

NATIVE_LOSS32 = 2e-5
"""The same in float32: eps is 1.2e-7, and logits of 10 carry ten times that into an exponential."""

NORMAL = 1e-6
"""Compiled normal numbers against the reference's, relative to the larger of 1 and the number:
roots, logarithms, sines and cosines in float32, each right to some roundings of 6e-8."""

RTRL = 1e-9
"""Gradients carried forward in time against backpropagation through it, in float64, relative to the
larger of 1 and the largest: the same sum of products of Jacobians, bracketed from the other end."""

AUTOGRAD = 1e-10
"""Outputs and gradients of cells in float64 against autograd's, relative to the larger of 1 and the
largest: both are right to some eps of 2e-16, which divisions by small deviations amplify."""

PAGE_DIGITS = 6e-4
"""Numbers as a page shows them against those that it was made of, relative: four digits are half a
unit of the fourth apart from them, the 2000th part at most."""

FLOW = 1e-9
"""Norms of gradients that flow back through thirty steps in float64 against powers of the radius,
relative: each step's product adds roundings of 2e-16, where 0.8^30 of the norm is left, 1e-3."""

SOFT_END = 2e-4
"""How far from the end of its range an activation may be at an input of ten thousand: softsign
comes as close as 1 / 10001, all others closer."""

TRIED_STEP = 1e-5
"""Weights after a step that was tried on copies against those that training takes, in float32: the
gradient of the compiled pass is summed in another order, and Adam divides by roots of squares."""

DRAWN_HALF = 15
"""How many of 100 samples drawn from 200 may be off the 50 expected of one half: four standard
deviations, each of sqrt(100 / 4 * 100 / 199) = 3.5."""

FRAMES = 4.0
"""Lyapunov exponents against what they tend to, in nats, divided by how many timesteps they are
means of: frames that begin elsewhere differ by the logarithm of how skew the directions are, by 2.2
at most here."""

ROOT = 1e-9
"""Fixed points, and what follows from them, against a root finder's in float64: q of a fixed point
is at most 1e-20, so that a step moves it by some 1e-10, and more where an eigenvalue is near 1."""

SOLVED = 1e-8
"""The fixed point of a linear layer against that of a linear solver: an eigenvalue of 0.9 makes ten
times of what a step still moves it by."""

MINIMUM = 1e-3
"""A slope at a minimum of q against what it is there: q, of some 1e-5, is flat within the roots of
its roundings."""

RECALLED = 0.3
"""What the flip-flop network puts out at its memories against -1 and 1, which it learned to a loss
that is not 0: the farthest of the eight is 0.26 off."""

ONNX = 1e-5
"""Outputs in float32 against onnxruntime's, relative to the larger of 1 and the largest: both sum
in orders of their own, and a sequence hands its roundings on from step to step."""

DRAWN_GRAPH = 1e-3
"""Outputs in float32 of ONNX graphs drawn at random or damaged, two ways, relative to the larger of
1 and the largest: a dozen nodes on one another, products and normalisation among them, each make
some tens of roundings of 1.2e-7 up to ten times as large. What is drawn wrong is off by 0.01."""

TORCH_OUTPUT = 1e-5
"""Outputs in float32 against PyTorch, relative to the larger of 1 and the largest: some tens of
roundings of 1.2e-7, through products and activations of a whole module. Also what is promised."""

HALF_WEIGHTS = 2e-3
"""Weights in float16 against those that they were rounded from, and what they compute, relative to
the larger of 1 and the largest: the spacing below 1 is 5e-4, and some of them add up."""

EXPORTED = 1e-6
"""Activations in C against elman's, relative to the larger of 1 and the value: two exponentials
that are each right to 2.5e-7, and a few roundings of 1.2e-7."""
