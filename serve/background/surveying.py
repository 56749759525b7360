"""Surveys a folder of sounds for the page: `... surveying FOLDER PLACE OUT` writes OUT/result.json and OUT/sheet.bin.

The histograms have the bins of `mp3tomidi-augment look`. sheet.bin holds the spectrograms of the contact sheet one
after the other, a byte a level, column by column, lowest band first; result.json says where each begins.
"""

from __future__ import annotations

import math
import sys
from collections import Counter as Counted
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mp3tomidi.serve.background.kinds import JobFolder
from mp3tomidi.serve.background.progress_file import Counter, write_json
from mp3tomidi.transcribe.errors import Mp3toMidiError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from mp3tomidi.augment.labels import Labels
    from mp3tomidi.augment.pictures.excerpt import Excerpt
    from mp3tomidi.augment.pictures.survey import Survey, Surveyed

SHOWN = 48  # sounds on the sheet
SHOWN_S = 10.0  # of each
COLUMNS = 160
RANGE_DB = 80.0
_BARS = 40
_SILENT_DB = -100.0


def main() -> int:
    folder, place, out = Path(sys.argv[1]), sys.argv[2], JobFolder(Path(sys.argv[3]))
    from mp3tomidi.augment.pictures.survey import spread, survey
    from mp3tomidi.transcribe.audio.folders import find_sounds

    paths = sorted(find_sounds(folder))
    if not paths:
        print(f"{place} holds no sound files; choose another folder", file=sys.stderr)
        return 1
    shown_count = min(SHOWN, len(paths))
    counter = Counter(out.progress, len(paths) + shown_count)
    found = survey(folder, paths, counter.advance)
    sheet = []
    with (out.path / "sheet.bin").open("wb") as file:
        for sound in spread(found.sounds, SHOWN):
            try:
                described, levels = _pictured(sound)
            except Mp3toMidiError as error:  # gone since
                found.failures.append(str(error))
                continue
            described["place"] = f"{place}/{sound.path.relative_to(folder).as_posix()}"
            described["offset"] = file.tell()
            file.write(levels.tobytes())
            sheet.append(described)
            counter.advance()
    write_json({"place": place, **_figures(found), "sheet": sheet}, out.result)
    return 0


def _figures(found: Survey) -> dict[str, Any]:
    import numpy as np

    from mp3tomidi.augment.pictures.analysis import decibels

    seconds = np.array([sound.duration_s for sound in found.sounds])
    level_edges = np.arange(_SILENT_DB, 7.0, 2.0)
    rms, peak = (
        np.maximum(decibels(np.array([getattr(sound, name) for sound in found.sounds], np.float32)), _SILENT_DB)
        for name in ("rms", "peak")
    )
    duration_edges = _duration_edges(seconds[seconds > 0.0])
    prefix = f"{found.folder}/"
    return {
        "sounds": len(found.sounds),
        "duration_s": float(seconds.sum()),
        "silent": int((peak <= _SILENT_DB).sum()),
        "rates": [[rate, count] for rate, count in Counted(s.sample_rate for s in found.sounds).most_common()],
        "channels": [[count, of] for count, of in Counted(s.channels for s in found.sounds).most_common()],
        "notes": len(found.pitches),
        "drum_hits": len(found.drum_keys),
        "failures": [failure.replace(prefix, "") for failure in found.failures],
        "durations": {"edges": duration_edges, "counts": np.histogram(seconds, duration_edges)[0].tolist()},
        "levels": {
            "edges": level_edges.tolist(),
            "rms": np.histogram(rms, level_edges)[0].tolist(),
            "peak": np.histogram(peak, level_edges)[0].tolist(),
        },
        "pitches": np.bincount(found.pitches, minlength=128)[:128].tolist(),
        "classes": [[name, count] for name, count in found.classes.items()],
        "drums": _drums(found.drum_keys),
    }


def _duration_edges(seconds: NDArray[np.float64]) -> list[float]:
    """Equal ratios where the longest is more than ten times as long as the shortest, else equal steps."""
    import numpy as np

    if not len(seconds):
        return [0.0, 1.0]
    longest, shortest = float(seconds.max()) * 1.001, float(seconds.min())
    if longest > 10.0 * shortest:
        edges: list[float] = np.geomspace(shortest, longest, _BARS).tolist()
        edges[0] = shortest  # which rounding may have passed
        return edges
    equal: list[float] = np.linspace(0.0, longest, _BARS).tolist()
    return equal


def _drums(keys: NDArray[np.int32]) -> list[list[Any]]:
    from mp3tomidi.transcribe.drum_kit import DRUM_PIECES, PIECE_OF_KEY
    from mp3tomidi.transcribe.events import OTHER_DRUM

    pieces = Counted(
        DRUM_PIECES[PIECE_OF_KEY[key]].name if key in PIECE_OF_KEY else OTHER_DRUM for key in keys.tolist()
    )
    return [[name, pieces[name]] for name in (*(p.name for p in DRUM_PIECES), OTHER_DRUM) if name in pieces]


def _pictured(sound: Surveyed) -> tuple[dict[str, Any], NDArray[np.uint8]]:
    """A sound of the sheet, and its levels [columns, bands]."""
    from mp3tomidi.augment.pictures.excerpt import read_excerpt

    excerpt = read_excerpt(sound.path, duration_s=SHOWN_S)
    levels = levels_of(excerpt, COLUMNS)
    described = {
        "name": sound.path.name,
        "class": sound.class_name,
        "duration_s": sound.duration_s,
        "shown_s": excerpt.duration_s,
        "columns": len(levels),
        "bands": levels.shape[1],
        **label_rows(excerpt.labels, excerpt.duration_s),
    }
    return described, levels


def levels_of(excerpt: Excerpt, columns: int) -> NDArray[np.uint8]:
    """[columns, bands]: levels below the loudest, 255 for it, in the bands of a third of a semitone that look has."""
    import numpy as np

    from mp3tomidi.augment.pictures.analysis import decibels
    from mp3tomidi.augment.pictures.settings import AnalysisSettings

    window = 4096 if excerpt.sample_rate >= 32_000 else 2048
    hop = min(window, max(64, math.ceil(excerpt.samples.shape[1] / columns)))
    analysis = excerpt.analysis(AnalysisSettings("hann", window, hop, "log"))
    level_db = decibels(analysis.log_frequency, RANGE_DB)
    if not level_db.size:
        return np.zeros((0, len(analysis.band_pitches)), np.uint8)
    top_db = float(level_db.max())
    return np.round((level_db - (top_db - RANGE_DB)) / RANGE_DB * 255.0).astype(np.uint8)


def label_rows(labels: Labels, end_s: float) -> dict[str, list[list[float]]]:
    """Notes as onset s, offset s and pitch, hits as onset s and key: those that begin before `end_s`."""
    notes = [
        [round(float(note["onset_s"]), 4), round(float(note["offset_s"]), 4), int(note["pitch"])]
        for note in labels.notes[labels.notes["onset_s"] < end_s]
    ]
    hits = labels.drum_hits[labels.drum_hits["onset_s"] < end_s]
    return {"notes": notes, "hits": [[round(float(hit["onset_s"]), 4), int(hit["key"])] for hit in hits]}


if __name__ == "__main__":
    sys.exit(main())
