"""elman -> Keras, PyTorch, ONNX and C, and back: writes `docs/formats/round_trips.md`.

    python -m tests.formats.round_trips --peers PYTHON [--seeds 20] [--only 'LSTM*'] [--formats c]

from the root, in an environment with elman, its tests' packages and gcc. PYTHON is an interpreter
that has Keras 3 on TensorFlow, torch, onnx, onnxruntime and what elman needs; the paths of this one
go with it. It fails for a case that goes wrong unless `reasons.py` lists why, and for a reason that
no case has any more, so that the page does not grow old. `--only` and `--formats` run a part, and
write no page.

    cases.py      what goes round: every layer, and whole models; one list for all formats
    work.py       one format over all cases, in a process of its own
    keras.py      through `to_keras`, `.keras`, `.h5` and `.weights.h5`
    training.py   further training in Keras
    torch.py      through `.pt` into PyTorch's modules; torch_chain.py makes and runs these
    torch_modules.py  PyTorch's own modules, as PyTorch is used
    onnx.py       through onnxruntime
    c.py          through gcc
    reasons.py    why a case is not among those of a format
    page.py       the page
"""
