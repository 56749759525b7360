"""Recipes of effects: chains with shares and ranges, from a TOML file or from Python.

    description = "a telephone in somebody's pocket"

    [[steps]]
    effect = "phone"

    [[steps]]
    effect = "noise"
    share = 0.8                          # of the clips; 1 where it is left out
    signal_to_noise_db = [10.0, 40.0]    # drawn between these; one number fixes it

    [[steps]]
    one_of = [{ effect = "reverb", share = 0.5 }, { effect = "room", share = 0.3 }]

    [[steps]]
    any_order = [{ effect = "chorus", share = 0.2 }, { effect = "filter", share = 0.5 }]

Ranges that are left out are those of the training chain. `engine = "sox"` on a step lets the program SoX compute it,
`engine = "audiomentations"` that package.
"""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from mp3tomidi.augment.effects import discovery
from mp3tomidi.augment.effects.base import Effect
from mp3tomidi.augment.effects.chains.chain import Chain, OneOf
from mp3tomidi.augment.effects.ranges import Ranges, Span, WholeSpan, check_limits, field_kinds
from mp3tomidi.transcribe.dataclass_parsing import SettingsError, parse
from mp3tomidi.transcribe.errors import Mp3toMidiError

_GROUPS = ("in_order", "any_order", "one_of")
_OF_A_STEP = ("effect", "share", "engine")


class RecipeError(Mp3toMidiError):
    """A recipe that cannot be read or followed."""


class Step:
    """An effect, the share of the clips that it changes (0 to 1), what it draws from, and what computes it.

        Step("reverb", share=0.5, rt60_s=(0.3, 0.8))
        Step("filter", engine="sox")

    Raises RecipeError for a name that is none (and says the nearest one) and for a value out of range.
    """

    def __init__(self, effect: str, share: float = 1.0, engine: str = discovery.TORCH, **ranges: Any) -> None:
        if effect not in discovery.EFFECTS:
            raise RecipeError(f"there is no effect {effect!r}; {_nearest(effect, discovery.EFFECTS)}")
        self.effect = effect
        self.share = _share(share, effect)
        self.engine = _engine(engine, effect)
        self.ranges = _ranges(effect, ranges, self.engine)

    def made_for(self, sample_rate: int) -> Effect[Any]:
        return discovery.make(self.effect, sample_rate, self.ranges, self.engine)

    def to_mapping(self) -> dict[str, Any]:
        """As a step of a TOML file says it, with all ranges."""
        ranges = {field.name: getattr(self.ranges, field.name) for field in fields(self.ranges)}
        plain = {name: list(value) if isinstance(value, tuple) else value for name, value in ranges.items()}
        return {"effect": self.effect, "share": self.share, "engine": self.engine, **plain}


@dataclass(frozen=True)
class Group:
    """Steps that are taken together: "in_order", in "any_order", or "one_of" them, with its share."""

    kind: str
    steps: tuple[Step | Group, ...]
    share: float = 1.0

    def __post_init__(self) -> None:
        if self.kind not in _GROUPS:
            raise RecipeError(f"there is no group {self.kind!r}; {_nearest(self.kind, _GROUPS)}")
        _share(self.share, self.kind)
        if not self.steps:
            raise RecipeError(f"{self.kind}: it has no steps")
        total = sum(step.share for step in self.steps)
        if self.kind == "one_of" and total > 1.0 + 1e-9:
            raise RecipeError(f"one_of: its shares add up to {total:g}, and alternatives have at most 1 between them")

    def made_for(self, sample_rate: int) -> Chain:
        steps = [(step.made_for(sample_rate), step.share) for step in self.steps]
        return OneOf(steps) if self.kind == "one_of" else Chain(steps, shuffle=self.kind == "any_order")

    def to_mapping(self) -> dict[str, Any]:
        return {self.kind: [step.to_mapping() for step in self.steps], "share": self.share}


def one_of(*steps: Step | Group, share: float = 1.0) -> Group:
    """Alternatives, each with its share; a clip gets one of them or, where they do not add up to 1, none."""
    return Group("one_of", steps, share)


def any_order(*steps: Step | Group, share: float = 1.0) -> Group:
    """Steps whose order is drawn."""
    return Group("any_order", steps, share)


@dataclass(frozen=True)
class Recipe:
    """A chain by name."""

    name: str
    description: str
    steps: tuple[Step | Group, ...]

    def chain(self, sample_rate: int) -> Chain:
        """The chain for sound of this rate, Hz."""
        return chain_of(self.steps, sample_rate)

    def to_mapping(self) -> dict[str, Any]:
        """All that `from_mapping` needs, ranges that were left out included."""
        steps = [step.to_mapping() for step in self.steps]
        return {"name": self.name, "description": self.description, "steps": steps}


def chain_of(steps: Sequence[Step | Group], sample_rate: int) -> Chain:
    """The chain of steps, one after the other, for sound of this rate (Hz)."""
    return Chain([(step.made_for(sample_rate), step.share) for step in steps], shuffle=False)


def shipped() -> list[str]:
    """The names of the recipes that come with the package."""
    return sorted(path.stem for path in _shipped_folder().glob("*.toml"))


def load(name_or_file: str | Path) -> Recipe:
    """A shipped recipe by its name, or that in a TOML file. Raises RecipeError."""
    text = str(name_or_file)
    if text in shipped():
        return _read(_shipped_folder() / f"{text}.toml")
    path = Path(name_or_file)
    if path.suffix != ".toml" and not path.is_file():
        raise RecipeError(f"there is no recipe {text!r}; {_nearest(text, shipped())} or name a .toml file")
    return _read(path)


def from_mapping(mapping: Mapping[str, Any]) -> Recipe:
    """The recipe that `Recipe.to_mapping` or a TOML file holds. Raises RecipeError."""
    unknown = set(mapping) - {"name", "description", "steps"}
    if unknown:
        raise RecipeError(f"a recipe has no {sorted(unknown)[0]!r}, only a description and steps")
    steps = mapping.get("steps")
    if not isinstance(steps, list) or not steps:
        raise RecipeError("it has no steps: write each as [[steps]], with effect = ...")
    return Recipe(str(mapping.get("name", "")), str(mapping.get("description", "")), tuple(_steps(steps, "step")))


def _read(path: Path) -> Recipe:
    try:
        mapping = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise RecipeError(f"{path}: cannot be read ({error.strerror})") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise RecipeError(f"{path}: not valid TOML ({error})") from error
    try:
        return from_mapping({"name": path.stem, **_with_folders_from(path.parent, mapping)})
    except RecipeError as error:
        raise RecipeError(f"{path}: {error}") from error


def _with_folders_from(base: Path, value: Any) -> Any:
    """The content of a file, with the folders in it relative to that of the file."""
    if isinstance(value, list):
        return [_with_folders_from(base, each) for each in value]
    if not isinstance(value, dict):
        return value
    inner = {key: _with_folders_from(base, each) for key, each in value.items()}
    if isinstance(value.get("folder"), str):
        inner["folder"] = str((base / value["folder"]).resolve())
    return inner


def _steps(mappings: Iterable[Any], where: str) -> list[Step | Group]:
    steps = []
    for number, mapping in enumerate(mappings, start=1):
        try:
            steps.append(_step(mapping))
        except RecipeError as error:
            raise RecipeError(f"{where} {number}: {error}") from error
    return steps


def _step(mapping: Any) -> Step | Group:
    if not isinstance(mapping, dict):
        raise RecipeError(f'write a step as a table, such as {{ effect = "reverb" }}, not {mapping!r}')
    groups = [key for key in _GROUPS if key in mapping]
    if groups:
        kind = groups[0]
        unknown = sorted(set(mapping) - {kind, "share"})
        if unknown:
            raise RecipeError(f"beside {kind} there may only be a share, not {unknown[0]!r}")
        if not isinstance(mapping[kind], list):
            raise RecipeError(f"{kind} must be a list of steps")
        return Group(kind, tuple(_steps(mapping[kind], f"{kind} step")), _share(mapping.get("share", 1.0), kind))
    if not isinstance(mapping.get("effect"), str):
        names = [*_GROUPS, *_OF_A_STEP]
        wrong = next((f"{key!r} is unknown; {_nearest(key, names)}" for key in mapping if key not in names), "")
        raise RecipeError(wrong or 'it has no effect: write effect = "reverb" or another')
    return Step(mapping["effect"], **{str(key): value for key, value in mapping.items() if key != "effect"})


def _ranges(effect: str, values: Mapping[str, Any], engine: str) -> Ranges:
    kind = discovery.ranges_class(effect)
    known = field_kinds(kind)
    for name in values:
        if name not in known:
            raise RecipeError(f"{effect} has no parameter {name!r}; {_nearest(name, [*known, *_OF_A_STEP[1:]])}")
    spans = (Span, WholeSpan)
    given = {
        name: [value, value] if known[name][0] in spans and isinstance(value, int | float) else value
        for name, value in values.items()
    }
    try:
        ranges: Ranges = parse(kind, given, "")
    except SettingsError as error:
        raise RecipeError(f"{effect}: {str(error).removeprefix('the top level: ')}") from error
    try:
        check_limits(ranges, discovery.engine_limits(effect, engine))
    except ValueError as error:
        raise RecipeError(f"{effect} by {engine}: {error}") from error
    return ranges


def _engine(engine: Any, effect: str) -> str:
    if engine not in discovery.ENGINES:
        raise RecipeError(f"{effect}: there is no engine {engine!r}; {_nearest(str(engine), discovery.ENGINES)}")
    if engine not in discovery.engines(effect):
        able = ", ".join(name for name in discovery.EFFECTS if engine in discovery.engines(name))
        raise RecipeError(f"{effect} has no engine {engine!r}; these have it: {able}")
    return str(engine)


def _share(share: Any, of: str) -> float:
    if not isinstance(share, int | float) or not 0.0 <= share <= 1.0:
        raise RecipeError(f"{of}: share = {share!r} is out of range: 0 to 1")
    return float(share)


def _nearest(name: str, names: Sequence[str]) -> str:
    near = difflib.get_close_matches(name, names, 1, 0.5)
    return f"did you mean {near[0]!r}?" if near else f"there are {', '.join(names)}"


def _shipped_folder() -> Path:
    return Path(__file__).parent / "recipes"
