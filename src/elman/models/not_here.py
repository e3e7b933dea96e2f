"""What models of Keras have and elman's have not: the error says what to do."""

from typing import Any

INSTEAD = {
    "quantize": "elman computes in float32 and float64.",
    "stateless_call": "Give weights with `set_weights`, and call the model.",
    "compiled_metrics": "Keras 3 has `metrics`, and so has elman.",
    "compiled_loss": "Keras 3 has `compute_loss`, and so has elman.",
    "fit_generator": "`fit` takes generators.",
    "evaluate_generator": "`evaluate` takes generators.",
    "predict_generator": "`predict` takes generators.",
    "predict_classes": "Take `model.predict(x).argmax(-1)`, or `model.predict(x) > 0.5`.",
    "predict_proba": "`predict` gives them.",
    "to_yaml": "`to_json` writes the architecture.",
}


def error(model: Any, name: str) -> AttributeError:
    """Return the error of an attribute that a model does not have."""
    fix = f". {INSTEAD[name]}" if name in INSTEAD else ""
    text = f"{type(model).__name__!r} object has no attribute {name!r}{fix}"
    return AttributeError(text, name=name, obj=model)
