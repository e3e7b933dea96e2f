"""What holds for all tests."""

import pytest
from hypothesis import settings

from elman import kernels
from elman.cells import _norm
from tests.implementations import ALL

settings.register_profile("elman", deadline=None, derandomize=True)
settings.register_profile("few", settings.get_profile("elman"), max_examples=10)  # .ci/sanitize
settings.load_profile("elman")

collect_ignore_glob = ["golden/make*.py"]  # they need Keras


@pytest.fixture
def kernels_restored():
    """Let a test choose the implementation and the number of threads, for itself alone."""
    implementation, threads = kernels.status().implementation, kernels.get_num_threads()
    yield
    kernels.use(implementation)
    kernels.set_num_threads(threads)


@pytest.fixture
def compiled(kernels_restored):
    """Let a test run what is compiled, also where the environment has chosen the reference."""
    if kernels.status().implementation == "reference":
        kernels.use("native")


@pytest.fixture
def small_windows():
    """Cut even short sequences into windows of a few turns."""
    from elman import _native

    _native.set_window_bytes(10_000, 10_000)
    yield
    _native.set_window_bytes(1 << 21, 1 << 18)


@pytest.fixture(params=ALL)
def implementation(request, kernels_restored):
    """Let a test go through all implementations that there are here."""
    kernels.use(request.param)
    return request.param


@pytest.fixture
def smooth(monkeypatch):
    """Let the normalised cells be smooth: their third derivative, which central differences are off
    by 4e-11 of, is some EPSILON^-1.5 where the numbers of a row are all alike, as with zero inputs.
    With the EPSILON that it has, golden values stand against it (tests/golden/make_cells.py)."""
    monkeypatch.setattr(_norm, "EPSILON", 1.0)
