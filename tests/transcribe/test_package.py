from __future__ import annotations

import subprocess
import sys

import pytest

import mp3tomidi.transcribe


@pytest.mark.parametrize("name", mp3tomidi.transcribe.__all__)
def test_every_public_name_is_there_when_asked_for(name: str) -> None:
    assert getattr(mp3tomidi.transcribe, name).__name__ == name
    assert name in dir(mp3tomidi.transcribe)


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="Transcriptor"):
        _ = mp3tomidi.transcribe.Transcriptor  # type: ignore[attr-defined]


def test_importing_the_package_loads_neither_numpy_nor_torch() -> None:
    code = """
import sys, mp3tomidi.transcribe
from mp3tomidi.transcribe import Note, Transcription, DrumHit
assert not {"torch", "numpy"} & sys.modules.keys()
"""
    subprocess.run([sys.executable, "-c", code], check=True)
