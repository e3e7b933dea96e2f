import json
import re
import socket
import threading
import urllib.parse
from http.server import BaseHTTPRequestHandler, HTTPServer

import numpy as np
import pytest

from elman.callbacks import RemoteMonitor
from elman.errors import ArgumentError
from tests.callbacks.problem import Feed, fit


@pytest.fixture
def server(monkeypatch):
    """Yield a server on this machine that keeps what it is sent, and answers `status`."""
    monkeypatch.setenv("no_proxy", "*")

    class Keep(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            http.got.append((self.path, dict(self.headers), body))
            self.send_response(http.status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_):
            pass

    with HTTPServer(("127.0.0.1", 0), Keep) as http:
        http.got, http.status = [], 200
        http.root = f"http://127.0.0.1:{http.server_port}"
        thread = threading.Thread(target=http.serve_forever, args=(0.01,))
        thread.start()
        yield http
        http.shutdown()
        thread.join()


def test_a_form_with_the_epoch_and_its_logs_is_sent(server):
    history = fit(RemoteMonitor(server.root, headers={"X-Own": "a"}), epochs=2)
    assert [path for path, *_ in server.got] == ["/publish/epoch/end/"] * 2
    _, headers, body = server.got[1]
    assert headers["X-Own"] == "a"
    assert headers["Content-Type"] == "application/x-www-form-urlencoded"
    sent = json.loads(urllib.parse.parse_qs(body)["data"][0])
    expected = {name: values[1] for name, values in history.history.items()}
    assert sent == {"epoch": 1, **expected}


def test_json_itself_may_be_sent_to_another_path(server):
    own = RemoteMonitor(server.root, path="/here", send_as_json=True)
    fit(Feed([np.float32(0.5)]), own, epochs=1)
    path, headers, body = server.got[0]
    assert (path, headers["Content-Type"]) == ("/here", "application/json")
    assert json.loads(body)["score"] == 0.5


def test_a_server_that_answers_with_an_error_is_warned_of(server):
    server.status = 500
    text = (
        f"RemoteMonitor: the server at `root`, {server.root}, must take what is sent to "
        "/publish/epoch/end/; it answered 500. Epoch 0 was not sent."
    )
    with pytest.warns(UserWarning, match=re.escape(text)):
        assert fit(RemoteMonitor(server.root), epochs=1).epoch == [0]


def test_a_server_that_cannot_be_reached_is_warned_of(monkeypatch):
    monkeypatch.setenv("no_proxy", "*")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))  # and nobody listens
        own = RemoteMonitor(f"http://127.0.0.1:{free.getsockname()[1]}")
        with pytest.warns(UserWarning, match="must take what is sent to .*refused"):
            assert fit(own).epoch == [0, 1, 2]


@pytest.mark.parametrize("root", ["localhost:9000", "file:///etc/passwd", "ftp://a"])
def test_a_root_is_an_address_of_http(root):
    text = f"RemoteMonitor: `root` must begin with 'http://' or 'https://'; got {root!r}."
    with pytest.raises(ArgumentError, match=re.escape(text)):
        RemoteMonitor(root)


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"root": 3}, "`root` must be a string; got 3."),
        ({"path": None}, "`path` must be a string; got None."),
        ({"field": 1}, "`field` must be a string; got 1."),
        ({"send_as_json": 1}, "`send_as_json` must be True or False; got 1."),
    ],
)
def test_errors_name_the_argument(options, text):
    with pytest.raises(ArgumentError, match=re.escape(f"RemoteMonitor: {text}")):
        RemoteMonitor(**options)


def test_what_json_cannot_hold_is_refused(server):
    text = "RemoteMonitor: `logs` must hold numbers or texts; got {1}."
    with pytest.raises(ArgumentError, match=re.escape(text)):
        fit(Feed([{1}]), RemoteMonitor(server.root), epochs=1)
