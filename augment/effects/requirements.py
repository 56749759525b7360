"""Checks for packages and programs that an effect or engine needs, made only where it is used."""

from __future__ import annotations

import importlib.util
import shutil

from mp3tomidi.transcribe.errors import Mp3toMidiError
from mp3tomidi.transcribe.installing import install_command


class MissingError(Mp3toMidiError):
    """A package or a program that is asked for and not installed."""


def require_package(module: str, needed_for: str, install: str) -> None:
    """Raises MissingError if the module cannot be imported. `install`: what pip is to install."""
    if importlib.util.find_spec(module) is None:
        raise MissingError(f"{needed_for} needs the package {module}: {install_command(install)}")


def require_program(program: str, needed_for: str, install: str) -> None:
    """Raises MissingError if the program is not on the path. `install`: what apt is to install."""
    if shutil.which(program) is None:
        raise MissingError(f"{needed_for} needs the program {program}; on Debian: apt install {install}")
