"""Writes the analyses that pictures show as NumPy archives (.npz)."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from mp3tomidi.augment.labels import DRUM_HIT, NOTE
from mp3tomidi.augment.pictures.analysis import Analysis
from mp3tomidi.augment.pictures.excerpt import Excerpt
from mp3tomidi.augment.pictures.settings import PANELS, AnalysisSettings
from mp3tomidi.augment.pictures.survey import Survey
from mp3tomidi.transcribe.outputs.files import written_beside


def write_sound(
    excerpt: Excerpt, path: Path, settings: AnalysisSettings | None = None, panels: Sequence[str] = PANELS
) -> None:
    """Write an excerpt's panels; docs/look.md lists the arrays. Raises OutputError where it cannot be written."""
    analysis = excerpt.analysis(settings or AnalysisSettings())
    arrays: dict[str, Any] = {
        "sample_rate": excerpt.sample_rate,
        "start_s": excerpt.start_s,
        "time_s": excerpt.start_s + analysis.hop_s * np.arange(analysis.frame_count),
        "window": analysis.settings.window,
        "window_samples": analysis.settings.window_samples,
        "hop_samples": analysis.settings.hop_samples,
        "notes": excerpt.labels.notes,
        "drum_hits": excerpt.labels.drum_hits,
    }
    for panel in panels:
        arrays |= _arrays_of(panel, excerpt, analysis)
    _save(path, arrays)


def _arrays_of(panel: str, excerpt: Excerpt, analysis: Analysis) -> dict[str, Any]:
    arrays: dict[str, Any]
    match panel:
        case "waveform":
            arrays = {"sound": excerpt.samples}
        case "spectrogram" if analysis.settings.frequency == "log":
            arrays = {"log_frequency": analysis.log_frequency, "band_pitch": analysis.band_pitches}
        case "spectrogram":
            arrays = {"spectrum": analysis.spectrum, "spectrum_hz": analysis.spectrum_hz}
        case "peak":
            spectra = {"peak_spectrum": analysis.peak_spectrum, "mean_spectrum": analysis.mean_spectrum}
            arrays = {**spectra, "spectrum_hz": analysis.spectrum_hz}
        case "mel":
            arrays = {"mel": analysis.mel, "mel_hz": analysis.mel_hz}
        case "constant-q":
            arrays = {"constant_q": analysis.constant_q, "band_pitch": analysis.band_pitches}
        case "mfcc":
            arrays = {"mfcc": analysis.mfcc}
        case _:
            raise ValueError(f"no panel called {panel!r}; there are {', '.join(PANELS)}")
    return arrays


def write_survey(survey: Survey, path: Path) -> None:
    """Write a folder's survey, a row each sound; labels name their sound by `clip`. Raises OutputError."""
    sounds = survey.sounds
    notes, hits = [np.zeros(0, NOTE)], [np.zeros(0, DRUM_HIT)]
    for index, sound in enumerate(sounds):
        for tables, rows in ((notes, sound.labels.notes), (hits, sound.labels.drum_hits)):
            numbered = rows.copy()
            numbered["clip"] = index
            tables.append(numbered)
    names = [sound.path.relative_to(survey.folder).as_posix().encode(errors="replace").decode() for sound in sounds]
    _save(
        path,
        {
            "path": np.array(names, np.str_),
            "class_name": np.array([sound.class_name for sound in sounds], np.str_),
            "duration_s": np.array([sound.duration_s for sound in sounds], np.float64),
            "sample_rate": np.array([sound.sample_rate for sound in sounds], np.int64),
            "channels": np.array([sound.channels for sound in sounds], np.int64),
            "peak": np.array([sound.peak for sound in sounds], np.float64),
            "rms": np.array([sound.rms for sound in sounds], np.float64),
            "notes": np.concatenate(notes),
            "drum_hits": np.concatenate(hits),
        },
    )


def _save(path: Path, arrays: dict[str, Any]) -> None:
    with written_beside(path) as beside, beside.open("wb") as file:
        np.savez_compressed(file, **arrays)
