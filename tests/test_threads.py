"""Threads, processes and interruptions: from wherever the kernels are called, the same bits."""

import multiprocessing
import os
import signal
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

import elman
from elman import kernels
from elman.errors import ShapeError
from elman.layers import GRU, LSTM, Dense, Input

FORK = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs a system that forks processes")
# Python warns that a fork copies locks that others hold: this is what is tested here.
FORKING = pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning")
PATIENCE = 60  # seconds until a deadlock is called one


@pytest.fixture(autouse=True)
def _two_threads(monkeypatch, kernels_restored):
    """Let even small work go to several threads."""
    monkeypatch.setattr(kernels, "SMALL", 0)
    kernels.set_num_threads(2)


def make(seed=0, units=24):
    """Return a compiled model, the same for the same seed."""
    elman.utils.set_random_seed(seed)
    model = elman.Sequential(
        [Input((None, 3)), LSTM(units, return_sequences=True), GRU(units), Dense(1)]
    )
    model.compile("adam", "mse")
    return model


def data(seed=0, batch=16):
    rng = np.random.default_rng(seed)
    return rng.normal(size=(batch, 12, 3)).astype("float32"), rng.normal(size=(batch, 1))


def trained(seed):
    """Train a model of its own and return its weights."""
    model, (x, y) = make(seed), data(seed)
    for _ in range(5):
        model.train_on_batch(x, y)
    return model.get_weights()


def predicted(seed=0):
    """Return what a model of its own predicts; it can be sent to another process."""
    return make().predict(data(seed)[0], verbose=0)


def same(found, expected):
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_array_equal(one, other)


# ---------------------------------------------------------------------- Python threads


def test_threads_that_call_one_model_at_once_get_the_bits_of_serial_calls():
    model, inputs = make(), [data(seed)[0] for seed in range(24)]
    expected = [model.predict(x, verbose=0) for x in inputs]
    with ThreadPoolExecutor(6) as pool:
        same(pool.map(lambda x: model.predict(x, verbose=0), inputs, timeout=PATIENCE), expected)


def test_models_that_train_in_threads_get_the_weights_of_serial_training():
    expected = [trained(seed) for seed in range(2)]
    models, samples = [make(seed) for seed in range(2)], [data(seed) for seed in range(2)]

    def train(model, sample):
        for _ in range(5):
            model.train_on_batch(*sample)
        return model.get_weights()

    with ThreadPoolExecutor(2) as pool:
        for found, weights in zip(
            pool.map(train, models, samples, timeout=PATIENCE), expected, strict=True
        ):
            same(found, weights)


def test_the_number_of_threads_may_change_while_others_compute():
    model, (x, _) = make(), data()
    expected = model.predict(x, verbose=0)
    with ThreadPoolExecutor(2) as pool:
        work = pool.submit(lambda: [model.predict(x, verbose=0) for _ in range(50)])
        while not work.done():
            for threads in (1, 2, 5):
                kernels.set_num_threads(threads)
        same(work.result(PATIENCE), [expected] * 50)


def test_an_error_in_one_thread_leaves_the_others_alone():
    model, (x, _) = make(), data()
    expected = model.predict(x, verbose=0)
    with ThreadPoolExecutor(2) as pool:
        wrong = [pool.submit(model.predict, x[..., :2], verbose=0) for _ in range(10)]
        right = [pool.submit(model.predict, x, verbose=0) for _ in range(10)]
        for work in wrong:
            with pytest.raises(ShapeError, match="`x` must have shape"):
                work.result(PATIENCE)
        same([work.result(PATIENCE) for work in right], [expected] * 10)


# ---------------------------------------------------------------------- processes


@FORK
@FORKING
def test_a_forked_child_computes_with_threads_of_its_own():
    expected, child = predicted(), os.fork()  # the parent's threads are there, the child's are not
    if child == 0:
        signal.alarm(PATIENCE)  # a deadlock ends here
        os._exit(0 if np.array_equal(predicted(), expected) else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    np.testing.assert_array_equal(predicted(), expected)


@FORK
@FORKING
def test_a_child_forked_while_other_threads_compute_computes_too():
    model, (x, _) = make(), data()
    expected, done = model.predict(x, verbose=0), threading.Event()

    def keep_busy():
        while not done.is_set():
            model.predict(x, verbose=0)

    with ThreadPoolExecutor(2) as pool:
        pool.submit(keep_busy)
        for _ in range(100):
            child = os.fork()
            if child == 0:
                signal.alarm(PATIENCE)
                os._exit(0 if np.array_equal(model.predict(x, verbose=0), expected) else 1)
            code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
            if code:
                break
        done.set()
    assert code == 0


@FORKING
@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_processes_of_multiprocessing_give_the_same_bits(method):
    if method not in multiprocessing.get_all_start_methods():
        pytest.skip("needs a system that forks processes")
    expected = [predicted(seed) for seed in range(3)]
    with multiprocessing.get_context(method).Pool(2) as pool:
        same(pool.map_async(predicted, range(3)).get(PATIENCE), expected)


@pytest.mark.parametrize("backend", ["loky", "threading"])
def test_joblib_gives_the_same_bits(backend):
    joblib = pytest.importorskip("joblib")
    model, inputs = make(), [data(seed)[0] for seed in range(4)]
    expected = [model.predict(x, verbose=0) for x in inputs]
    jobs = (joblib.delayed(model.predict)(x, verbose=0) for x in inputs)
    same(joblib.Parallel(2, backend=backend, timeout=PATIENCE)(jobs), expected)
    joblib.externals.loky.get_reusable_executor().shutdown()


# ---------------------------------------------------------------------- interruptions


@pytest.mark.skipif(sys.platform == "win32", reason="needs a signal that a thread can send")
def test_ctrl_c_in_a_long_call_takes_effect_after_it_and_harms_nothing():
    rng = np.random.default_rng(0)
    B, T, U = 8, 1000, 64
    x = rng.normal(size=(B, T, 4)).astype("float32")
    weights = (
        rng.normal(size=(4, 4 * U)).astype("float32"),
        (0.1 * rng.normal(size=(U, 4 * U))).astype("float32"),
        None,
    )
    state = (np.zeros((B, U), "float32"),) * 2

    def run(count=1):
        for _ in range(count):
            outputs, _, _ = kernels.unroll("lstm", x, weights, state, activations=("tanh",) * 2)
        return outputs

    expected = run()
    main = threading.get_ident()
    timer = threading.Timer(0.05, signal.pthread_kill, (main, signal.SIGINT))
    before = signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's `&` ignores it
    try:
        timer.start()
        with pytest.raises(KeyboardInterrupt):
            run(10_000)
    finally:
        signal.signal(signal.SIGINT, before)
    timer.join()
    np.testing.assert_array_equal(run(), expected)


@pytest.mark.skipif(
    sys.platform != "linux" or "asan" in os.environ.get("LD_PRELOAD", ""),
    reason="needs a limit on a process's memory, which the address sanitizer cannot bear",
)
def test_memory_that_runs_out_in_a_thread_is_an_error_and_no_crash():
    code = (
        "import resource, numpy as np, elman\n"
        "from elman import kernels\n"
        "elman.set_num_threads(2)\n"
        "B, T, F, U = 2, 50_000, 256, 1\n"
        "x, state = np.zeros((B, T, F), 'float32'), (np.zeros((B, U), 'float32'),) * 2\n"
        "weights = (np.zeros((F, 4 * U), 'float32'), np.zeros((U, 4 * U), 'float32'), None)\n"
        "options = {'activations': ('tanh', 'sigmoid')}\n"
        "kernels.unroll('lstm', x[:, :100], weights, state, **options)\n"
        "used = int(open('/proc/self/statm').read().split()[0]) * resource.getpagesize()\n"
        "limit = used + (200 << 20)\n"
        "resource.setrlimit(resource.RLIMIT_AS, (limit, limit))\n"
        "drop = tuple(np.ones((B, F), 'float32') for _ in range(4))\n"
        "try: kernels.unroll('lstm', x, weights, state, input_dropout=drop, **options)\n"
        "except MemoryError: pass\n"
        "kernels.unroll('lstm', x[:, :100], weights, state, **options)\n"
        "print('alive')\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "alive\n"), done.stderr
