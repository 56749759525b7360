"""What to type to install what is missing, into the environment that runs this and no other."""

from __future__ import annotations

import sys
from importlib.util import find_spec
from pathlib import Path


def install_command(what: str) -> str:
    """The command that installs a package, or an extra such as "mp3tomidi[score]", where this program runs.

    That is plain `pip install` only in an environment that is activated: elsewhere it would change another one.
    """
    quoted = f'"{what}"' if "[" in what else what
    if find_spec("pip") is None:  # uv makes environments without
        return f"uv pip install --python {_python()} {quoted}"
    return f"pip install {quoted}" if _is_activated() else f"{_python()} -m pip install {quoted}"


def _is_activated() -> bool:
    """Whether the first pip on the path is this environment's."""
    import shutil  # takes a while to import

    pip = shutil.which("pip")
    return pip is not None and Path(pip).parent.samefile(Path(sys.executable).parent)


def _python() -> str:
    """This Python, from the folder that we are in if it lies below it."""
    python, here = Path(sys.executable), Path.cwd()
    path = str(python.relative_to(here) if python.is_relative_to(here) else python)
    return f'"{path}"' if " " in path else path
