"""Plays passages on banked instruments: notes in, a stem and its labels out."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from mp3tomidi.augment.banks.bank import Bank, BankInstrument
from mp3tomidi.augment.labels import NOTE
from mp3tomidi.transcribe.array_types import Samples

FARTHEST_SEMITONES = 4.2  # a recorded note moved further than this no longer sounds like its instrument
LEVEL_DB_PER_VELOCITY = 0.25  # pianos and General MIDI fonts alike: about 30 dB from the softest to the loudest
RELEASE_TAUS = 5.0  # a release is followed down to -43 dB
LONGEST_RELEASE_S = 1.2
CUT_FADE_S = 0.02  # a longer release is cut there, and must not click
SHORTEST_NOTE_S = 0.03
DETUNE_CENTS = 2.0  # deviation of single notes within an instrument
# Which recorded note plays: a semitone further costs as much as 67 steps of velocity, since a moved note changes its
# formants, and a softer one only its level. What is added at random lets near ones take turns, as round robins do.
SEMITONE_COST, VELOCITY_COST = 40.0, 0.6
TURN_COST = 8.0
_SPLINE_MARGIN = 12  # samples on either side after which a spline forgets its edge (-137 dB)


def stretch(sound: NDArray[np.float16], position: NDArray[np.floating]) -> Samples:
    """`sound` read at fractional positions (ascending, the last at least two samples before the end).

    Cubic splines (Unser 1999, "Splines: a perfect fit for signal and image processing"). Between two samples they
    take 0.3 dB from a 4 kHz partial, where a straight line takes 3 dB: a slightly detuned note would tremble.
    """
    first = max(0, int(position[0]) - _SPLINE_MARGIN)
    section = sound[first : int(position[-1]) + _SPLINE_MARGIN].astype(np.float32)
    spline = ndimage.spline_filter1d(section, 3, output=np.float32, mode="mirror")
    relative = position - first
    whole = relative.astype(np.int64)
    t = (relative - whole).astype(np.float32)
    s = 1.0 - t
    played = spline[np.abs(whole - 1)] * (s * s * s)
    played += spline[whole] * (4.0 - 6.0 * t * t + 3.0 * t * t * t)
    played += spline[whole + 1] * (4.0 - 6.0 * s * s + 3.0 * s * s * s)
    played += spline[whole + 2] * (t * t * t)
    return np.asarray(played / 6.0, np.float32)


def _add_note(
    stem: Samples,
    sound: NDArray[np.float16],
    start: float,
    ratio: float,
    length: int,
    gain: float,
    tau: float,
    sample_rate: int,
) -> None:
    """Adds a banked note to `stem` from (fractional) sample `start` on, released after `length` samples.

    `ratio` is the playback speed; `tau` the time constant of the release in samples.
    """
    first = math.ceil(start)
    tail = int(min(RELEASE_TAUS * tau, LONGEST_RELEASE_S * sample_rate))
    begin, end = max(0, -first), min(length + tail, len(stem) - first)
    position = (np.arange(begin, end) + (first - start)) * ratio
    position = position[: np.searchsorted(position, len(sound) - 2)]
    if not len(position):
        return
    played = stretch(sound, position)
    released = max(0, length - begin)
    if released < len(played):
        since = np.arange(len(played) - released) + max(0, begin - length)
        cut = np.minimum(1.0, (tail - since) / (CUT_FADE_S * sample_rate))
        played[released:] *= (np.exp(-since / tau) * cut).astype(np.float32)
    stem[first + begin : first + begin + len(played)] += gain * played


def play_notes(
    bank: Bank,
    instrument: BankInstrument,
    passage: NDArray[np.void],
    duration_s: float,
    tuning_cents: float,
    rng: np.random.Generator,
) -> tuple[Samples, NDArray[np.void]]:
    """Stem [duration_s * bank.sample_rate] and labels of `passage` (dtype NOTE) on an instrument of single notes.

    Each note's measured onset is laid on the passage's onset. Notes that the instrument cannot play are left
    out of both; a note that has died away before its key is released ends there.
    """
    notes, rate = bank.notes[instrument.note_slice], bank.sample_rate
    stem = np.zeros(round(duration_s * rate), np.float32)
    sounding = []
    for row in passage:
        pitch, velocity = int(row["pitch"]), float(row["velocity"])
        distance = np.abs(notes["pitch"] - pitch) * SEMITONE_COST + np.abs(notes["velocity"] - velocity) * VELOCITY_COST
        note = notes[int(np.argmin(distance + rng.uniform(0.0, TURN_COST, len(notes))))]
        cents = tuning_cents + rng.normal(0.0, DETUNE_CENTS)
        if abs(pitch - note["pitch"]) > FARTHEST_SEMITONES:
            continue
        ratio = 2.0 ** ((pitch - note["pitch"] + cents / 100.0) / 12.0)
        sounding_s = (note["sounding_samples"] - note["onset_samples"]) / rate / ratio
        length_s = min(row["offset_s"] - row["onset_s"], sounding_s)
        if length_s < SHORTEST_NOTE_S:
            continue
        rise = note["onset_samples"] / ratio
        _add_note(
            stem,
            bank.samples[note["start"] : note["start"] + note["length"]],
            row["onset_s"] * rate - rise,
            ratio,
            int(length_s * rate + rise),
            10.0 ** ((velocity - note["velocity"]) * LEVEL_DB_PER_VELOCITY / 20.0),
            float(note["release_tau_s"]) * rate,
            rate,
        )
        sounding.append((0, row["onset_s"], row["onset_s"] + length_s, pitch, velocity, max(0, instrument.program)))
    return stem, np.array(sounding, NOTE)


def play_phrase(
    bank: Bank, instrument: BankInstrument, duration_s: float, tuning_cents: float, rng: np.random.Generator
) -> tuple[Samples, NDArray[np.void]]:
    """Stem and labels of an excerpt of one of the instrument's phrases, moved by up to a semitone."""
    rate = bank.sample_rate
    phrase = rng.choice(bank.phrases[instrument.phrase_slice])
    semitones = int(rng.choice([-1, 0, 0, 1]))
    ratio = 2.0 ** ((semitones + tuning_cents / 100.0) / 12.0)
    length_s = phrase["length"] / rate / ratio
    skipped_s = rng.uniform(-0.25 * duration_s, max(0.0, length_s - 0.65 * duration_s))
    stem = np.zeros(round(duration_s * rate), np.float32)
    sound = bank.samples[phrase["start"] : phrase["start"] + phrase["length"]]
    _add_note(stem, sound, -skipped_s * rate, ratio, round(length_s * rate), 1.0, 1.0, rate)
    sounding = bank.phrase_notes[phrase["first_note"] : phrase["first_note"] + phrase["note_count"]].copy()
    sounding["clip"] = 0
    sounding["onset_s"] = sounding["onset_s"] / ratio - skipped_s
    sounding["offset_s"] = sounding["offset_s"] / ratio - skipped_s
    sounding["pitch"] += semitones
    return stem, sounding[(sounding["offset_s"] > 0.0) & (sounding["onset_s"] < duration_s)]
