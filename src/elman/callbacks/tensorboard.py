"""TensorBoard: write what training does for TensorBoard to show."""

import os
import time
from typing import Any

from elman import _check, _filenames
from elman.callbacks.base import Callback
from elman.errors import MissingDependencyError, UnsupportedError

VALIDATION = "val_"


class TensorBoard(Callback):
    """Write losses, metrics and weights to event files, which TensorBoard shows.

    Under `log_dir`/train and `log_dir`/validation, by Keras's tags: `epoch_loss` and the like, with
    `epoch_learning_rate`, at each epoch; `batch_loss` and the like at every `update_freq`-th batch;
    `evaluation_loss_vs_iterations` and the like after each validation and evaluation. A folder that
    there is nothing for is not made. Needs `tensorboardX` (`pip install 'elman[tensorboard]'`).

    Args:
        log_dir: the folder.
        histogram_freq: after every so many epochs the weights are written as histograms; 0 for
            never.
        write_graph: write the model's architecture, which TensorBoard draws. A model that has none
            that can be written is left out.
        write_images: must be False.
        write_steps_per_second: write how many steps a second there were, of each epoch and of each
            batch that is written.
        update_freq: "epoch", "batch", or a number of batches.
        profile_batch: must be 0.
        embeddings_freq: must be 0.
        embeddings_metadata: must be None.

    Raises:
        ArgumentError: an argument is out of range.
        MissingDependencyError: `tensorboardX` is not installed.
        UnsupportedError: an option that Keras has and elman does not.

    >>> import elman, os, tempfile
    >>> model = elman.Sequential([elman.Input((2,)), elman.layers.Dense(1)])
    >>> model.compile("sgd", "mse")
    >>> folder = tempfile.mkdtemp()
    >>> board = TensorBoard(folder)  # doctest: +SKIP
    >>> _ = model.fit([[0, 0]], [[1]], callbacks=[board], verbose=0)  # doctest: +SKIP
    >>> os.listdir(folder)  # doctest: +SKIP
    ['train']
    """

    lazy_logs = True  # of most batches it needs none

    def __init__(
        self,
        log_dir: "str | os.PathLike[str]" = "logs",
        histogram_freq: int = 0,
        write_graph: bool = True,
        write_images: bool = False,
        write_steps_per_second: bool = False,
        update_freq: str | int = "epoch",
        profile_batch: Any = 0,
        embeddings_freq: int = 0,
        embeddings_metadata: Any = None,
    ) -> None:
        owner = "TensorBoard"
        self.log_dir = _filenames.path(owner, "log_dir", log_dir)
        self.histogram_freq = _check.integer(owner, "histogram_freq", histogram_freq, minimum=0)
        self.write_graph = _check.flag(owner, "write_graph", write_graph)
        self.write_steps_per_second = _check.flag(
            owner, "write_steps_per_second", write_steps_per_second
        )
        if update_freq not in ("epoch", "batch"):
            _check.integer(owner, "update_freq", update_freq)
        self.update_freq = 1 if update_freq == "batch" else update_freq
        _refuse("write_images", write_images, False)
        _refuse("profile_batch", profile_batch, 0)
        _refuse("embeddings_freq", embeddings_freq, 0)
        _refuse("embeddings_metadata", embeddings_metadata, None)
        _writer_class()
        self._writers: dict[str, Any] = {}
        self._batches = self._steps = 0
        self._epoch_start = self._batch_start = 0.0

    def on_train_begin(self, logs: Any = None) -> None:
        """Write the architecture."""
        self._batches = 0
        if self.write_graph:
            text = _architecture(self.model)
            if text is not None:
                _write_architecture(self._writer("train"), text)

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        """Start the clock."""
        self._steps, self._epoch_start = self.model.optimizer.iterations, time.perf_counter()

    def on_train_batch_begin(self, batch: int, logs: Any = None) -> None:
        """Count the batch, and start its clock."""
        self._batches += 1
        self._batch_start = time.perf_counter()

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        """Write the batch, if it is its turn."""
        if self.update_freq == "epoch" or self._batches % int(self.update_freq):
            return
        found = dict(logs() if callable(logs) else logs or {})
        if self.write_steps_per_second:
            found["steps_per_second"] = 1 / max(time.perf_counter() - self._batch_start, 1e-9)
        self._write("train", "batch_{}", found, self._batches)

    def on_test_end(self, logs: Any = None) -> None:
        """Write what was evaluated, by the number of steps that training has taken."""
        steps = self.model.optimizer.iterations
        self._write("validation", "evaluation_{}_vs_iterations", dict(logs or {}), steps)

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Write the epoch, and the weights, if it is their turn."""
        logs = dict(logs or {})
        held = {
            name.removeprefix(VALIDATION): value
            for name, value in logs.items()
            if name.startswith(VALIDATION)
        }
        found = {name: value for name, value in logs.items() if not name.startswith(VALIDATION)}
        found["learning_rate"] = float(self.model.optimizer.learning_rate)
        if self.write_steps_per_second:
            seconds = max(time.perf_counter() - self._epoch_start, 1e-9)
            found["steps_per_second"] = (self.model.optimizer.iterations - self._steps) / seconds
        self._write("train", "epoch_{}", found, epoch)
        self._write("validation", "epoch_{}", held, epoch)
        if self.histogram_freq and epoch % self.histogram_freq == 0:
            for weight in self.model.weights:
                tag = f"{weight.path}/histogram"
                self._writer("train").add_histogram(tag, weight.numpy(), epoch)

    def on_train_end(self, logs: Any = None) -> None:
        """Close the files."""
        self.close()

    def close(self) -> None:
        """Close the files."""
        while self._writers:
            self._writers.popitem()[1].close()

    def _write(self, part: str, tag: str, numbers: dict[str, Any], step: int) -> None:
        for name, value in numbers.items():
            self._writer(part).add_scalar(tag.format(name), float(value), step)

    def _writer(self, part: str) -> Any:
        """Return the writer of a part, made when it is first needed."""
        if part not in self._writers:
            self._writers[part] = _writer_class()(os.path.join(self.log_dir, part))
        return self._writers[part]


def _refuse(option: str, value: Any, only: Any) -> None:
    """Raise for an option that elman does not have."""
    if value != only:
        raise UnsupportedError(
            f"TensorBoard: `{option}` must be {only!r}; got {value!r}. Keras has this option, elman"
            " does not."
        )


def _writer_class() -> Any:
    """Return tensorboardX's writer."""
    try:
        from tensorboardX import SummaryWriter
    except ImportError:
        raise MissingDependencyError(
            "tensorboardX is needed to write for TensorBoard. Install it with "
            "`pip install 'elman[tensorboard]'`."
        ) from None
    return SummaryWriter


def _architecture(model: Any) -> str | None:
    """Return the architecture as JSON, None if a model has none that can be written."""
    try:
        return str(model.to_json())
    except UnsupportedError:
        return None


def _write_architecture(writer: Any, text: str) -> None:
    """Write the architecture by Keras's tag, for the plugin that draws it."""
    from tensorboardX.proto.summary_pb2 import Summary, SummaryMetadata
    from tensorboardX.proto.tensor_pb2 import TensorProto

    plugin = SummaryMetadata.PluginData(plugin_name="graph_keras_model", content=b"1")
    string = TensorProto(dtype="DT_STRING", string_val=[text.encode()])
    metadata = SummaryMetadata(plugin_data=plugin)
    value = Summary.Value(tag="keras", metadata=metadata, tensor=string)
    writer.file_writer.add_summary(Summary(value=[value]), 0)
