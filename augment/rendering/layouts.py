"""Folder layouts of a rendered set: this project's, and Slakh's (Manilow et al. 2019).

    folders:  mixes/NAME.wav, .mid, .notes.tsv, .drums.tsv         stems/NAME/00-FAMILY.wav and the same
    slakh:    NAME/mix.wav, all_src.mid, metadata.yaml             NAME/stems/S00.wav, NAME/MIDI/S00.mid

Sound comes before its labels, and whatever reads labels finds whole songs only.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from mp3tomidi.augment.label_files import drums_tsv, notes_tsv
from mp3tomidi.augment.labels import Labels
from mp3tomidi.augment.rendering.loudness import integrated_lufs
from mp3tomidi.augment.rendering.song_renderer import Rendered, Stem
from mp3tomidi.augment.sound_files import encode
from mp3tomidi.transcribe.array_types import Samples
from mp3tomidi.transcribe.events import DrumHit, Note, TempoChange, Transcription, program_name
from mp3tomidi.transcribe.outputs import midi
from mp3tomidi.transcribe.outputs.files import make_folder, write_bytes

MIXES, STEMS = "mixes", "stems"


def _write_folders(rendered: Rendered, root: Path, name: str, suffix: str, with_stems: bool) -> dict[str, Any]:
    mixes, stems = root / MIXES, root / STEMS / name
    make_folder(mixes)
    rows = []
    if with_stems:
        make_folder(stems)
    for number, stem in enumerate(rendered.stems):
        row = _stem_row(stem)
        if with_stems:
            base = stems / f"{number:02d}-{stem.instrument.family}"
            _write_labelled(base, suffix, stem.sound, rendered, stem.labels)
            row["file"] = f"{STEMS}/{name}/{base.name}.{suffix}"
        rows.append(row)
    _write_labelled(mixes / name, suffix, rendered.mix, rendered, rendered.labels)
    return _row(rendered, name, f"{MIXES}/{name}.{suffix}", rows)


def _write_labelled(base: Path, suffix: str, sound: Samples, rendered: Rendered, labels: Labels) -> None:
    """Sound, MIDI and tables; of notes and of drums only what there is."""
    _write_sound(_with_ending(base, f".{suffix}"), sound, rendered.sample_rate)
    midi.write(as_transcription(labels, rendered), _with_ending(base, ".mid"))
    if len(labels.notes):
        write_bytes(notes_tsv.to_bytes(labels.notes), _with_ending(base, notes_tsv.ENDING))
    if len(labels.drum_hits):
        write_bytes(drums_tsv.to_bytes(labels.drum_hits), _with_ending(base, drums_tsv.ENDING))


def _with_ending(base: Path, ending: str) -> Path:
    return base.with_name(base.name + ending)


def _write_slakh(rendered: Rendered, root: Path, name: str, suffix: str, with_stems: bool) -> dict[str, Any]:
    track = root / name
    make_folder(track / "MIDI")
    rows = []
    entries: list[str] = []
    for number, stem in enumerate(rendered.stems):
        row, label = _stem_row(stem), f"S{number:02d}"
        if with_stems:
            make_folder(track / "stems")
            _write_sound(track / "stems" / f"{label}.{suffix}", stem.sound, rendered.sample_rate)
            row["file"] = f"{name}/stems/{label}.{suffix}"
        midi.write(as_transcription(stem.labels, rendered), track / "MIDI" / f"{label}.mid")
        entries += [f"  {label}:", *(f"    {line}" for line in _slakh_entry(stem, rendered, with_stems))]
        rows.append(row)
    lines = [
        f"UUID: {json.dumps(name)}",
        "audio_dir: stems",
        "lmd_midi_dir: null",
        "midi_dir: MIDI",
        "normalized: false",
        "overall_gain: 1.0",
        "stems:",
        *entries,
    ]
    midi.write(as_transcription(rendered.labels, rendered), track / "all_src.mid")
    write_bytes(("\n".join(lines) + "\n").encode(), track / "metadata.yaml")
    _write_labelled(track / "mix", suffix, rendered.mix, rendered, rendered.labels)
    return _row(rendered, name, f"{name}/mix.{suffix}", rows)


def _slakh_entry(stem: Stem, rendered: Rendered, with_stems: bool) -> list[str]:
    """The keys of a stem in Slakh's metadata.yaml; a value of JSON is one of YAML."""
    is_drums, program = stem.part.is_drums, max(0, stem.instrument.program)
    lufs = integrated_lufs(stem.sound, rendered.sample_rate)
    values = {
        "audio_rendered": with_stems,
        "inst_class": "Drums" if is_drums else stem.instrument.family.capitalize(),
        "integrated_loudness": round(lufs, 3) if np.isfinite(lufs) else None,
        "is_drum": is_drums,
        "midi_program_name": "Drums" if is_drums else program_name(program),
        "midi_saved": True,
        "plugin_name": stem.instrument.name,
        "program_num": 128 if is_drums else program,
    }
    return [f"{key}: {json.dumps(value)}" for key, value in values.items()]


# Each puts a song below a folder, under a name, in an audio format, with stems or without, and returns the row of the
# manifest, file names relative to the folder. Raises OutputError.
LAYOUTS: dict[str, Callable[[Rendered, Path, str, str, bool], dict[str, Any]]] = {
    "folders": _write_folders,
    "slakh": _write_slakh,
}


def as_transcription(labels: Labels, rendered: Rendered) -> Transcription:
    """Labels as the MIDI writer takes them."""
    tempo = rendered.song.tempo
    return Transcription(
        notes=tuple(
            Note(row["onset_s"], row["offset_s"], row["pitch"], _velocity(row), row["program"]) for row in labels.notes
        ),
        drum_hits=tuple(DrumHit(row["onset_s"], row["key"], _velocity(row)) for row in labels.drum_hits),
        tempo=tuple(
            TempoChange(one.time_s, one.beats_per_minute) for one in tempo if one.time_s < rendered.song.duration_s
        ),
        duration_s=rendered.song.duration_s,
    )


def _velocity(row: np.void) -> int:
    return int(np.clip(round(float(row["velocity"])), 1, 127))


def _write_sound(path: Path, sound: Samples, sample_rate: int) -> None:
    write_bytes(encode(sound[None], sample_rate, path.suffix[1:]), path)


def _row(rendered: Rendered, name: str, mix: str, stems: list[dict[str, Any]]) -> dict[str, Any]:
    labels = rendered.labels
    return {
        "name": name,
        "mix": mix,
        "source": rendered.song.source,
        "duration_s": round(rendered.song.duration_s, 3),
        "notes": len(labels.notes),
        "drum_hits": len(labels.drum_hits),
        "stems": stems,
        "left_out": rendered.left_out,
    }


def _stem_row(stem: Stem) -> dict[str, Any]:
    return {
        "part": stem.part.name,
        "instrument": stem.instrument.name,
        "family": stem.instrument.family,
        "program": stem.instrument.program,
        "is_drums": stem.part.is_drums,
        "gain_db": round(stem.gain_db, 3),
        "licence": stem.instrument.licence,
        "attribution": stem.instrument.attribution,
    }
