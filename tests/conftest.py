"""What holds for all tests."""

import pytest
from hypothesis import settings

from elman import kernels

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
