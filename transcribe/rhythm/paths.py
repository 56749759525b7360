"""The course of the beat through a recording: the path of bars under which its onsets are likeliest.

First the tempo, by the spectrum of the onsets in overlapping windows and the likeliest path through them (Viterbi);
then, along that path, where in the bar the music is at each moment, by the same means in shorter windows. The windows
and paths are those of tempograms (Grosche and Müller 2011).
"""

from __future__ import annotations

import functools
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from mp3tomidi.transcribe.peaks import peak_shift
from mp3tomidi.transcribe.rhythm.patterns import KIND_COUNT, SLOTS, Events, onset_log_rates

SLOWEST_BEAT_S = 60.0 / 40.0
FASTEST_BEAT_S = 60.0 / 240.0
USUAL_BEATS_PER_MINUTE = 108.0
TEMPO_SPREAD = 0.5  # of songs, in natural logarithms
TEMPO_COUNT = 100  # 1.8 % apart
HARMONICS = 64
HIGHEST_HZ = 16.0  # faster repetitions than this are jitter
TEMPO_REACH_S, TEMPO_STEP_S = 2.5, 2.5  # standard deviation and distance of the windows for the tempo
TEMPO_WINDOW_S = 2.5 * TEMPO_REACH_S  # to either side
STEP_HZ = 1.0 / (14.0 * TEMPO_REACH_S)
WINDOWS_AT_ONCE = 32  # so that hours of music need no more memory than minutes
PHASE_REACH_S, PHASE_STEP_S = 1.5, 0.5  # and for the place in the bar
PHASES_AT_ONCE = 128
EVIDENCE = 0.5  # notes are played together, by patterns: each says less than if it came by itself
# Standard deviations from one window to the next, and what it costs to leave the path altogether.
TEMPO_DRIFT, TEMPO_JUMP = 0.03, 5.0
PHASE_DRIFT_S, PHASE_JUMP = 0.02, 12.0


def beat_course(events: Events, duration_s: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Times from 0 s to the end of a recording, and how many beats have passed by then, never falling."""
    tempo_at_s, beat_s = _tempo_path(events, duration_s)
    centre_s = _centres(duration_s, PHASE_STEP_S)
    local_beat_s = np.exp(np.interp(centre_s, tempo_at_s, np.log(beat_s)))
    position = _phase_path(events, centre_s, local_beat_s)
    # To the ends of the recording at the tempo there.
    ends_s = np.array([0.0, duration_s])
    reach = (ends_s - centre_s[[0, -1]]) / local_beat_s[[0, -1]]
    known = np.concatenate([[position[0] + reach[0]], position, [position[-1] + reach[1]]])
    known_s = np.concatenate([ends_s[:1], centre_s, ends_s[1:]])
    return known_s, known


def _centres(duration_s: float, step_s: float) -> NDArray[np.float64]:
    count = max(1, round(duration_s / step_s))
    return (np.arange(count) + 0.5) * duration_s / count


@functools.cache
def _tempos() -> tuple[NDArray[np.float64], NDArray[np.complex128]]:
    """Lengths of a beat, and the spectra of their `onset_log_rates` [tempo, kind, harmonic of a bar]."""
    beat_s = np.geomspace(FASTEST_BEAT_S, SLOWEST_BEAT_S, TEMPO_COUNT)
    return beat_s, np.fft.rfft(onset_log_rates(beat_s), axis=2)


def _tempo_path(events: Events, duration_s: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Times of windows and the length of a beat in each."""
    centre_s = _centres(duration_s, TEMPO_STEP_S)
    beat_s, _ = _tempos()
    fits = _tempo_fits(events, centre_s)
    away = np.log(beat_s * USUAL_BEATS_PER_MINUTE / 60.0) / TEMPO_SPREAD
    # Where nothing is played the tempo stays what it was: the usual one says nothing of silence.
    first, last = np.searchsorted(events.time_s, centre_s + TEMPO_WINDOW_S * np.array([[-1.0], [1.0]]))
    fits = EVIDENCE * TEMPO_STEP_S * fits - 0.5 * away**2 * (first < last)[:, None]
    step = np.log(beat_s[:, None] / beat_s)
    cost = np.minimum(0.5 * (step / TEMPO_DRIFT) ** 2, TEMPO_JUMP)
    likelihood, back = fits[0], []
    for fit in fits[1:]:
        reached = likelihood - cost
        best = reached.argmax(1)
        back.append(best)
        likelihood = reached[np.arange(TEMPO_COUNT), best] + fit
    return centre_s, beat_s[_traced(likelihood, back)]


def _tempo_fits(events: Events, centre_s: NDArray[np.float64]) -> NDArray[np.float64]:
    """Log likelihood of the events in each window for each tempo, at the best place in the bar [window, tempo]."""
    # The sum of log rates over events, for every place in the bar at once, is a correlation: a product of spectra.
    beat_s, patterns = _tempos()
    fits = np.empty((len(centre_s), len(beat_s)))
    for first in range(0, len(centre_s), WINDOWS_AT_ONCE):
        block = slice(first, first + WINDOWS_AT_ONCE)
        spectra, kinds = _spectra(events, centre_s[block])
        steps = np.diff(spectra, axis=0)
        products = np.zeros((len(beat_s), spectra.shape[1], HARMONICS + 1), np.complex128)
        for index, beat in enumerate(beat_s):
            place = np.arange(HARMONICS + 1) / (4 * beat * STEP_HZ)
            place = place[place <= HIGHEST_HZ / STEP_HZ]
            below = place.astype(np.intp)
            pattern = patterns[index, kinds, : len(place)].T
            # Between two frequencies of the spectra, on the straight line that joins them.
            product = np.einsum("hwk,hk->wh", spectra[below], pattern)
            product += np.einsum("hwk,hk->wh", steps[below], pattern * (place - below)[:, None])
            products[index, :, : len(place)] = product
        fits[block] = np.fft.irfft(products, n=SLOTS, axis=2).max(axis=2).T
        count = spectra[0].real.sum(1)
        fits[block] /= np.sqrt(np.maximum(count, 1.0))[:, None] * TEMPO_REACH_S
    return fits


def _spectra(events: Events, centre_s: NDArray[np.float64]) -> tuple[NDArray[np.complex128], NDArray[np.intp]]:
    """Spectra of the onsets of each kind that there is around each time [frequency, window, kind], and these kinds.

    Phases are counted from the times.
    """
    frequency_hz = np.arange(0.0, HIGHEST_HZ + 2 * STEP_HZ, STEP_HZ)
    near = events.between(centre_s[0] - TEMPO_WINDOW_S, centre_s[-1] + TEMPO_WINDOW_S)
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


def _phase_path(events: Events, centre_s: NDArray[np.float64], beat_s: NDArray[np.float64]) -> NDArray[np.float64]:
    """Where the music is at each time, in beats, never falling; whole numbers are beats."""
    fits = _phase_fits(events, centre_s, beat_s)
    passed = np.concatenate([[0.0], np.cumsum(np.diff(centre_s) / np.sqrt(beat_s[1:] * beat_s[:-1]))])
    passed_slots = np.rint(passed * SLOTS / 4).astype(np.intp)
    slots = np.arange(SLOTS)
    likelihood, back = fits[0], []
    for index in range(1, len(centre_s)):
        slot_s = 4 * beat_s[index] / SLOTS
        farthest = min(SLOTS // 8, int(np.sqrt(2 * PHASE_JUMP) * PHASE_DRIFT_S / slot_s))  # a jump costs less than more
        drift = np.arange(-farthest, farthest + 1)
        cost = 0.5 * (drift * slot_s / PHASE_DRIFT_S) ** 2
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
    # Where the music is cut, the nearest place in the bar may lie behind: the beat there lasts until it is reached.
    return np.asarray(np.maximum.accumulate(place[0] + passed + np.cumsum(missed)))


def _phase_fits(events: Events, centre_s: NDArray[np.float64], beat_s: NDArray[np.float64]) -> NDArray[np.float64]:
    """Log likelihood of the events around each time for each place in the bar that this may be [window, slot]."""
    tempos_s, patterns = _tempos()
    nearest = np.abs(np.log(beat_s)[:, None] - np.log(tempos_s)).argmin(1)  # for the pattern it will do
    fits = np.empty((len(centre_s), SLOTS))
    for first in range(0, len(centre_s), PHASES_AT_ONCE):
        block = slice(first, first + PHASES_AT_ONCE)
        held = np.zeros((len(centre_s[block]), KIND_COUNT, SLOTS))
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


def _traced(likelihood: NDArray[np.float64], back: Sequence[NDArray[np.integer]]) -> NDArray[np.intp]:
    """The states of the likeliest path, from its end and where each state came from."""
    path = [int(likelihood.argmax())]
    for origin in reversed(back):
        path.append(int(origin[path[-1]]))
    return np.array(path[::-1], np.intp)
