from __future__ import annotations

import getpass
import json
import os
import platform
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import numpy as np
import pytest

from langalign import environment as module
from langalign.environment import available_cores, environment


def test_versions_and_machine_are_told() -> None:
    told = environment()
    assert told["versions"]["python"] == platform.python_version()
    assert told["versions"]["numpy"] == np.__version__
    assert told["versions"]["langalign"] == version("langalign")
    assert told["machine"]["cores"] == available_cores() >= 1
    assert told["machine"]["cpu"]


@pytest.mark.parametrize(
    ("content", "expected"), [("max 100000", None), ("50000 100000", 1), ("100000000 100000", None)]
)
def test_cores_are_those_the_container_allows(tmp_path: Path, content: str, expected: int | None) -> None:
    limit = tmp_path / "cpu.max"
    limit.write_text(content)
    unlimited = available_cores(tmp_path / "missing")
    assert available_cores(limit) == (expected or unlimited)
    assert unlimited >= 1


def test_packages_that_are_missing_are_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PACKAGES", ("numpy", "no-such-package"))
    assert set(environment()["versions"]) == {"python", "numpy"}


def test_neither_host_nor_user_nor_path_is_told() -> None:
    told = json.dumps(environment()["machine"])
    for secret in filter(None, (platform.node(), getpass.getuser(), str(Path.home()), str(Path.cwd()))):
        assert secret not in told


def test_nothing_heavy_is_imported() -> None:
    code = (
        "import sys; from langalign.environment import environment; environment(); "
        "sys.exit(bool({'torch', 'transformers', 'faiss', 'sklearn', 'numpy'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_systems_without_affinity_or_cpuinfo_have_an_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(os, "sched_getaffinity", raising=False)
    monkeypatch.setattr(os, "cpu_count", lambda: None)
    monkeypatch.setattr(Path, "exists", lambda _: False)
    monkeypatch.setattr(platform, "processor", lambda: "")
    assert environment()["machine"]["cores"] == 1
    assert environment()["machine"]["cpu"] == platform.machine()


def test_gpus_are_named_as_their_driver_lists_them(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(module, "DRIVER", tmp_path)
    assert "gpus" not in environment()["machine"]
    for slot in ("0000:01:00.0", "0000:02:00.0"):
        folder = tmp_path / "gpus" / slot
        folder.mkdir(parents=True)
        (folder / "information").write_text(f"Model: \t\t NVIDIA Test {slot[5:7]}\nIRQ:   \t 16\n")
    assert environment()["machine"]["gpus"] == ["NVIDIA Test 01", "NVIDIA Test 02"]
