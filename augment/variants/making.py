"""One changed copy of a sound, in memory: what `apply` writes, and what `replay` makes again."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from mp3tomidi.augment.effects.base import Params
from mp3tomidi.augment.effects.chains.chain import Chain, Effects
from mp3tomidi.augment.label_files import beside
from mp3tomidi.augment.label_files.label_file import LabelFile, check_inside
from mp3tomidi.augment.labels import Labels
from mp3tomidi.augment.recipe import Recipe
from mp3tomidi.augment.sound_files import encode
from mp3tomidi.transcribe.audio.reading import read
from mp3tomidi.transcribe.errors import AudioError, Mp3toMidiError

_log = logging.getLogger(__name__)

FULL_SCALE = 0.999  # a copy that would clip is turned down until its peak is there


class ReplayError(Mp3toMidiError):
    """What was written down cannot be made again."""


@dataclass(frozen=True)
class Settings:
    """What all copies of a run have in common."""

    recipe: Recipe
    seed: int
    format_name: str
    rate_hz: int | None = None  # None keeps that of each sound
    tail_s: float = 0.0  # of silence put after each sound, for echoes and reverberation to ring out in


@dataclass(frozen=True)
class Loaded:
    """A sound and its labels, read; the tail is there."""

    samples: NDArray[np.float32]  # [channels, frames]
    rate_hz: int
    sha256: str
    labels: list[tuple[LabelFile, str]]  # with their checksums

    @property
    def duration_s(self) -> float:
        return float(self.samples.shape[1] / self.rate_hz)


@dataclass(frozen=True)
class Made:
    """A copy: the bytes of its files, and what its row of the manifest says of it besides their names."""

    content: bytes
    labels: list[tuple[str, bytes]]  # (ending, content)
    duration_s: float
    row: dict[str, Any]


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def load(sound: Path, label_paths: Iterable[Path], settings: Settings) -> Loaded:
    """Raises AudioError and LabelsError for what cannot be read, or does not fit together."""
    checksum = sha256(_bytes(sound))
    audio = read(sound, sample_rate=settings.rate_hz)
    samples = np.atleast_2d(audio.samples)
    if samples.shape[1] == 0:
        raise AudioError(f"{sound}: it holds no sound")
    if not samples.any():  # what is no number was taken for silence, too
        _log.warning("%s is silent from end to end: its copies hold only what effects add", sound)
    labels = [(file, sha256(_bytes(file.path))) for file in beside.read(label_paths)]
    for file, _ in labels:
        check_inside(file, samples.shape[1] / audio.sample_rate)
    tail = round(settings.tail_s * audio.sample_rate)
    return Loaded(np.pad(samples, ((0, 0), (0, tail))), audio.sample_rate, checksum, labels)


def draw(settings: Settings, chain: Chain, name: str, copy: int) -> Effects:
    """The effects of a copy; they depend on the seed, the sound's name in its folder and the copy's number only."""
    words = np.frombuffer(hashlib.sha256(name.encode("utf-8", "surrogateescape")).digest(), np.uint32)
    rng = np.random.default_rng([settings.seed, copy, *words.tolist()])
    return chain.draw(rng, 1).effects(0)


def make(loaded: Loaded, chain: Chain, effects: Effects, format_name: str) -> Made:
    """A copy with these effects."""
    x = torch.from_numpy(loaded.samples)[None]
    y, _ = chain.one_clip(x, Labels(), effects)
    samples = y[0].numpy()
    if not np.isfinite(samples).all():
        raise AudioError("the effects made of it what is no sound (infinite or no numbers)")
    peak = float(np.abs(samples).max())
    gain = 1.0 if peak <= FULL_SCALE else FULL_SCALE / peak
    content = encode(samples * np.float32(gain), loaded.rate_hz, format_name)
    duration_s = samples.shape[1] / loaded.rate_hz
    labels = []
    for file, _ in loaded.labels:
        ending = beside.ending_of(file.path.name)
        assert ending is not None  # or it would not have been read
        labels.append((ending, file.moved(chain.labels_of_one_clip(file.labels, effects), duration_s)))
    row = {
        "sha256": sha256(content),
        "bytes": len(content),
        "source_sha256": loaded.sha256,
        "source_labels_sha256": [checksum for _, checksum in loaded.labels],
        "duration_s": round(duration_s, 6),
        "rate_hz": loaded.rate_hz,
        "channels": len(samples),
        "turned_down_db": round(-20.0 * float(np.log10(gain)), 3) + 0.0,
        "effects": [_to_plain(place, params) for place, params in effects],
    }
    return Made(content, labels, duration_s, row)


def effects_of(row: dict[str, Any], params_class: Callable[[str], type[Params]]) -> Effects:
    """The effects that a row of a manifest names. Raises ReplayError for a row that names none of ours."""
    try:
        return [
            (tuple(plain["step"]), params_class(plain["settings"]).from_plain(plain["drawn"]))
            for plain in row["effects"]
        ]
    except (KeyError, TypeError, ValueError) as error:
        raise ReplayError(f"its effects are not those of this version ({error})") from error


def _to_plain(place: Sequence[int], params: Params) -> dict[str, Any]:
    return {"step": list(place), "settings": type(params).__name__, "drawn": params.to_plain()}


def _bytes(path: Path) -> bytes:
    if path.exists() and not path.is_file():  # a pipe would be waited for
        raise AudioError(f"{path} is a folder, a device or a pipe, and no file")
    try:
        return path.read_bytes()
    except OSError as error:
        raise AudioError(f"{path}: cannot be read ({error.strerror})") from error
