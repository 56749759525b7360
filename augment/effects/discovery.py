"""The effects by name, for the training chain, recipes and what was written down alike: the files of this folder.

The effect `time_stretch` is the class `TimeStretch` in `time_stretch.py`, and what it draws from is `TimeStretchRanges`
there. Modules are imported when they are asked for.
What another engine computes is a file of the same name in the folder of that engine: `SoxChorus` in `sox/chorus.py`.
"""

from __future__ import annotations

import inspect
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from mp3tomidi.augment.effects.base import Effect, Params
from mp3tomidi.augment.effects.ranges import Limits, Ranges

_PACKAGE = "mp3tomidi.augment.effects"
_CONTRACT = {"base", "ranges", "discovery", "requirements"}  # the other files of this folder are effects
EFFECTS = tuple(sorted(path.stem for path in Path(__file__).parent.glob("[a-z]*.py") if path.stem not in _CONTRACT))

TORCH = "torch"  # our own, on CPU or GPU, all clips of a batch at once
# engine -> the module that says whether it is there; the others work on the CPU, clip by clip
OTHER_ENGINES = {"sox": "sox.program", "audiomentations": "audiomentations.transform"}
ENGINES = (TORCH, *OTHER_ENGINES)


def effect_class(name: str) -> type[Effect[Any]]:
    """The class of an effect. Raises KeyError for a name that is not in EFFECTS."""
    kind: type[Effect[Any]] = _found(name, "")
    return kind


def ranges_class(name: str) -> type[Ranges]:
    """What the settings of an effect are drawn from. Raises KeyError for a name that is not in EFFECTS."""
    kind: type[Ranges] = _found(name, "Ranges")
    return kind


def params_class(kind: str) -> type[Params]:
    """The class of settings of this name, such as "ChorusParams". Raises KeyError if no effect has it."""
    if kind not in Params.kinds:
        name = "".join(f"_{c.lower()}" if c.isupper() else c for c in kind.removesuffix("Params")).lstrip("_")
        _found(name, "")  # its module makes the class known
    return Params.kinds[kind]


def engines(name: str) -> tuple[str, ...]:
    """What can compute an effect, the usual first."""
    return (TORCH, *(engine for engine in OTHER_ENGINES if find_spec(f"{_PACKAGE}.{engine}.{name}")))


def engine_limits(name: str, engine: str) -> dict[str, Limits]:
    """What an engine takes of the parameters that it narrows. Raises KeyError for an effect that it does not have."""
    return dict(getattr(_computed_by(name, engine), "limits", {}))


def make(name: str, sample_rate: int, ranges: Ranges | None = None, engine: str = TORCH) -> Effect[Any]:
    """An effect for sound of this rate (Hz).

    Raises KeyError for a name that is not in EFFECTS or has no such engine, MissingError for what is not installed.
    """
    kind = _computed_by(name, engine)
    if engine in OTHER_ENGINES:
        import_module(f"{_PACKAGE}.{OTHER_ENGINES[engine]}").require()
    arguments: dict[str, Any] = {} if ranges is None else {"ranges": ranges}
    if "sample_rate" in inspect.signature(kind).parameters:
        arguments["sample_rate"] = sample_rate
    return kind(**arguments)


def _computed_by(name: str, engine: str) -> type[Effect[Any]]:
    usual: type[Effect[Any]] = effect_class(name)
    if engine == TORCH:
        return usual
    if engine not in engines(name):
        raise KeyError(f"{name} by {engine}")
    found: type[Effect[Any]] = getattr(import_module(f"{_PACKAGE}.{engine}.{name}"), engine.title() + usual.__name__)
    return found


def _found(name: str, ending: str) -> Any:
    if name not in EFFECTS:
        raise KeyError(name)
    return getattr(import_module(f"{_PACKAGE}.{name}"), name.title().replace("_", "") + ending)
