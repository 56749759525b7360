"""Learns from a recording what its own instruments sound like, so that notes that sound alike get the same family.

A network trained on other instruments of a family is unsure of this one; most of its notes, though, it names right.
Each family that plays becomes a normal distribution over the notes' timbres, all of one covariance, fitted by
expectation maximisation from what the network says: linear discriminant analysis that teaches itself (O'Neill 1978).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

FEWEST_NOTES = 40  # of a recording, to learn from
# On the validation sets weights of .5 to 1, 12 to 30 components, 5 to 20 rounds and ridges of .1 to .6 give the same
# within .01 to .02 of onset F1 with the right instrument.
TIMBRE_WEIGHT = 0.7  # of a timbre's log likelihood: its components are not as independent as the distribution says
COMPONENTS = 20  # principal ones of the timbres; the others hold more noise than sound
ROUNDS = 10
RIDGE = 0.3  # how far the covariance is drawn towards one that is alike in all directions
_OCTAVE = 12.0  # semitones, that tell two notes apart as much as a standard deviation of all components
_SMALLEST_SHARE = 1e-4  # of the notes, that a family may come down to
_NO_DEVIATION = 1e-3


def follow_timbre(
    likely: NDArray[np.float64], chosen: NDArray[np.intp], timbre: NDArray[np.float32], pitch: ArrayLike
) -> NDArray[np.float64]:
    """Log probabilities of the families [notes, family], from those of the network and from how alike the notes sound.

    likely: the network's log probabilities [notes, family].
    chosen: the families that it is believed to mean [notes]; others are as unlikely afterwards as the unlikeliest of
        these.
    timbre: what each note sounds like [notes, timbre_count].
    pitch: MIDI pitch [notes].
    """
    playing = np.unique(chosen)
    if len(playing) < 2 or len(likely) < FEWEST_NOTES:
        return likely
    place = _place(timbre, np.asarray(pitch, float))
    network = _normalised(likely[:, playing])
    member = np.eye(len(playing))[np.searchsorted(playing, chosen)]
    for _ in range(ROUNDS):
        by_timbre = _log_likelihood(place, member)
        member = np.exp(_normalised(network + TIMBRE_WEIGHT * by_timbre))
    added = np.repeat(by_timbre.min(axis=1, keepdims=True), likely.shape[1], axis=1)
    added[:, playing] = by_timbre
    return _normalised(likely + TIMBRE_WEIGHT * added)


def _place(timbre: NDArray[np.float32], pitch: NDArray[np.float64]) -> NDArray[np.float64]:
    """Where notes lie among each other: principal components of their timbres, and pitch [notes, dimension]."""
    standard = (timbre - timbre.mean(axis=0)) / (timbre.std(axis=0) + _NO_DEVIATION)
    _, directions = np.linalg.eigh(standard.T @ standard)
    components = standard @ directions[:, -COMPONENTS:]
    octaves = (pitch - pitch.mean()) / _OCTAVE
    return np.concatenate([components / (components.std() + _NO_DEVIATION), octaves[:, None]], axis=1)


def _log_likelihood(place: NDArray[np.float64], member: NDArray[np.float64]) -> NDArray[np.float64]:
    """How likely each family plays a note at its place, from how much each note is a member of it [notes, family].

    To each family one note is added in the middle of all, so that one of few notes is not believed too much.
    """
    count = member.sum(axis=0)
    middle = (member.T @ place + place.mean(axis=0)) / (count + 1.0)[:, None]
    apart = place[:, None] - middle
    covariance = np.einsum("nf,nfi,nfj->ij", member, apart, apart, optimize=True) / len(place)
    alike = np.eye(len(covariance)) * np.trace(covariance) / len(covariance)
    precision = np.linalg.pinv((1.0 - RIDGE) * covariance + RIDGE * alike, hermitian=True)
    distance = np.einsum("nfi,ij,nfj->nf", apart, precision, apart, optimize=True)
    return _normalised(np.log(count / len(place) + _SMALLEST_SHARE) - distance / 2.0)


def _normalised(log_probability: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(log_probability - np.logaddexp.reduce(log_probability, axis=1, keepdims=True))
