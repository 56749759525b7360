"""Programs of the system that some formats need."""

from __future__ import annotations

import subprocess

from mp3tomidi.transcribe.errors import OutputError


def require(program: str, otherwise: str) -> None:
    """Raises OutputError, which says `otherwise`, if a program is not there or does not even tell its version."""
    try:
        subprocess.run([program, "--version"], capture_output=True, check=True)
    except (OSError, subprocess.CalledProcessError) as error:
        raise OutputError(otherwise) from error
