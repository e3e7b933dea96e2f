"""On what it was measured."""

import os
import platform
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from elman._cpus import usable_cpus

ENVIRONMENT = ("ELMAN_KERNELS", "OMP_WAIT_POLICY", "GOMP_SPINCOUNT", "KMP_BLOCKTIME", "XLA_FLAGS")
PACKAGES = ("numpy", "torch", "jax", "keras", "tensorflow-cpu", "tensorflow", "onnxruntime")


def machine() -> dict[str, Any]:
    return {
        "processor": _processor(),
        "processors": usable_cpus(),
        "load": round(os.getloadavg()[0], 1) if hasattr(os, "getloadavg") else None,
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "environment": {name: os.environ[name] for name in ENVIRONMENT if name in os.environ},
    }


def packages() -> dict[str, str]:
    """Return the versions of what is installed."""
    found = {}
    for name in PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def _processor() -> str:
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as lines:
            for line in lines:
                if line.startswith("model name"):
                    return line.partition(":")[2].strip()
    except OSError:
        pass
    return platform.processor() or platform.machine()
