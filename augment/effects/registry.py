"""The effects by name: the one list of them, for the training chain, recipes and what was written down alike.

The effect `time_stretch` is the class `TimeStretch` in `time_stretch.py`, and what it draws from is `TimeStretchRanges`
there. Modules are imported when they are asked for: rooms need pyroomacoustics, which a chain without rooms does not.
"""

from __future__ import annotations

import inspect
from importlib import import_module
from typing import Any

from mp3tomidi.augment.effects import sox_engine
from mp3tomidi.augment.effects.base import Effect, Params
from mp3tomidi.augment.effects.ranges import Ranges

EFFECTS = (
    "automatic_gain",
    "chorus",
    "codec",
    "compression",
    "detune",
    "distortion",
    "echo",
    "equaliser",
    "filter",
    "gain",
    "impulse_response",
    "limiter",
    "lossy_codec",
    "noise",
    "noise_files",
    "phone",
    "pitch_shift",
    "polarity",
    "reverb",
    "room",
    "speed",
    "stereo_width",
    "street",
    "time_mask",
    "time_stretch",
    "tremolo",
    "vibrato",
)

TORCH, SOX = "torch", "sox"
ENGINES = (TORCH, SOX)


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
    return (TORCH, SOX) if name in _with_sox() else (TORCH,)


def make(name: str, sample_rate: int, ranges: Ranges | None = None, engine: str = TORCH) -> Effect[Any]:
    """An effect for sound of this rate (Hz).

    Raises KeyError for a name that is not in EFFECTS or has no such engine, EngineError if SoX is missing.
    """
    kind = effect_class(name)
    if engine == SOX:
        kind = _with_sox()[name]
        sox_engine.require()
    arguments: dict[str, Any] = {} if ranges is None else {"ranges": ranges}
    if "sample_rate" in inspect.signature(kind).parameters:
        arguments["sample_rate"] = sample_rate
    return kind(**arguments)


def _with_sox() -> dict[str, type[Effect[Any]]]:
    return sox_engine.EFFECTS


def _found(name: str, ending: str) -> Any:
    if name not in EFFECTS:
        raise KeyError(name)
    return getattr(import_module(f"mp3tomidi.augment.effects.{name}"), name.title().replace("_", "") + ending)
