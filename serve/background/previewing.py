"""One sample before and after a recipe, and made again from what was drawn, to see and hear."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import soundfile
from numpy.typing import NDArray

from mp3tomidi.augment import recipe
from mp3tomidi.augment.effects import discovery
from mp3tomidi.augment.effects.chains.chain import Chain, Effects
from mp3tomidi.augment.label_files.beside import read_labels
from mp3tomidi.augment.labels import Labels
from mp3tomidi.augment.pictures.excerpt import Excerpt, read_excerpt
from mp3tomidi.augment.variants.making import Loaded, Made, Settings, draw, effects_of, make
from mp3tomidi.serve.background.surveying import label_rows, levels_of
from mp3tomidi.transcribe.outputs.files import written_beside

SHOWN_S = 8.0
COLUMNS = 480
_FORMAT = "flac"


def preview(sound: Path, name: str, mapping: dict[str, Any], seed: int, start_s: float, out: Path) -> dict[str, Any]:
    """Writes before.flac, after.flac, replayed.flac and their levels (NAME.levels) into `out`.

    The effects are those that `mp3tomidi-augment apply` draws for the first copy of a sound of this name in its folder.
    Raises AudioError, LabelsError, RecipeError.
    """
    excerpt = read_excerpt(sound, start_s=start_s, duration_s=SHOWN_S)
    settings = Settings(recipe.from_mapping(mapping), seed, _FORMAT)
    chain = settings.recipe.chain(excerpt.sample_rate)
    effects = draw(settings, chain, name, 1)
    loaded = Loaded(np.ascontiguousarray(excerpt.samples), excerpt.sample_rate, "", [])
    made = make(loaded, chain, effects, _FORMAT)
    replayed = make(loaded, chain, effects_of(made.row, discovery.params_class), _FORMAT)
    labels = _from(read_labels(sound), start_s)
    out.mkdir(exist_ok=True)
    before = _write(excerpt.samples, excerpt.sample_rate, out / "before")
    shown = {"before": {**before, **label_rows(labels, excerpt.duration_s)}}
    for version, copy in (("after", made), ("replayed", replayed)):
        stem = out / version
        stem.with_suffix(".flac").write_bytes(copy.content)
        shown[version] = {**_levels(_decoded(stem.with_suffix(".flac")), stem), **_moved(labels, chain, effects, copy)}
    return {
        **shown,
        "effects": [
            {"effect": _effect_at(mapping["steps"], effect["step"]), "drawn": effect["drawn"]}
            for effect in made.row["effects"]
        ],
        "turned_down_db": made.row["turned_down_db"],
        "is_same": made.row["sha256"] == replayed.row["sha256"],
        "sha256": made.row["sha256"],
    }


def write_flac_of(sound: Path, out: Path, longest_s: float) -> None:
    """The beginning of a recording as FLAC, one or two channels. Raises AudioError."""
    excerpt = read_excerpt(sound, duration_s=longest_s)
    _write_flac(excerpt.samples, excerpt.sample_rate, out)


def _effect_at(steps: Sequence[dict[str, Any]], place: Sequence[int]) -> str:
    """The name of the effect at a place of a recipe, as `Drawn.effects` gives it."""
    step = steps[place[0]]
    if len(place) == 1:
        return str(step["effect"])
    inner = next(value for key, value in step.items() if key != "share")
    return _effect_at(inner, place[1:])


def _from(labels: Labels, start_s: float) -> Labels:
    """In the time of an excerpt that begins at `start_s`; what has ended by then is gone."""
    notes, hits = labels.notes.copy(), labels.drum_hits.copy()
    for name in ("onset_s", "offset_s"):
        notes[name] -= start_s
    hits["onset_s"] -= start_s
    return Labels(notes[notes["offset_s"] > 0.0], hits[hits["onset_s"] >= 0.0])


def _moved(labels: Labels, chain: Chain, effects: Effects, copy: Made) -> dict[str, list[list[float]]]:
    return label_rows(chain.labels_of_one_clip(labels, effects), copy.duration_s)


def _write(samples: NDArray[np.float32], rate: int, stem: Path) -> dict[str, Any]:
    _write_flac(samples, rate, stem.with_suffix(".flac"))
    return _levels(_decoded(stem.with_suffix(".flac")), stem)


def _write_flac(samples: NDArray[np.float32], rate: int, path: Path) -> None:
    with written_beside(path) as beside:
        soundfile.write(beside, np.clip(samples[:2], -1.0, 1.0).T, rate, format="FLAC", subtype="PCM_16")


def _decoded(path: Path) -> Excerpt:
    return replace(read_excerpt(path), labels=Labels())


def _levels(excerpt: Excerpt, stem: Path) -> dict[str, Any]:
    levels = levels_of(excerpt, COLUMNS)
    stem.with_suffix(".levels").write_bytes(levels.tobytes())
    return {"duration_s": excerpt.duration_s, "columns": len(levels), "bands": levels.shape[1]}
