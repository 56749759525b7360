"""How well the sustain pedal is heard, against performances whose MIDI files hold it (control 64).

    python tests/benchmarks/pedal.py RECORDINGS REFERENCES [--model best] [--each]

RECORDINGS holds sounds, and NAME.notes.tsv beside those whose notes are scored with their ends; REFERENCES holds
NAME.mid for each. For MAPS these are the files of A-MAPS (Ycart and Benetos 2018), which the ACPAS data set (Liu et al.
2021) has, too. What is past the end of the sound is left out.

Printed are, as means over recordings,

- frames: F1 of the frames of 10 ms in which the pedal is down, and the share of all frames that are right;
- down, up: F1 of the moments when it goes down and comes up, within 200 ms;
- OnOff: F1 of notes by onset and offset, the MIDI file's pedal applied as the scorer does it, without the pedal and
  with it

for what is transcribed, and beside it for a pedal that is always down, and for one that comes up wherever notes that
began apart end together, and goes down again once they are damped.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import mir_eval
import numpy as np
import pretty_midi
from numpy.typing import NDArray

from mp3tomidi.augment.label_files import notes_tsv
from mp3tomidi.train.evaluation.note_scores import score_notes
from mp3tomidi.transcribe import Transcriber, Transcription
from mp3tomidi.transcribe.events import Note, PedalEvent

FRAME_S, NEAR_S = 0.01, 0.2
TOGETHER_S, APART_S, DAMPED_S = 0.045, 0.08, 0.08
SUSTAIN, HALF = 64, 64
SOUNDS = (".wav", ".ogg", ".flac", ".mp3")

Presses = NDArray[np.float64]  # [presses, 2], seconds


def reference(path: Path, duration_s: float) -> Presses:
    """The presses in a MIDI file, the last one ended where the sound ends."""
    instruments = pretty_midi.PrettyMIDI(str(path)).instruments
    changes = {(c.time, c.value >= HALF) for i in instruments for c in i.control_changes if c.number == SUSTAIN}
    events = tuple(PedalEvent(time_s, down) for time_s, down in sorted(changes) if time_s < duration_s)
    return presses_of(Transcription(pedal=events, duration_s=duration_s))


def presses_of(transcription: Transcription) -> Presses:
    return np.array(transcription.pedal_presses, np.float64).reshape(-1, 2)


def ended_together(notes: Sequence[Note]) -> Presses:
    """The baseline: a press ends where two notes or more end that were not struck together."""
    ordered = sorted(notes, key=lambda note: note.offset_s)
    presses, up_before_s, first = [], 0.0, 0
    while first < len(ordered):
        last = first
        while last < len(ordered) and ordered[last].offset_s - ordered[first].offset_s <= TOGETHER_S:
            last += 1
        onsets_s = sorted(note.onset_s for note in ordered[first:last])
        if onsets_s[-1] - onsets_s[0] > APART_S:
            up_s = float(np.median([note.offset_s for note in ordered[first:last]]))
            down_s = max(up_before_s + DAMPED_S, onsets_s[0] + DAMPED_S)
            if up_s > down_s:
                presses.append((down_s, up_s))
                up_before_s = up_s
        first = last
    return np.array(presses, np.float64).reshape(-1, 2)


def scores(true: Presses, found: Presses, duration_s: float) -> dict[str, float]:
    """F1 of frames, their share that is right, F1 of both edges."""
    is_down, heard_down = (_frames(presses, duration_s) for presses in (true, found))
    down_count = int(is_down.sum() + heard_down.sum())
    edges = {"down": 0, "up": 1}
    return {
        "frames": 2.0 * float((is_down & heard_down).sum()) / down_count if down_count else 1.0,
        "right": float((is_down == heard_down).mean()),
        **{name: _edge_f1(true[:, column], found[:, column]) for name, column in edges.items()},
    }


def _frames(presses: Presses, duration_s: float) -> NDArray[np.bool_]:
    times_s = (np.arange(int(duration_s / FRAME_S)) + 0.5) * FRAME_S
    return (times_s[:, None] >= presses[:, 0]).sum(axis=1) > (times_s[:, None] >= presses[:, 1]).sum(axis=1)


def _edge_f1(true: NDArray[np.float64], found: NDArray[np.float64]) -> float:
    if not len(true) or not len(found):
        return float(len(true) == len(found))
    matched = len(mir_eval.util.match_events(np.sort(true), np.sort(found), NEAR_S))
    return 2.0 * matched / (len(true) + len(found))


def with_presses(transcription: Transcription, presses: Presses) -> Transcription:
    edges = [PedalEvent(float(time_s), column == 0) for press in presses for column, time_s in enumerate(press)]
    return replace(transcription, pedal=tuple(edges))


def measure(transcriber: Transcriber, sound: Path, midi: Path) -> dict[str, dict[str, float]]:
    heard = transcriber.transcribe(sound)
    true = reference(midi, heard.duration_s)
    found = {
        "heard": presses_of(heard),
        "ended together": ended_together(heard.notes),
        "always down": np.array([[0.0, heard.duration_s]]),
    }
    rows = {name: scores(true, presses, heard.duration_s) for name, presses in found.items()}
    labels = sound.with_name(f"{sound.stem}.notes.tsv")
    if labels.exists():
        notes = notes_tsv.read_rows(labels)
        rows["no pedal"] = {"OnOff": score_notes(notes, replace(heard, pedal=())).onset_offset_f1}
        for name, presses in {**found, "reference": true}.items():
            onset_offset = score_notes(notes, with_presses(heard, presses)).onset_offset_f1
            rows.setdefault(name, {})["OnOff"] = onset_offset
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure how well the sustain pedal is heard.")
    parser.add_argument("recordings", type=Path)
    parser.add_argument("references", type=Path)
    parser.add_argument("--model", default="fast")
    parser.add_argument("--each", action="store_true", help="also print each recording")
    options = parser.parse_args()
    transcriber = Transcriber(model=options.model, drums=False)
    measured: list[dict[str, dict[str, float]]] = []
    for sound in sorted(path for path in options.recordings.iterdir() if path.suffix in SOUNDS):
        midi = options.references / f"{sound.stem}.mid"
        if midi.exists():
            measured.append(measure(transcriber, sound, midi))
            if options.each:
                print(sound.stem, _line(measured[-1]["heard"]))
    if not measured:
        parser.error(f"{options.references}: no NAME.mid for any sound in {options.recordings}")
    print(f"{len(measured)} recordings")
    for name in measured[0]:
        rows = [each[name] for each in measured]
        print(f"{name:15s}", _line({key: float(np.mean([row[key] for row in rows])) for key in rows[0]}))


def _line(row: dict[str, float]) -> str:
    return "  ".join(f"{name} {value:.3f}" for name, value in row.items())


if __name__ == "__main__":
    main()
