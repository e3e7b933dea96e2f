"""elman's threads as threadpoolctl sees them, in a fresh Python each."""

import subprocess
import sys

import pytest

pytest.importorskip("threadpoolctl")
pytest.importorskip("elman._native")

ELMAN = (
    "import elman; from elman import _threadpool, kernels\n"
    "_threadpool.announce(kernels.get_num_threads, kernels.set_num_threads)\n"
)
POOL = "import threadpoolctl\n"
FOUND = (
    "elman.set_num_threads(3)\n"
    "found = [i for i in threadpoolctl.threadpool_info() if i['user_api'] == 'elman']\n"
    "print(len(found), found[0]['num_threads'], found[0]['version'] == elman.__version__)\n"
)


def run(code):
    command = [sys.executable, "-W", "error", "-c", code]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


@pytest.mark.parametrize("order", [ELMAN + POOL, POOL + ELMAN], ids=["after", "before"])
def test_threadpoolctl_sees_elman_when_imported_before_or_after(order):
    assert run(order + FOUND) == "1 3 True\n"


@pytest.mark.parametrize("which", ["", ", user_api='elman'"])
def test_threadpool_limits_bound_elman_for_a_while(which):
    limits = (
        "elman.set_num_threads(3)\n"
        f"with threadpoolctl.threadpool_limits(1{which}): print(elman.get_num_threads())\n"
        "print(elman.get_num_threads())\n"
    )
    assert run(ELMAN + POOL + limits) == "1\n3\n"


def test_elman_never_imports_threadpoolctl_and_leaves_its_source_readable():
    code = (
        "import sys\n"
        + ELMAN
        + "print('threadpoolctl' in sys.modules)\n"
        + POOL
        + "import inspect\n"
        "print(len(inspect.getsource(threadpoolctl)) > 1000)\n"
        "print(any('_threadpool' in type(finder).__module__ for finder in sys.meta_path))\n"
    )
    assert run(code) == "False\nTrue\nFalse\n"
