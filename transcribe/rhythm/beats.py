"""Finds the beat in what was transcribed: when beats fall, how many make a bar, and which of them begins one.

A bar is a pattern: notes begin more often on its first beat than on the others, on beats more often than between
them, long notes and chords more often than short single ones, snares on the second and fourth. How often is a table,
counted on MIDI songs. What is looked for is the course of bars under which the onsets are likeliest: first the tempo,
by the spectrum of the onsets in overlapping windows and the likeliest path through them (Viterbi), then, along that
path, where in the bar the music is at each moment, by the same means in shorter windows.

The windows and paths are those of tempograms (Grosche and Müller 2011), the pattern is that of bar-pointer models
(Whiteley, Cemgil and Godsill 2006).
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mp3tomidi.transcribe.events import DrumHit, Note
from mp3tomidi.transcribe.peaks import peak_shift

SLOWEST_BEAT_S = 60.0 / 40.0
FASTEST_BEAT_S = 60.0 / 240.0
USUAL_BEATS_PER_MINUTE = 108.0
FEWEST_GAPS = 7  # between onsets

# Kinds of events: notes by what follows, and by whether they are part of a chord, and drums.
SHORT_GAPS_S = (0.18, 0.4)  # to the next onset
LONG_NOTE_S = 1.0
CHORD_NOTES = 3
CHORD_REACH_S = 0.035
_LONG, _KINDS_OF_NOTE = 3, 4
_KIND_OF_PIECE, _OTHER_DRUM = {"kick": 8, "snare": 9}, 10
# Where in a bar of four the events of each kind begin: shares on the first beat, the third, the second and fourth,
# halfway between beats, at quarters of a beat, at thirds, and anywhere else. Counted on 60 band songs, for the notes
# with a third of them missing and a tenth added, as in transcriptions; then changed such that nothing is likelier
# between beats than on them, and notes by themselves much less so, or the clicks of a metronome would lie there.
_SHARES = np.array(
    [
        [0.045, 0.045, 0.089, 0.180, 0.340, 0.085, 0.216],  # single note, another follows at once
        [0.085, 0.085, 0.170, 0.320, 0.175, 0.030, 0.135],
        [0.150, 0.140, 0.280, 0.160, 0.040, 0.010, 0.220],  # after a while (counted: .31, .16 between)
        [0.332, 0.078, 0.076, 0.150, 0.115, 0.040, 0.209],  # itself long
        [0.123, 0.076, 0.144, 0.262, 0.213, 0.038, 0.144],  # chord, in the same order
        [0.209, 0.096, 0.196, 0.340, 0.053, 0.007, 0.099],
        [0.260, 0.093, 0.159, 0.266, 0.089, 0.007, 0.126],
        [0.706, 0.060, 0.053, 0.054, 0.020, 0.004, 0.103],
        [0.172, 0.089, 0.130, 0.260, 0.190, 0.045, 0.114],  # kick
        [0.030, 0.100, 0.440, 0.170, 0.110, 0.035, 0.115],  # snare
        [0.106, 0.100, 0.200, 0.200, 0.190, 0.060, 0.144],  # other drums
    ]
)
_PLACES = np.array([1, 1, 2, 4, 8, 8])  # how many there are of each in a bar
_OF_BEAT = {4: (0, 2, 1, 2), 3: (0, 2, 2)}  # which share counts for each beat of a bar

JITTER_S = 0.02  # by how much an onset misses its place
SLOTS = 192  # to a bar
TEMPO_COUNT = 180  # 1 % apart
HARMONICS = 64
HIGHEST_HZ = 16.0  # faster repetitions than this are jitter
TEMPO_REACH_S, TEMPO_STEP_S = 2.5, 2.0  # standard deviation and distance of the windows for the tempo
STEP_HZ = 1.0 / (14.0 * TEMPO_REACH_S)
WINDOWS_AT_ONCE = 32  # so that hours of music need no more memory than minutes
PHASE_REACH_S, PHASE_STEP_S = 1.5, 0.5  # and for the place in the bar
PHASES_AT_ONCE = 128
EVIDENCE = 0.5  # notes are played together, by patterns: each says less than if it came by itself
# Standard deviations from one window to the next, and what it costs to leave the path altogether.
TEMPO_DRIFT, TEMPO_JUMP = 0.03, 5.0
PHASE_DRIFT_S, PHASE_JUMP = 0.02, 12.0
WALTZ_MARGIN = 0.02
TEMPO_SPREAD = 0.5  # of songs, in natural logarithms


@dataclass(frozen=True, slots=True)
class Beats:
    """Beats from the first to the last in a recording, also where nothing is played on them."""

    times_s: NDArray[np.float64]
    beats_per_bar: int
    first_downbeat: int
    """Index of the first beat that begins a bar."""
    gain: float
    """By how much likelier (mean natural logarithm) the events are than if there were no beat."""


@dataclass(frozen=True, slots=True)
class _Events:
    """Onsets in order of time [events]."""

    time_s: NDArray[np.float64]
    kind: NDArray[np.intp]
    weight: NDArray[np.float64]

    def between(self, start_s: float, end_s: float) -> slice:
        first, last = np.searchsorted(self.time_s, [start_s, end_s])
        return slice(int(first), int(last))


def find_beats(notes: Sequence[Note], drum_hits: Sequence[DrumHit], duration_s: float) -> Beats | None:
    """The beats of a recording, or None where there are too few events to tell."""
    events = _events(notes, drum_hits)
    if not _can_tell(events, duration_s, FASTEST_BEAT_S):
        return None
    tempo_at_s, beat_s = _tempo_path(events, duration_s)
    centre_s = _centres(duration_s, PHASE_STEP_S)
    local_beat_s = np.exp(np.interp(centre_s, tempo_at_s, np.log(beat_s)))
    position = _phase_path(events, centre_s, local_beat_s)
    # To the ends of the recording at the tempo there.
    ends_s = np.array([0.0, duration_s])
    reach = (ends_s - centre_s[[0, -1]]) / local_beat_s[[0, -1]]
    known = np.concatenate([[position[0] + reach[0]], position, [position[-1] + reach[1]]])
    known_s = np.concatenate([ends_s[:1], centre_s, ends_s[1:]])
    beats = np.arange(np.ceil(known[0]), np.floor(known[-1]) + 1)
    if len(beats) < 2:
        return None
    times_s = np.interp(beats, known, known_s)
    gaps_s = np.diff(times_s)
    after = np.clip(np.searchsorted(times_s, events.time_s), 1, len(gaps_s)) - 1
    counted = after + (events.time_s - times_s[after]) / gaps_s[after]
    # By quarters of a beat: the path can lie between the beats, where few windows tell them apart.
    beats_per_bar, slot, gain = _likeliest_bar(events, counted, float(np.median(gaps_s)), places_per_beat=4)
    first_bar = slot / SLOTS * beats_per_bar
    first_downbeat = beats[0] + first_bar
    first_beat = first_downbeat - np.floor(first_downbeat - known[0])
    times_s = np.interp(np.arange(first_beat, known[-1]), known, known_s)
    return Beats(times_s, beats_per_bar, round(first_downbeat - first_beat) % beats_per_bar, gain)


def beats_at(
    beats_per_minute: float, notes: Sequence[Note], drum_hits: Sequence[DrumHit], duration_s: float
) -> Beats | None:
    """The beats of a recording that keeps a tempo which is known: where they fall, and the bars.

    None where there are too few events to tell, or the tempo is none that beats are looked for at.
    """
    beat_s = 60.0 / beats_per_minute
    events = _events(notes, drum_hits)
    if not FASTEST_BEAT_S <= beat_s <= SLOWEST_BEAT_S or not _can_tell(events, duration_s, beat_s):
        return None
    beats_per_bar, slot, gain = _likeliest_bar(events, events.time_s / beat_s, beat_s)
    first_bar = slot / SLOTS * beats_per_bar
    first_beat = first_bar % 1.0
    times_s = np.arange(first_beat, duration_s / beat_s) * beat_s
    return Beats(times_s, beats_per_bar, round(first_bar - first_beat) % beats_per_bar, gain)


def _can_tell(events: _Events, duration_s: float, beat_s: float) -> bool:
    gaps = int(np.count_nonzero(np.diff(events.time_s) > CHORD_REACH_S))
    return gaps >= FEWEST_GAPS and duration_s >= 4 * beat_s


def _events(notes: Sequence[Note], drum_hits: Sequence[DrumHit]) -> _Events:
    onset_s = np.array([note.onset_s for note in notes])
    length_s = np.array([note.offset_s - note.onset_s for note in notes])
    # Notes are sorted by onset, as a transcription keeps them.
    following = np.searchsorted(onset_s, onset_s + CHORD_REACH_S)
    together = following - np.searchsorted(onset_s, onset_s - CHORD_REACH_S)
    gap_s = np.append(onset_s, np.inf)[following] - onset_s
    kind = np.where(length_s >= LONG_NOTE_S, _LONG, np.digitize(gap_s, SHORT_GAPS_S))
    kind += _KINDS_OF_NOTE * (together >= CHORD_NOTES)
    drums = [_KIND_OF_PIECE.get(hit.instrument, _OTHER_DRUM) for hit in drum_hits]
    time_s = np.concatenate([onset_s, [hit.onset_s for hit in drum_hits]])
    order = np.argsort(time_s, kind="stable")
    weight = np.concatenate([1.0 / np.sqrt(np.maximum(together, 1)), np.ones(len(drums))])
    return _Events(time_s[order], np.concatenate([kind, drums]).astype(np.intp)[order], weight[order])


def _log_rates(beat_s: NDArray[np.float64], beats_per_bar: int = 4) -> NDArray[np.float64]:
    """How likely onsets are along a bar, as logarithms [tempo, kind, slot] whose exponentials have mean one."""
    slot = np.arange(SLOTS) / SLOTS * beats_per_bar
    places: list[list[float]] = [[] for _ in _PLACES]
    for beat, share in enumerate(_OF_BEAT[beats_per_bar]):
        places[share].append(beat)
        places[3].append(beat + 0.5)
        places[4] += [beat + 0.25, beat + 0.75]
        places[5] += [beat + 1 / 3, beat + 2 / 3]
    rates = np.zeros((len(beat_s), len(_SHARES), SLOTS))
    width = JITTER_S / beat_s[:, None]  # in beats
    total = np.zeros(len(_SHARES))
    for share, where in enumerate(places):
        if not where:
            continue
        gap = np.abs((slot[None] - np.array(where)[:, None] + beats_per_bar / 2) % beats_per_bar - beats_per_bar / 2)
        bump = np.exp(-0.5 * (gap.min(0) / width) ** 2) / (width * np.sqrt(2 * np.pi)) * beats_per_bar
        mass = _SHARES[:, share] / _PLACES[share]
        rates += mass[None, :, None] * bump[:, None]
        total += mass * len(where)
    anywhere = _SHARES[:, -1] * beats_per_bar / 4
    return np.asarray(np.log((rates + anywhere[:, None]) / (total + anywhere)[:, None]))


def _centres(duration_s: float, step_s: float) -> NDArray[np.float64]:
    count = max(1, round(duration_s / step_s))
    return (np.arange(count) + 0.5) * duration_s / count


@functools.cache
def _tempos() -> tuple[NDArray[np.float64], NDArray[np.complex128]]:
    """Lengths of a beat, and the spectra of their `_log_rates` [tempo, kind, harmonic of a bar]."""
    beat_s = np.geomspace(FASTEST_BEAT_S, SLOWEST_BEAT_S, TEMPO_COUNT)
    return beat_s, np.fft.rfft(_log_rates(beat_s), axis=2)


def _tempo_path(events: _Events, duration_s: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Times of windows and the length of a beat in each."""
    centre_s = _centres(duration_s, TEMPO_STEP_S)
    beat_s, _ = _tempos()
    fits = _tempo_fits(events, centre_s)
    away = np.log(beat_s * USUAL_BEATS_PER_MINUTE / 60.0) / TEMPO_SPREAD
    fits = EVIDENCE * TEMPO_STEP_S * fits - 0.5 * away**2
    step = np.log(beat_s[:, None] / beat_s)
    cost = np.minimum(0.5 * (step / TEMPO_DRIFT) ** 2, TEMPO_JUMP)
    likelihood, back = fits[0], []
    for fit in fits[1:]:
        reached = likelihood - cost
        best = reached.argmax(1)
        back.append(best)
        likelihood = reached[np.arange(TEMPO_COUNT), best] + fit
    return centre_s, beat_s[_traced(likelihood, back)]


def _tempo_fits(events: _Events, centre_s: NDArray[np.float64]) -> NDArray[np.float64]:
    """Log likelihood of the events in each window for each tempo, at the best place in the bar [window, tempo]."""
    # The sum of log rates over events, for every place in the bar at once, is a correlation: a product of spectra.
    beat_s, patterns = _tempos()
    fits = np.empty((len(centre_s), len(beat_s)))
    for first in range(0, len(centre_s), WINDOWS_AT_ONCE):
        block = slice(first, first + WINDOWS_AT_ONCE)
        spectra, kinds = _spectra(events, centre_s[block])
        products = np.zeros((len(beat_s), HARMONICS + 1, spectra.shape[1]), np.complex128)
        for index, beat in enumerate(beat_s):
            place = np.arange(HARMONICS + 1) / (4 * beat * STEP_HZ)
            place = place[place <= HIGHEST_HZ / STEP_HZ]
            below = place.astype(np.intp)
            above = (place - below)[:, None]
            pattern = patterns[index, kinds, : len(place)].T
            # Between two frequencies of the spectra, the pattern's share of each.
            products[index, : len(place)] = (
                spectra[below] @ (pattern * (1 - above))[..., None] + spectra[below + 1] @ (pattern * above)[..., None]
            )[..., 0]
        fits[block] = np.fft.irfft(products, n=SLOTS, axis=1).max(axis=1).T
        count = spectra[0].real.sum(1)
        fits[block] /= np.sqrt(np.maximum(count, 1.0))[:, None] * TEMPO_REACH_S
    return fits


def _spectra(events: _Events, centre_s: NDArray[np.float64]) -> tuple[NDArray[np.complex128], NDArray[np.intp]]:
    """Spectra of the onsets of each kind that there is around each time [frequency, window, kind], and these kinds.

    Phases are counted from the times.
    """
    frequency_hz = np.arange(0.0, HIGHEST_HZ + 2 * STEP_HZ, STEP_HZ)
    near = events.between(centre_s[0] - 2.5 * TEMPO_REACH_S, centre_s[-1] + 2.5 * TEMPO_REACH_S)
    time_s = events.time_s[near]
    weight = events.weight[near] * np.exp(-0.5 * ((time_s - centre_s[:, None]) / TEMPO_REACH_S) ** 2)
    waves = _waves(time_s - centre_s[0], frequency_hz)
    kinds = np.unique(events.kind[near])
    spectra = np.zeros((len(frequency_hz), len(centre_s), len(kinds)), np.complex128)
    for index, kind in enumerate(kinds):
        chosen = events.kind[near] == kind
        # A real matrix times a complex one, without making the real one complex.
        product = weight[:, chosen] @ waves[chosen].view(np.float64)
        spectra[:, :, index] = product.view(np.complex128).T
    back = np.exp(-2j * np.pi * (centre_s - centre_s[0]) * frequency_hz[:, None])
    return spectra * back[..., None], kinds


def _phase_fits(events: _Events, centre_s: NDArray[np.float64], beat_s: NDArray[np.float64]) -> NDArray[np.float64]:
    """Log likelihood of the events around each time for each place in the bar that this may be [window, slot]."""
    tempos_s, patterns = _tempos()
    nearest = np.abs(np.log(beat_s)[:, None] - np.log(tempos_s)).argmin(1)  # for the pattern it will do
    fits = np.empty((len(centre_s), SLOTS))
    for first in range(0, len(centre_s), PHASES_AT_ONCE):
        block = slice(first, first + PHASES_AT_ONCE)
        held = np.zeros((len(centre_s[block]), len(_SHARES), SLOTS))
        share = np.empty(len(held))
        for index, (centre, beat) in enumerate(zip(centre_s[block], beat_s[block], strict=True)):
            inside = events.between(centre - 2.5 * PHASE_REACH_S, centre + 2.5 * PHASE_REACH_S)
            from_centre_s = events.time_s[inside] - centre
            weight = events.weight[inside] * np.exp(-0.5 * (from_centre_s / PHASE_REACH_S) ** 2)
            slot = np.rint(from_centre_s / (4 * beat) * SLOTS).astype(np.intp) % SLOTS
            held[index] = np.bincount(events.kind[inside] * SLOTS + slot, weight, held[index].size).reshape(
                held[index].shape
            )
            share[index] = EVIDENCE * PHASE_STEP_S / PHASE_REACH_S / np.sqrt(max(weight.sum(), 1.0))
        product = (np.fft.rfft(held, axis=2).conj() * patterns[nearest[block]]).sum(axis=1)
        fits[block] = share[:, None] * np.fft.irfft(product, n=SLOTS, axis=1)
    return fits


def _waves(time_s: NDArray[np.float64], frequency_hz: NDArray[np.float64]) -> NDArray[np.complex128]:
    """exp(2j pi time frequency) [time, frequency] for frequencies in equal steps from 0, as products of a few each."""
    apart = round(np.sqrt(len(frequency_hz)))
    few, far = (np.exp(2j * np.pi * time_s[:, None] * some) for some in (frequency_hz[:apart], frequency_hz[::apart]))
    products = (far[:, :, None] * few[:, None]).reshape(len(time_s), far.shape[1] * few.shape[1])
    return np.asarray(products[:, : len(frequency_hz)])


def _phase_path(events: _Events, centre_s: NDArray[np.float64], beat_s: NDArray[np.float64]) -> NDArray[np.float64]:
    """Where the music is at each time, in beats, rising; whole numbers are beats."""
    fits = _phase_fits(events, centre_s, beat_s)
    passed = np.concatenate([[0.0], np.cumsum(np.diff(centre_s) / np.sqrt(beat_s[1:] * beat_s[:-1]))])
    passed_slots = np.rint(passed * SLOTS / 4).astype(np.intp)
    slots = np.arange(SLOTS)
    drift = np.arange(-SLOTS // 8, SLOTS // 8 + 1)
    likelihood, back = fits[0], []
    for index in range(1, len(centre_s)):
        cost = 0.5 * (drift * 4 * beat_s[index] / SLOTS / PHASE_DRIFT_S) ** 2
        steps = passed_slots[index] - passed_slots[index - 1] + drift
        # Row by row the likelihoods as they lie that many slots further on.
        turned = np.lib.stride_tricks.sliding_window_view(np.tile(likelihood, 2)[:-1], SLOTS)[-steps % SLOTS]
        reached = turned - cost[:, None]
        best = reached.argmax(0)
        origin, reached = (slots - steps[best]) % SLOTS, reached[best, slots]
        anywhere = likelihood.argmax()
        jump = likelihood[anywhere] - PHASE_JUMP
        back.append(np.where(reached >= jump, origin, anywhere).astype(np.int16))
        likelihood = np.maximum(reached, jump) + fits[index]
    path = _traced(likelihood, back)
    # Between slots, by the parabola through the best and its neighbours.
    here = np.arange(len(path))
    left, mid, right = (fits[here, (path + shift) % SLOTS] for shift in (-1, 0, 1))
    place = (path + peak_shift(left, mid, right)) / SLOTS * 4
    missed = np.concatenate([[0.0], (np.diff(place) - np.diff(passed) + 2) % 4 - 2])
    return np.asarray(place[0] + passed + np.cumsum(missed))


def _likeliest_bar(
    events: _Events, position: NDArray[np.float64], beat_s: float, places_per_beat: int | None = None
) -> tuple[int, float, float]:
    """How the beats are best counted over the whole recording.

    position: of each event, in beats.
    places_per_beat: where bars may begin; None for anywhere.

    Returns beats to a bar, the slot at which bars begin, and the mean log likelihood of the events against no beat at
    all. Bars are of four unless bars of three are clearly likelier.
    """
    best = (4, 0.0, -np.inf)
    for beats_per_bar in _OF_BEAT:
        log_rates = _log_rates(np.array([beat_s]), beats_per_bar)[0]
        slot = np.rint(position / beats_per_bar * SLOTS).astype(np.intp) % SLOTS
        held = np.zeros_like(log_rates)
        np.add.at(held, (events.kind, slot), events.weight / events.weight.sum())
        # For every slot that bars may begin at, the rates moved to there.
        product = (np.fft.rfft(held, axis=1) * np.fft.rfft(log_rates, axis=1).conj()).sum(axis=0)
        fits = np.fft.irfft(product, n=SLOTS)
        fits -= WALTZ_MARGIN if beats_per_bar == 3 else 0.0
        apart = 1 if places_per_beat is None else SLOTS // (beats_per_bar * places_per_beat)
        first = apart * int(fits[::apart].argmax())
        if fits[first] > best[2]:
            between = 0.0
            if places_per_beat is None:
                between = float(peak_shift(fits[first - 1], fits[first], fits[(first + 1) % SLOTS]))
            best = beats_per_bar, (first + between) % SLOTS, float(fits[first])
    return best


def _traced(likelihood: NDArray[np.float64], back: Sequence[NDArray[np.integer]]) -> NDArray[np.intp]:
    """The states of the likeliest path, from its end and where each state came from."""
    path = [int(likelihood.argmax())]
    for origin in reversed(back):
        path.append(int(origin[path[-1]]))
    return np.array(path[::-1], np.intp)
