"""Matplotlib figures (extra "picture") to PNG files, for all pictures."""

from __future__ import annotations

import os
import warnings
from importlib.util import find_spec
from typing import TYPE_CHECKING

from mp3tomidi.transcribe.errors import OutputError
from mp3tomidi.transcribe.installing import install_command
from mp3tomidi.transcribe.outputs.files import written_beside

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def check_matplotlib() -> None:
    """Raises OutputError, which says how to get it, if matplotlib is missing."""
    if find_spec("matplotlib") is None:
        raise OutputError(f"pictures need the package matplotlib: {install_command('mp3tomidi[picture]')}")


def save_png(figure: Figure, path: str | os.PathLike[str], dots_per_inch: int) -> None:
    """Write a figure, whole or not at all, without any window system. Raises OutputError."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    FigureCanvasAgg(figure)
    with written_beside(path) as beside, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # signs of a file's name that the font lacks
        figure.savefig(beside, format="png", dpi=dots_per_inch)
