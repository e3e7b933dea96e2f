"""RemoteMonitor: tell a server of every epoch."""

import json
from collections.abc import Mapping
from typing import Any

import numpy as np

from elman import _check
from elman._warning import warn
from elman.callbacks.base import Callback
from elman.errors import ArgumentError

TIMEOUT = 10.0  # seconds to wait for an answer, before training goes on without


class RemoteMonitor(Callback):
    """Send the epoch and its logs to a server, by HTTP POST.

    A server that cannot be reached, or answers with an error, is warned of; training goes on.

    Args:
        root: where the server is, such as "http://localhost:9000".
        path: what follows it.
        field: the field of the form that holds the JSON, with `send_as_json=False`.
        headers: more headers of the request, name -> value.
        send_as_json: send JSON itself rather than a form with it.

    Raises:
        ArgumentError: `root` is no address of HTTP.

    >>> RemoteMonitor("localhost:9000")
    Traceback (most recent call last):
    elman.errors.ArgumentError: RemoteMonitor: `root` must begin with 'http://' or 'https://'; got 'localhost:9000'.
    """  # noqa: E501 - the message is one line

    def __init__(
        self,
        root: str = "http://localhost:9000",
        path: str = "/publish/epoch/end/",
        field: str = "data",
        headers: Mapping[str, str] | None = None,
        send_as_json: bool = False,
    ) -> None:
        owner = "RemoteMonitor"
        if not _check.string(owner, "root", root).startswith(("http://", "https://")):
            raise ArgumentError(
                f"{owner}: `root` must begin with 'http://' or 'https://'; got {root!r}."
            )
        self.root = root
        self.path = _check.string(owner, "path", path)
        self.field = _check.string(owner, "field", field)
        self.headers = headers
        self.send_as_json = _check.flag(owner, "send_as_json", send_as_json)

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Send the epoch."""
        import http.client
        import urllib.error
        import urllib.request

        try:
            with urllib.request.urlopen(self._request(epoch, logs or {}), timeout=TIMEOUT) as found:
                found.read()
        except urllib.error.HTTPError as error:
            error.close()
            problem = f"it answered {error.code}"
        except (OSError, http.client.HTTPException) as error:
            problem = str(getattr(error, "reason", error)) or type(error).__name__
        else:
            return
        warn(
            f"RemoteMonitor: the server at `root`, {self.root}, must take what is sent to "
            f"{self.path}; {problem}. Epoch {epoch} was not sent.",
        )

    def _request(self, epoch: int, logs: Mapping[str, Any]) -> Any:
        """Return the request that tells of an epoch."""
        import urllib.parse
        import urllib.request

        text = json.dumps({"epoch": epoch, **logs}, default=_plain)
        if self.send_as_json:
            body, kind = text, "application/json"
        else:
            body = urllib.parse.urlencode({self.field: text})
            kind = "application/x-www-form-urlencoded"
        headers = {"Content-Type": kind, **(self.headers or {})}
        return urllib.request.Request(self.root + self.path, body.encode(), headers, method="POST")


def _plain(value: Any) -> Any:
    """Return what JSON has no form for, a number or an array of NumPy's, as one that it has."""
    if isinstance(value, (np.ndarray, np.generic)):
        return value.tolist()
    raise ArgumentError(
        f"RemoteMonitor: `logs` must hold numbers or texts; got {_check.shown(value)}."
    )
