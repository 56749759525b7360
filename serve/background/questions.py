"""The questions that the helper process answers."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from multiprocessing.connection import Connection
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mp3tomidi.transcribe.errors import Mp3toMidiError
from mp3tomidi.transcribe.installing import install_command

if TYPE_CHECKING:
    from mp3tomidi.transcribe.classify.classifier import Classifier

_EXTRAS = {"verovio": "engrave", "partitura": "score"}
_SCALE_PERCENT = 42  # of Verovio's staves on a page of
_USUAL_WIDTH_PX = 900  # and more; on narrow pages they are smaller, so that more than a bar has room
_LEAST_SCALE_PERCENT = 24
_PAGE_HEIGHT = 2900  # in Verovio's units, about an upright page


def serve_questions(pipe: Connection) -> None:
    """Answers (function, arguments) with (HTTP status, answer or complaint) until the pipe ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the server ends this process
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    of_sounds = (effects, recipes, check_recipe, preview, classify, as_flac)
    of_recordings = (engrave, follow_pitch, bend)
    questions: dict[str, Callable[..., Any]] = {one.__name__: one for one in (*of_sounds, *of_recordings)}
    with suppress(EOFError, ConnectionError):
        while True:
            name, arguments = pipe.recv()
            try:
                answer = 200, questions[name](*arguments)
            except Mp3toMidiError as error:
                answer = 422, str(error)
            except ModuleNotFoundError as error:
                answer = 501, _missing(error)
            except Exception as error:
                answer = 500, f"{type(error).__name__}: {error}"
            pipe.send(answer)


def effects() -> list[dict[str, Any]]:
    """All effects with their parameters: what is drawn from by default, and what they may be."""
    import inspect
    from dataclasses import fields

    from mp3tomidi.augment.effects import discovery
    from mp3tomidi.augment.effects.ranges import Span, WholeSpan, field_kinds

    found = []
    for name in discovery.EFFECTS:
        ranges = discovery.ranges_class(name)
        kinds = field_kinds(ranges)
        parameters = []
        for field in fields(ranges):
            kind, limits = kinds[field.name]
            default = list(field.default) if isinstance(field.default, tuple) else field.default
            span = "span" if kind in (Span, WholeSpan) else "text" if kind is str else "numbers"
            described = {"name": field.name, "kind": span, "whole": kind is WholeSpan, "default": default}
            if limits is not None:
                described |= {"lowest": limits.lowest, "highest": limits.highest}
            parameters.append(described)
        text = inspect.getdoc(inspect.getmodule(discovery.effect_class(name))) or ""
        about = " ".join(text.split("\n\n")[0].split())
        found.append({"name": name, "about": about, "engines": discovery.engines(name), "parameters": parameters})
    return found


def recipes() -> list[dict[str, Any]]:
    """The recipes of effects that come along, with all their ranges."""
    from mp3tomidi.augment import recipe

    return [recipe.load(name).to_mapping() for name in recipe.shipped()]


def check_recipe(mapping: dict[str, Any]) -> dict[str, Any]:
    """A recipe whole, or a complaint."""
    from mp3tomidi.augment import recipe
    from mp3tomidi.augment.recipe import RecipeError

    if not isinstance(mapping, dict):
        raise RecipeError("a recipe must be an object")
    read = recipe.from_mapping(mapping)
    read.chain(44_100)  # what it lacks (a folder, a package) is reported before anything
    return read.to_mapping()


def preview(sound: str, name: str, mapping: dict[str, Any], seed: int, start_s: float, out: str) -> dict[str, Any]:
    """One sample before and after a recipe, as files in `out`, and again from what was drawn."""
    from mp3tomidi.serve.background import previewing

    return previewing.preview(Path(sound), name, mapping, seed, start_s, Path(out))


def classify(task: str, weights: str, sound: str, name: str, layers: bool) -> dict[str, Any]:
    """The likeliest classes of a recording, of each of its segments, and what each layer answered."""
    from mp3tomidi.serve.background import classifier_answer

    try:
        answer = classifier_answer.answer_of(_classifier(task, weights), Path(sound))
    except Mp3toMidiError as error:
        raise Mp3toMidiError(str(error).replace(sound, name)) from error
    if layers and not answer["silent"]:
        try:
            answer["layers"] = classifier_answer.layers(task, Path(weights), Path(sound), answer["loudest_s"])
        except ModuleNotFoundError as error:
            answer["layers_missing"] = f"What each layer answered: {_missing(error)}"
    return answer


def as_flac(sound: str, out: str, longest_s: float) -> None:
    """The beginning of a recording in a form that browsers can play."""
    from mp3tomidi.serve.background import previewing

    previewing.write_flac_of(Path(sound), Path(out), longest_s)


def engrave(musicxml: str, width_px: int) -> list[str]:
    """A score as pages of SVG, so wide that they need not be scaled."""
    import verovio

    from mp3tomidi.transcribe.errors import OutputError

    scale = round(max(_LEAST_SCALE_PERCENT, _SCALE_PERCENT * min(1.0, width_px / _USUAL_WIDTH_PX)))
    toolkit = verovio.toolkit()
    toolkit.setOptions(
        {
            "pageWidth": round(width_px * 100 / scale),
            "pageHeight": _PAGE_HEIGHT,
            "pageMarginLeft": 110,  # names of parts are wider in a browser's type than in Verovio's
            "scale": scale,
            "adjustPageHeight": True,
            "footer": "none",
            "svgViewBox": True,
        }
    )
    if not toolkit.loadData(musicxml):
        raise OutputError("this score cannot be engraved; export it as MusicXML instead")
    return [toolkit.renderToSVG(page) for page in range(1, toolkit.getPageCount() + 1)]


def follow_pitch(recording: str) -> None:
    """The pitch that the lead line of a recording is found by, into the recording's folder."""
    from mp3tomidi.serve.background import refining

    refining.follow_pitch(Path(recording))


def bend(recording: str, settings: dict[str, Any]) -> None:
    """The notes of a recording under some settings with their bends, into the recording's folder."""
    from mp3tomidi.serve.background import refining

    refining.bend(Path(recording), settings)


def _missing(error: ModuleNotFoundError) -> str:
    extra = _EXTRAS.get(error.name or "", "train")
    return f"{error.name} is missing: {install_command(f'mp3tomidi[{extra}]')}"


@cache
def _classifier(task: str, weights: str) -> Classifier:
    from mp3tomidi.transcribe.classify.classifier import Classifier

    return Classifier(task, Path(weights))
