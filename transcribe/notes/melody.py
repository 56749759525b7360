"""Follows the most salient melody through a recording: its fundamental frequency every 10 ms.

Two views are joined. The network says, every 20 ms, which keys sound: it tells octaves and voices apart, but knows
nothing between the keys. The spectrum, summed over a tone's harmonics (salience.py), says where between the keys a tone
lies and how strong it is. The likeliest path through both (Viterbi, with a state
for silence) is then refined from the peaks of its first harmonics, each read between two bins of the Fourier
transform, in windows short enough to follow a vibrato.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from mp3tomidi.transcribe.array_types import Float32Array
from mp3tomidi.transcribe.inference.activations import Activations, Values
from mp3tomidi.transcribe.instruments import PIANO_LOWEST_PITCH, PITCH_COUNT
from mp3tomidi.transcribe.notes.salience import BIN_COUNT, SAMPLE_RATE, STEPS, SalienceBank, frequency_hz, magnitudes
from mp3tomidi.transcribe.peaks import peak_shift

HOP_S = 0.01
HOP_SAMPLES = round(HOP_S * SAMPLE_RATE)

# The path.
SALIENCE_WEIGHT = 1.5  # of the spectrum's word against the network's
LEAST_PROBABILITY = 0.02  # what the network may be wrong by, either way
GAP_FRAMES = 5  # of the network: half of the longest gap that is filled, if the spectrum says that the tone goes on
LEAST_OF_TONE = 0.3  # 21 dB under what is strongest nearby, it does not
FASTEST_STEPS = 8  # between network frames: a wide vibrato at its steepest
STEP_COST, JUMP_COST, VOICING_COST = 0.05, 4.0, 2.0  # log odds
SILENCE_COST = 0.7  # so that a tone sounds from a probability of 1/3 on
# The refinement: what it may change the path by, and from how many harmonics.
REFINE_CENTS = 60.0
REFINED_HARMONICS = 5
# Lowest frequency, Hz, that a window of so many samples can tell the harmonics of apart (four bins of a Hann window).
REFINE_WINDOWS = ((130.0, 1024), (60.0, 2048), (0.0, 4096))
REFINE_PADDING, REFINE_LONGEST = 4, 8192  # transforms are longer than their windows, up to a limit

SEGMENT_S, MARGIN_S = 30.0, 2.0  # the path is found piece by piece; a second is more than it needs to settle


@dataclass(frozen=True, eq=False)
class PitchTrack:
    """Arrays [frames], a frame every HOP_S from the start of the sound."""

    hz: NDArray[np.float64]
    """0 where nothing sounds."""
    confidence: NDArray[np.float64]
    """That the pitch sounds, 0 to 1; where none was chosen, of the likeliest."""

    @property
    def time_s(self) -> NDArray[np.float64]:
        return np.asarray(np.arange(len(self.hz)) * HOP_S, np.float64)


def follow(blocks: Iterable[Float32Array], activations: Activations, tuning_cents: float) -> PitchTrack:
    """The melody in mono sound, given as blocks [samples] of any length, SAMPLE_RATE a second.

    activations: the network's activations of the same sound, and tuning_cents what it took out for that.
    """
    ratio = round(activations.hop_s / HOP_S)
    salience = SalienceBank(tuning_cents)
    tracks = [
        _follow_segment(segment, activations.frame, ratio, salience, tuning_cents)
        for segment in _segments(blocks, ratio)
    ]
    if not tracks:
        return PitchTrack(np.zeros(0), np.zeros(0))
    return PitchTrack(*(np.concatenate(arrays) for arrays in zip(*tracks, strict=True)))


@dataclass(frozen=True, eq=False)
class _Segment:
    sound: Float32Array
    """With half of the longest window in front, silence at the recording's edges."""
    first: int
    """In frames of HOP_S, the one that the sound begins with."""
    keep_start: int
    keep_stop: int
    """Which frames of the recording are asked for."""


def _segments(blocks: Iterable[Float32Array], ratio: int) -> Iterator[_Segment]:
    """Cuts the sound into pieces that overlap by MARGIN_S on either side, at frames of the network."""
    edge = REFINE_WINDOWS[-1][1] // 2
    length = round(SEGMENT_S / HOP_S) // ratio * ratio
    margin = round(MARGIN_S / HOP_S) // ratio * ratio
    waiting = np.zeros(edge, np.float32)
    first = start = 0  # frame that `waiting` begins with, and the first one that is still asked for

    def piece(stop: int, last: int) -> _Segment:
        return _Segment(waiting[: (last - first) * HOP_SAMPLES + 2 * edge], first, start, stop)

    for block in blocks:
        waiting = np.concatenate([waiting, block])
        while len(waiting) >= (start + length + margin - first) * HOP_SAMPLES + 2 * edge:
            yield piece(start + length, start + length + margin)
            start += length
            drop = max(0, start - margin - first)
            waiting, first = waiting[drop * HOP_SAMPLES :], first + drop
    stop = first + -(-(len(waiting) - edge) // HOP_SAMPLES)
    if stop > start:
        waiting = np.pad(waiting, (0, (stop - first) * HOP_SAMPLES + 2 * edge - len(waiting)))
        yield piece(stop, stop)


def _follow_segment(
    segment: _Segment, frame_activations: Values, ratio: int, salience: SalienceBank, tuning_cents: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Frequencies and confidences of the frames that are asked for."""
    edge = REFINE_WINDOWS[-1][1] // 2
    count = (len(segment.sound) - 2 * edge) // HOP_SAMPLES
    centres = edge + HOP_SAMPLES * np.arange(count)
    coarse = centres[::ratio]
    probability = np.zeros((len(coarse), PITCH_COUNT))
    known = frame_activations[segment.first // ratio :][: len(coarse)]
    probability[: len(known)] = known
    strength = salience.of(segment.sound, coarse)
    believed = _without_gaps(_between_keys(probability), strength)
    path = _likeliest_path(believed, _relative(strength))

    pitch = PIANO_LOWEST_PITCH - 0.5 + (path + 0.5) / STEPS
    places = np.arange(count) / ratio
    nearest = np.minimum(np.round(places).astype(int), len(path) - 1)
    voiced = path[nearest] >= 0
    rough_hz = np.where(voiced, frequency_hz(_interpolated(pitch, path >= 0, places, nearest), tuning_cents), 0.0)
    hz = _refined(segment.sound, centres, rough_hz)
    chosen = np.where(path >= 0, believed[np.arange(len(path)), path], believed.max(axis=1))
    confidence = np.interp(places, np.arange(len(path)), chosen)
    wanted = slice(segment.keep_start - segment.first, segment.keep_stop - segment.first)
    return hz[wanted], confidence[wanted]


def _interpolated(
    pitch: NDArray[np.float64], voiced: NDArray[np.bool_], places: NDArray[np.float64], nearest: NDArray[np.intp]
) -> NDArray[np.float64]:
    """The path's pitch between its frames where it moves, and at the nearest one where it jumps or falls silent."""
    before = np.minimum(places.astype(int), len(pitch) - 1)
    after = np.minimum(before + 1, len(pitch) - 1)
    moves = voiced[before] & voiced[after] & (np.abs(pitch[after] - pitch[before]) * STEPS <= FASTEST_STEPS)
    share = places - before
    return np.where(moves, pitch[before] * (1.0 - share) + pitch[after] * share, pitch[nearest])


def _between_keys(probability: NDArray[np.float64]) -> NDArray[np.float64]:
    """Probabilities of keys [frames, keys] at the path's steps [frames, BIN_COUNT]: a key's reach a semitone."""
    position = (np.arange(BIN_COUNT) + 0.5) / STEPS - 0.5
    lower = np.floor(position).astype(int)
    share = position - lower
    padded = np.pad(probability, ((0, 0), (1, 1)))
    below, above = padded[:, lower + 1], padded[:, lower + 2]
    # Full strength as far as a quarter tone off the key, so that vibrato and glides lose nothing.
    below, above = below * np.minimum(1.0, 2.0 * (1.0 - share)), above * np.minimum(1.0, 2.0 * share)
    return np.asarray(1.0 - (1.0 - below) * (1.0 - above), np.float64)


def _relative(salience: Float32Array) -> Float32Array:
    """Salience [frames, steps] in parts of each frame's strongest."""
    return np.asarray(salience / np.maximum(salience.max(axis=1, keepdims=True), 1e-6), np.float32)


def _without_gaps(probability: NDArray[np.float64], salience: Float32Array) -> NDArray[np.float64]:
    """Fills what the network misses of a tone that goes on: of a wide vibrato it detects only the turns."""
    size = 2 * GAP_FRAMES + 1
    closed = ndimage.grey_closing(probability, size=(size, 1))
    goes_on = salience > LEAST_OF_TONE * ndimage.maximum_filter1d(salience, size, axis=0)
    return np.where(goes_on, closed, probability)


def _likeliest_path(probability: NDArray[np.float64], salience: NDArray[np.float32]) -> NDArray[np.intp]:
    """The step of each frame [frames], or -1 for silence, by Viterbi's algorithm."""
    count = len(probability)
    voiced = np.log(probability + LEAST_PROBABILITY) + SALIENCE_WEIGHT * np.log(salience + 1e-3)
    silent = np.log(1.0 - probability.max(axis=1, initial=0.0) + LEAST_PROBABILITY) - SILENCE_COST
    offsets = np.arange(-FASTEST_STEPS, FASTEST_STEPS + 1)
    costs = STEP_COST * np.abs(offsets)[:, None]
    came_from = np.zeros((count, BIN_COUNT + 1), np.int16)
    score, silence = np.zeros(BIN_COUNT), 0.0
    steps = np.arange(BIN_COUNT)
    for frame in range(count):
        padded = np.pad(score, FASTEST_STEPS, constant_values=-np.inf)
        near = np.lib.stride_tricks.sliding_window_view(padded, BIN_COUNT) - costs
        choice = near.argmax(axis=0)
        best, origin = near[choice, steps], steps + offsets[choice]
        highest = int(score.argmax())
        for value, source in ((score[highest] - JUMP_COST, highest), (silence - VOICING_COST, BIN_COUNT)):
            better = value > best
            best, origin = np.where(better, value, best), np.where(better, source, origin)
        came_from[frame, :BIN_COUNT] = origin
        falls_silent = score[highest] - VOICING_COST > silence
        came_from[frame, BIN_COUNT] = highest if falls_silent else BIN_COUNT
        silence = max(silence, score[highest] - VOICING_COST) + silent[frame]
        score = best + voiced[frame]
        top = max(silence, float(score.max()))
        score, silence = score - top, silence - top
    state = BIN_COUNT if silence > score.max() else int(score.argmax())
    path = np.empty(count, np.intp)
    for frame in range(count - 1, -1, -1):
        path[frame] = -1 if state == BIN_COUNT else state
        state = int(came_from[frame, state])
    return path


def _refined(sound: Float32Array, centres: NDArray[np.intp], rough_hz: NDArray[np.float64]) -> NDArray[np.float64]:
    """Frequencies near the rough ones, from the peaks of the first harmonics."""
    refined = rough_hz.copy()
    highest = np.inf
    for lowest, window in REFINE_WINDOWS:
        chosen = np.flatnonzero((rough_hz > lowest) & (rough_hz <= highest))
        highest = lowest
        for part in np.array_split(chosen, -(-len(chosen) // 256)) if len(chosen) else ():
            transform = min(REFINE_PADDING * window, REFINE_LONGEST)
            spectrum = np.log(magnitudes(sound, centres[part], window, transform) + 1e-7)
            refined[part] = _from_harmonics(spectrum, SAMPLE_RATE / transform, rough_hz[part])
    return refined


def _from_harmonics(spectrum: Float32Array, bin_hz: float, rough_hz: NDArray[np.float64]) -> NDArray[np.float64]:
    """One frequency from log spectra [frames, bins]: the mean of what each harmonic's peak says, louder ones more."""
    last = spectrum.shape[1] - 2
    frames = np.arange(len(rough_hz))
    ratio = 2.0 ** (REFINE_CENTS / 1200.0) - 1.0
    guesses, weights = [], []
    for harmonic in range(1, REFINED_HARMONICS + 1):
        centre = np.round(harmonic * rough_hz / bin_hz).astype(int)
        reach = np.maximum(1, np.round(harmonic * rough_hz * ratio / bin_hz)).astype(int)
        around = np.arange(-int(reach.max()), int(reach.max()) + 1)
        places = np.clip(centre[:, None] + around, 1, last)
        values = np.where(np.abs(around) <= reach[:, None], spectrum[frames[:, None], places], -np.inf)
        peak = places[frames, values.argmax(axis=1)]
        left, middle, right = (spectrum[frames, peak + shift] for shift in (-1, 0, 1))
        is_peak = (middle >= left) & (middle >= right) & (harmonic * rough_hz < 0.45 * SAMPLE_RATE)
        guesses.append((peak + peak_shift(left, middle, right)) * bin_hz / harmonic)
        weights.append(np.where(is_peak, np.exp(middle.astype(np.float64)), 0.0))
    guess, weight = np.stack(guesses), np.stack(weights)
    for _ in range(2):  # the second time without harmonics that belong to another tone
        total = weight.sum(axis=0)
        mean = np.where(total > 0.0, (weight * guess).sum(axis=0) / np.maximum(total, 1e-12), rough_hz)
        weight = np.where(np.abs(guess / mean - 1.0) < 0.5 * ratio, weight, 0.0)
    return np.asarray(mean, np.float64)
