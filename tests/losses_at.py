"""Losses by the names of their golden numbers."""

from elman import losses

CASES = {  # name in training.npz: options
    "mean_squared_error": {},
    "mean_absolute_error": {},
    "huber": {},
    "huber/delta": {"delta": 0.3},
    "binary_crossentropy": {},
    "binary_crossentropy/smooth": {"label_smoothing": 0.2},
    "binary_crossentropy/logits": {"from_logits": True},
    "categorical_crossentropy": {},
    "categorical_crossentropy/smooth": {"label_smoothing": 0.2},
    "categorical_crossentropy/logits": {"from_logits": True},
    "sparse_categorical_crossentropy": {},
    "sparse_categorical_crossentropy/logits": {"from_logits": True},
    "sparse_categorical_crossentropy/void": {"ignore_class": -1},
}


def make(case, **more):
    return losses.get({"class_name": case.split("/")[0], "config": {**CASES[case], **more}})
