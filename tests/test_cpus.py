"""The default number of threads: the environment, the processor and made-up control groups."""

import os

import pytest

from elman._cpus import default_threads, usable_cpus
from elman.errors import ArgumentError


@pytest.fixture(autouse=True)
def _eight_processors(monkeypatch):
    name = next(
        n for n in ("process_cpu_count", "sched_getaffinity", "cpu_count") if hasattr(os, n)
    )
    monkeypatch.setattr(os, name, (lambda _: set(range(8))) if "sched" in name else lambda: 8)
    for name in ("ELMAN_NUM_THREADS", "OMP_NUM_THREADS"):
        monkeypatch.delenv(name, raising=False)


def machine(folder, groups, files):
    """Write a tree of control groups and return how many processors it leaves."""
    (folder / "cgroup").write_text(groups, encoding="utf-8")
    for name, text in files.items():
        path = folder / "tree" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return usable_cpus(str(folder / "cgroup"), str(folder / "tree"))


@pytest.mark.parametrize(
    ("quota", "cpus"),
    [
        ("200000 100000\n", 2),
        ("150000 100000\n", 2),  # what is begun counts
        ("1000 100000\n", 1),
        ("max 100000\n", 8),
        ("6400000 100000\n", 8),  # more than there are
    ],
)
def test_the_quota_of_the_control_group_is_kept(tmp_path, quota, cpus):
    assert machine(tmp_path, "0::/\n", {"cpu.max": quota}) == cpus


def test_the_tightest_quota_on_the_way_to_the_root_counts(tmp_path):
    files = {
        "a/cpu.max": "300000 100000\n",
        "a/b/cpu.max": "500000 100000\n",
        "a/b/c/cpu.max": "max 100000\n",
        "other/cpu.max": "100000 100000\n",
    }
    assert machine(tmp_path, "0::/a/b/c\n", files) == 3


def test_a_container_that_sees_only_its_own_root_is_understood(tmp_path):
    files = {"cpu.max": "200000 100000\n"}
    assert machine(tmp_path, "0::/docker/0123abcd\n", files) == 2


def test_the_first_version_of_control_groups_is_understood(tmp_path):
    groups = "5:cpuset:/\n4:cpu,cpuacct:/box\n1:name=systemd:/box\n0::/\n"
    files = {
        "cpu,cpuacct/cpu.cfs_quota_us": "-1\n",
        "cpu,cpuacct/cpu.cfs_period_us": "100000\n",
        "cpu,cpuacct/box/cpu.cfs_quota_us": "250000\n",
        "cpu,cpuacct/box/cpu.cfs_period_us": "100000\n",
    }
    assert machine(tmp_path, groups, files) == 3


def test_without_control_groups_the_affinity_counts(tmp_path):
    assert usable_cpus(str(tmp_path / "none"), str(tmp_path)) == 8


@pytest.mark.parametrize(
    ("own", "openmp", "threads"),
    [("3", "5", 3), ("", "5", 5), ("", "5,2", 5), ("", "many", 8), ("", "0", 8)],
)
def test_elman_s_variable_comes_before_openmp_s(monkeypatch, tmp_path, own, openmp, threads):
    monkeypatch.setenv("ELMAN_NUM_THREADS", own)
    monkeypatch.setenv("OMP_NUM_THREADS", openmp)
    monkeypatch.setattr("elman._cpus.usable_cpus", lambda: 8)
    assert default_threads() == threads


@pytest.mark.parametrize(("value", "shown"), [("0", "0"), ("-1", "'-1'"), ("all", "'all'")])
def test_a_wrong_number_of_threads_in_elman_s_variable_is_an_error(monkeypatch, value, shown):
    monkeypatch.setenv("ELMAN_NUM_THREADS", value)
    message = f"^elman: `ELMAN_NUM_THREADS` must be a positive integer; got {shown}"
    with pytest.raises(ArgumentError, match=message):
        default_threads()
