"""Pitch curves of sung lines: glides, drift and vibrato of trained singers and amateurs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mp3tomidi.augment.sources.sung.melody import Attack, LineNote
from mp3tomidi.augment.sources.sung.syllables import FRAME_S

Curve = NDArray[np.float64]  # MIDI pitch with fractions, a value every FRAME_S

# Further from the key that the singer is in at the moment, a listener would write down another note.
_FURTHEST_OFF = 0.48  # semitones
_FURTHEST_KEY_OFF = 0.35
_STEEPEST_RISE = 0.7  # within a note
_DIP_SHARE = 0.6  # of the repeated notes that have no consonant
_SIGMOID_STEEPNESS = 8.0  # a glide of length g covers 96 % of its way within g * 0.98


@dataclass(frozen=True, slots=True)
class Manner:
    """How one singer sings; lengths in seconds, deviations in semitones (standard deviations if called _sd)."""

    glide_s: float
    anticipation: float  # share of the glide before the vowel of a new syllable
    overshoot: float  # share of the interval
    vibrato: float  # amplitude; 0 for none
    vibrato_hz: float
    vibrato_delay_s: float
    scoop_share: float
    scoop_above_share: float  # of the scoops: those that come from above, as after a hard consonant
    longest_scoop_s: float
    fall_share: float  # of the last notes of a breath that drop away
    fry_share: float  # of the last notes of a breath that end creaking an octave lower
    drift_sd: float  # slow, all the time
    flutter_sd: float  # as quick as a vibrato, but without its order
    slope_sd: float  # semitones a second, of a note that rises or sinks as a whole
    wobble_sd: float  # of long notes, faster than drift, slower than vibrato
    intonation_sd: float  # of each note
    tuning_sd: float  # of the key that a phrase begins in
    key_drift_sd: float  # of the whole key, from phrase start to its end
    timing_sd_s: float  # of the pitch against the syllable


def draw_manner(rng: np.random.Generator, *, amateur: bool) -> Manner:
    if amateur:
        vibrato = float(rng.uniform(0.1, 0.6)) if rng.random() < 0.35 else 0.0
    else:
        vibrato = float(rng.uniform(0.15, 0.8)) if rng.random() < 0.7 else 0.0
    return Manner(
        glide_s=float(np.exp(rng.uniform(np.log(0.06), np.log(0.3 if amateur else 0.2)))),
        anticipation=float(rng.uniform(-0.3, 1.1)) if amateur else float(rng.uniform(0.3, 1.1)),
        overshoot=float(rng.uniform(0.0, 0.15)),
        vibrato=vibrato,
        vibrato_hz=float(rng.uniform(4.6, 6.6)),
        vibrato_delay_s=float(rng.uniform(0.0, 0.4)),
        scoop_share=float(rng.uniform(0.2, 0.9)) if amateur else float(rng.uniform(0.1, 0.5)),
        scoop_above_share=float(rng.uniform(0.2, 0.8)) if amateur else 0.1,
        longest_scoop_s=float(rng.uniform(0.05, 0.15)) if amateur else float(rng.uniform(0.05, 0.09)),
        fall_share=float(rng.uniform(0.1, 0.5)) if amateur else 0.1,
        fry_share=float(rng.uniform(0.1, 0.5)) if rng.random() < 0.25 else 0.0,
        drift_sd=float(rng.uniform(0.05, 0.14)) if amateur else float(rng.uniform(0.02, 0.07)),
        flutter_sd=float(rng.uniform(0.04, 0.14)) if amateur else float(rng.uniform(0.01, 0.05)),
        slope_sd=float(rng.uniform(0.2, 1.2)) if amateur else float(rng.uniform(0.05, 0.3)),
        wobble_sd=float(rng.uniform(0.06, 0.32)) if amateur else float(rng.uniform(0.0, 0.06)),
        intonation_sd=float(rng.uniform(0.17, 0.32)) if amateur else float(rng.uniform(0.02, 0.08)),
        tuning_sd=0.12 if amateur else 0.05,
        key_drift_sd=float(rng.uniform(0.0, 0.2)) if amateur else 0.02,
        timing_sd_s=float(rng.uniform(0.01, 0.045)) if amateur else 0.006,
    )


@dataclass(frozen=True, slots=True)
class SungPitch:
    curve: Curve  # [frames]
    targets: Curve  # [notes]: the pitch that each note is meant to settle on
    arrivals_s: Curve  # [notes]: when the glide to the note is half done; the onset itself after a rest


def draw_pitch(
    rng: np.random.Generator, notes: Sequence[LineNote], joined: Sequence[bool], frame_count: int, manner: Manner
) -> SungPitch:
    """The curve of `notes`; `joined` says which are sung on from the one before, without a rest."""
    times: Curve = np.arange(frame_count, dtype=np.float64) * FRAME_S
    targets = _targets(rng, notes, manner)
    arrivals = np.array([note.onset_s for note in notes])
    curve: Curve = np.full(frame_count, targets[0])
    for index in range(1, len(notes)):
        note, before = notes[index], notes[index - 1]
        step = targets[index] - targets[index - 1]
        room_s = 0.6 * min(note.offset_s - note.onset_s, note.onset_s - before.onset_s)
        glide_s = min(manner.glide_s * float(rng.uniform(0.7, 1.3)), room_s)
        if not joined[index]:
            arrivals[index] = (before.offset_s + note.onset_s) / 2
            glide_s = min(glide_s, 1.5 * (note.onset_s - before.offset_s))  # inaudible
        elif note.attack is Attack.SYLLABLE:
            # Earlier or later than this a listener would hear another note between the two.
            late_s = rng.normal(0, manner.timing_sd_s) - 0.5 * glide_s * manner.anticipation
            arrivals[index] += float(np.clip(late_s, -0.09, min(0.08, 0.25 * (note.offset_s - note.onset_s))))
        elif note.attack is Attack.VOWEL and note.pitch == before.pitch and rng.random() < _DIP_SHARE:
            # The throat that checks its tone for a moment slackens: often all that tells one note from two.
            curve -= float(rng.uniform(0.15, 0.9)) * np.exp(-(((times - note.onset_s + 0.02) / 0.025) ** 2))
        phase = (times - arrivals[index]) / glide_s
        curve += step / (1 + np.exp(-_SIGMOID_STEEPNESS * np.clip(phase, -4, 4)))
        overshoot = min(abs(manner.overshoot * step), 0.6)
        curve += np.sign(step) * overshoot * np.exp(-(((phase - 0.6) / 0.5) ** 2))
        if not joined[index]:
            arrivals[index] = note.onset_s
    for index, note in enumerate(notes):
        last = index + 1 == len(notes) or not joined[index + 1]
        curve = curve + _held(rng, times, note, manner)
        curve = curve + _edges(rng, times, note, manner, first=not joined[index], last=last)
    curve += manner.drift_sd * smooth_noise(rng, frame_count, 0.3)
    curve += manner.flutter_sd * smooth_noise(rng, frame_count, 0.07)
    return SungPitch(curve, targets, arrivals)


def _targets(rng: np.random.Generator, notes: Sequence[LineNote], manner: Manner) -> Curve:
    """Written pitches, each off by its own amount and by the key that drifts away."""
    key = rng.normal(0, manner.tuning_sd) + rng.normal(0, manner.key_drift_sd) * np.linspace(-0.5, 0.5, len(notes))
    # Most notes are nearer than a normal distribution has them and some much further: Student's t, scaled to its sd.
    off = manner.intonation_sd * rng.standard_t(5, len(notes)) / np.sqrt(5 / 3)
    off = np.clip(off, -_FURTHEST_OFF, _FURTHEST_OFF)
    written = np.array([note.pitch for note in notes], np.float64)
    # A note struck again on the same pitch is not tuned anew altogether.
    for index in range(1, len(notes)):
        if written[index] == written[index - 1]:
            kept = float(rng.uniform(0.1, 0.9))
            off[index] = kept * off[index - 1] + (1 - kept) * off[index]
    targets: Curve = written + off + np.clip(key, -_FURTHEST_KEY_OFF, _FURTHEST_KEY_OFF)
    return targets


def _held(rng: np.random.Generator, times: Curve, note: LineNote, manner: Manner) -> Curve:
    """A slope, vibrato that comes in late, and the wobble of a note that is hard to hold."""
    length_s = note.offset_s - note.onset_s
    furthest = min(abs(rng.normal(0, manner.slope_sd)) * length_s / 2, _STEEPEST_RISE / 2) * float(rng.choice([-1, 1]))
    edges = np.clip((times - note.onset_s) / 0.04, 0, 1) * np.clip((note.offset_s - times) / 0.04, 0, 1)
    curve: Curve = furthest * (2 * (times - note.onset_s) / length_s - 1) * edges
    if length_s < 0.35:
        return curve
    inside = np.clip((note.offset_s - times) / 0.06, 0, 1)
    if manner.vibrato > 0:
        delay_s = manner.vibrato_delay_s * float(rng.uniform(0.7, 1.4))
        fade = np.clip((times - note.onset_s - delay_s) / 0.25, 0, 1) * inside
        rate = manner.vibrato_hz * (1 + 0.05 * smooth_noise(rng, len(times), 0.2))
        phase = 2 * np.pi * np.cumsum(rate) * FRAME_S + float(rng.uniform(0, 2 * np.pi))
        depth = (
            manner.vibrato
            * float(rng.uniform(0.7, 1.2))
            * (1 + 0.2 * np.clip(smooth_noise(rng, len(times), 0.3), -1.5, 1.5))
        )
        curve += depth * fade * np.sin(phase)
    fade = np.clip((times - note.onset_s - 0.15) / 0.3, 0, 1) * inside
    wobble = manner.wobble_sd * smooth_noise(rng, len(times), float(rng.uniform(0.15, 0.4)))
    return curve + np.clip(wobble, -0.4, 0.4) * fade


def _edges(rng: np.random.Generator, times: Curve, note: LineNote, manner: Manner, *, first: bool, last: bool) -> Curve:
    """A scoop into the note (from below, now and then from above), a fall out of the last one of a breath."""
    curve = np.zeros(len(times))
    length_s = note.offset_s - note.onset_s
    if rng.random() < (manner.scoop_share if first else 0.25 * manner.scoop_share):
        depth = float(rng.uniform(0.3, 2.0)) * (0.6 if rng.random() < manner.scoop_above_share else -1)
        decay_s = min(float(rng.uniform(0.02, manner.longest_scoop_s)), length_s / 6)
        during = (times >= note.onset_s - 0.3 * first) & (times < note.offset_s)
        # A note after a rest starts with the scoop; one within a breath dips where it begins.
        rise = 1.0 if first else 1 - np.exp(-np.maximum(times - note.onset_s, 0) / 0.01)
        curve += depth * rise * np.exp(-np.maximum(times - note.onset_s + 0.02, 0) / decay_s) * during
    if last and rng.random() < manner.fall_share:
        curve -= (
            float(rng.uniform(0.3, 2.5))
            * np.clip((times - note.offset_s + 0.08) / 0.1, 0, 1)
            * (times < note.offset_s + 0.3)
        )
    if last and length_s > 0.3 and rng.random() < manner.fry_share:
        creaking_s = float(rng.uniform(0.03, 0.12))
        curve -= 12.0 * ((times > note.offset_s - creaking_s) & (times < note.offset_s + 0.1))
    return curve


def smooth_noise(rng: np.random.Generator, frame_count: int, correlation_s: float) -> Curve:
    """Standard normal noise, a new value every `correlation_s` and straight lines between."""
    step = correlation_s / FRAME_S
    count = int(frame_count / step) + 3
    return np.interp(np.arange(frame_count) / step + rng.random(), np.arange(count), rng.standard_normal(count))
