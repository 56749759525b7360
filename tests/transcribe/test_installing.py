from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from mp3tomidi.transcribe import installing
from mp3tomidi.transcribe.installing import install_command

ROOT = Path(__file__).parents[2]


def test_in_an_activated_environment_pip_is_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    monkeypatch.setattr(shutil, "which", lambda _: str(tmp_path / "pip"))
    assert install_command("mp3tomidi[score]") == 'pip install "mp3tomidi[score]"'


@pytest.mark.parametrize("pip", [None, "/usr/bin/pip"])
def test_elsewhere_the_environment_s_own_python_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, pip: str | None
) -> None:
    monkeypatch.setattr(sys, "executable", str(tmp_path / ".venv" / "bin" / "python"))
    (tmp_path / ".venv" / "bin").mkdir(parents=True)
    monkeypatch.setattr(shutil, "which", lambda _: pip)
    monkeypatch.chdir(tmp_path)
    assert install_command("matplotlib") == ".venv/bin/python -m pip install matplotlib"
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    assert install_command("matplotlib") == f"{tmp_path}/.venv/bin/python -m pip install matplotlib"


def test_an_environment_without_pip_is_served_by_uv(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(installing, "find_spec", lambda _: None)
    assert re.fullmatch(r"uv pip install --python \S+ matplotlib", install_command("matplotlib"))


def test_the_command_reaches_the_environment_that_runs_this() -> None:
    """`pip show` in the place of `pip install`: it finds the package where this test finds it."""
    command = install_command("pytest").replace("pip install", "pip show")
    shown = subprocess.run(command, shell=True, capture_output=True, text=True, check=True).stdout
    assert f"Location: {Path(pytest.__file__).parents[1]}" in shown


def test_nobody_names_another_pip() -> None:
    sources = [path for part in ("transcribe", "augment", "train", "serve") for path in (ROOT / part).rglob("*.py")]
    assert len(sources) > 400
    naming = [path.name for path in sources if "pip install" in path.read_text(encoding="utf-8")]
    assert naming == ["installing.py"]
