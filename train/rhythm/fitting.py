"""Fits the weights by which explanations of a recording's beats are compared (`transcribe.rhythm.scoring`).

A conditional logistic regression: of all candidates, metres and beats to begin a bar on, those that are right shall be
likely. Weights are sums of what all metres share and of what is each metre's own, which is kept small.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from mp3tomidi.train.rhythm.songs import Song
from mp3tomidi.transcribe.events import DrumHit, Note
from mp3tomidi.transcribe.rhythm.candidates import BAR_BEATS, EXTRAS, PLACES, Candidate, candidates_of
from mp3tomidi.transcribe.rhythm.correction import Correction
from mp3tomidi.transcribe.rhythm.course import Course, course_of
from mp3tomidi.transcribe.rhythm.evidence import KINDS, evidence_of
from mp3tomidi.transcribe.rhythm.metres import METRES, Metre

TEMPO_TOLERANCE = 0.04
NEAR_S = 0.05
SHARE_NEAR = 0.7
SHARED_DECAY, OWN_DECAY = 3e-5, 1e-4  # of squared weights, against the mean over songs
LOST_KINDS, LOST_LAGS = 0.35, 0.5  # shares, of the songs that are used a second time with less
STEPS = 60
LEVELS = 3  # of beats: first of the bar, first of another group, others


@dataclass(frozen=True)
class Example:
    """A song as the beat finder sees it."""

    on_beats: dict[int, NDArray[np.float32]]  # [candidate, kind * beat of the bar]
    between: NDArray[np.float32]  # [candidate, kind * place]
    extras: NDArray[np.float32]  # [candidate, extra]
    right: list[NDArray[np.bool_]]  # for each metre [candidate, first beat]


def example_of(song: Song, notes: Sequence[Note], hits: Sequence[DrumHit]) -> Example | None:
    """The candidates of a song and which are right; None if none is."""
    evidence = evidence_of(notes, hits)
    course = course_of(notes, hits, song.duration_s)
    candidates = candidates_of(evidence, course.position(evidence.time_s), course.beat_s)
    right = right_of(song, course, candidates)
    if not any(chosen.any() for chosen in right):
        return None
    return Example(
        {bar: np.stack([c.on_beats[bar].ravel() for c in candidates]).astype(np.float32) for bar in BAR_BEATS},
        np.stack([c.between.ravel() for c in candidates]).astype(np.float32),
        np.stack([c.extras for c in candidates]).astype(np.float32),
        right,
    )


def with_less(rng: np.random.Generator, example: Example) -> Example:
    """The same song with some kinds of evidence gone, so that no kind is relied on alone."""
    kept = rng.random(len(KINDS)) > LOST_KINDS
    extras = example.extras.copy()
    for name in ("rhythm", "pitches"):
        if rng.random() < LOST_LAGS:
            extras[:, [number for number, extra in enumerate(EXTRAS) if extra.startswith(name)]] = 0.0
    on_beats = {bar: shares * np.repeat(kept, bar).astype(np.float32) for bar, shares in example.on_beats.items()}
    between = example.between * np.repeat(kept, len(PLACES) - 1).astype(np.float32)
    return Example(on_beats, between, extras, example.right)


def right_of(song: Song, course: Course, candidates: Sequence[Candidate]) -> list[NDArray[np.bool_]]:
    """Which explanations are right, for each metre [candidate, first beat].

    Where a song's bars are not known, any beat may begin them.
    """
    beats_s, first_downbeat, metre = song.beats_s, song.first_downbeat, song.metre
    right = [np.zeros((len(candidates), other.beats), np.bool_) for other in METRES]
    at = course.position(beats_s)
    ratio = 1.0 / float(np.median(np.diff(at)))
    for number, candidate in enumerate(candidates):
        if abs(np.log(candidate.ratio / ratio)) > TEMPO_TOLERANCE:
            continue
        counted = candidate.ratio * at - candidate.phase
        nearest = np.rint(counted)
        near = np.abs(counted - nearest) * candidate.beat_s < NEAR_S
        if near.mean() < SHARE_NEAR:
            continue
        # Where beats were lost or won on the way, the rotation that most of them have.
        first = (nearest - np.arange(len(nearest)) + first_downbeat)[near].astype(np.intp) % metre.beats
        begins = np.bincount(first).argmax() if song.bars_known else slice(None)
        right[METRES.index(metre)][number, begins] = True
    return right


class Model(nn.Module):
    """The weights, of all metres and of each."""

    def __init__(self) -> None:
        super().__init__()
        kinds, places, extras = len(KINDS), len(PLACES) - 1, len(EXTRAS)
        self.levels = nn.Parameter(torch.zeros(kinds, LEVELS))
        self.between = nn.Parameter(torch.zeros(3, kinds, places))  # straight, in three, swung
        self.own_beats = nn.ParameterList([nn.Parameter(torch.zeros(kinds, metre.beats)) for metre in METRES])
        self.own_between = nn.Parameter(torch.zeros(len(METRES), kinds, places))
        self.extras = nn.Parameter(torch.zeros(extras))
        self.own_extras = nn.Parameter(torch.zeros(len(METRES), extras))

    def of_metre(self, number: int) -> tuple[Tensor, Tensor, Tensor]:
        """Weights of a metre: on beats [kind, beat], between them [kind, place], of extras."""
        metre = METRES[number]
        way = 2 if metre.swung else metre.division - 2
        on_beats = self.levels[:, levels_of(metre)] + self.own_beats[number]
        return on_beats, self.between[way] + self.own_between[number], self.extras + self.own_extras[number]

    def penalty(self) -> Tensor:
        """What weights cost: those of single metres more than those of all."""
        shared = self.levels.square().sum() + self.between.square().sum() + self.extras.square().sum()
        own = self.own_between.square().sum() + self.own_extras.square().sum()
        own = own + sum(beats.square().sum() for beats in self.own_beats)
        cost: Tensor = SHARED_DECAY * shared + OWN_DECAY * own
        return cost


def levels_of(metre: Metre) -> list[int]:
    starts = np.cumsum((0, *metre.groups[:-1]))
    return [0 if beat == 0 else 1 if beat in starts else 2 for beat in range(metre.beats)]


def fit(examples: Sequence[Example], weights: Sequence[float] | None = None) -> Model:
    """The model under which the right explanations of all examples are likeliest."""
    counts = torch.tensor([len(example.between) for example in examples])
    song = torch.repeat_interleave(torch.arange(len(examples)), counts)
    on_beats = {bar: torch.from_numpy(np.concatenate([e.on_beats[bar] for e in examples])) for bar in BAR_BEATS}
    between = torch.from_numpy(np.concatenate([e.between for e in examples]))
    extras = torch.from_numpy(np.concatenate([e.extras for e in examples]))
    right = torch.from_numpy(np.concatenate([np.concatenate(e.right, axis=1) for e in examples]))
    of_song = torch.ones(len(examples)) if weights is None else torch.tensor(weights)
    model = Model()
    optimizer = torch.optim.LBFGS(
        model.parameters(), lr=1.0, max_iter=STEPS, history_size=20, line_search_fn="strong_wolfe"
    )

    def loss() -> Tensor:
        optimizer.zero_grad()
        found = torch.cat([_scores(model, number, on_beats, between, extras) for number in range(len(METRES))], dim=1)
        total = log_sum(found, song, len(examples))
        good = log_sum(found.masked_fill(~right, -1e9), song, len(examples))
        value = ((total - good) * of_song).sum() / of_song.sum() + model.penalty()
        value.backward()  # type: ignore[no-untyped-call]
        return value

    optimizer.step(loss)  # type: ignore[no-untyped-call]
    return model


def scores(model: Model, example: Example) -> Tensor:
    """Of all candidates of a song, every metre and every beat to begin bars with [candidate, metre and first beat]."""
    on_beats = {bar: torch.from_numpy(shares) for bar, shares in example.on_beats.items()}
    between, extras = torch.from_numpy(example.between), torch.from_numpy(example.extras)
    return torch.cat([_scores(model, number, on_beats, between, extras) for number in range(len(METRES))], dim=1)


def _scores(model: Model, number: int, on_beats: dict[int, Tensor], between: Tensor, extras: Tensor) -> Tensor:
    """Of one metre [candidate, first beat]."""
    bar = METRES[number].beats
    by_beat, by_place, by_extra = model.of_metre(number)
    turned = torch.stack([torch.roll(by_beat, first, dims=1).reshape(-1) for first in range(bar)], dim=1)
    return on_beats[bar] @ turned + (between @ by_place.reshape(-1) + extras @ by_extra)[:, None]


def log_sum(found: Tensor, song: Tensor, count: int) -> Tensor:
    """Logarithms of the sums over each song."""
    top = torch.full((count,), -1e30).scatter_reduce(0, song, found.detach().amax(dim=1), "amax")
    parts = torch.exp(found - top[song][:, None]).sum(dim=1)
    total: Tensor = top + torch.log(torch.zeros(count).index_add(0, song, parts))
    return total


def save(model: Model, correction: Correction, path: Path, facts: dict[str, object]) -> None:
    """Write the weights as `scoring.shipped_weights` and `correction.shipped_correction` read them."""
    network = {field.name: np.round(getattr(correction, field.name), 4).tolist() for field in fields(correction)}
    table = {}
    with torch.no_grad():
        for number, metre in enumerate(METRES):
            parts = zip(("on_beats", "between", "extras"), model.of_metre(number), strict=True)
            table[metre.name] = {name: np.round(part.numpy().astype(float), 3).tolist() for name, part in parts}
    lines = [json.dumps(metre) + ": " + json.dumps(parts) for metre, parts in table.items()]
    head = json.dumps(facts | {"kinds": KINDS, "places": PLACES.round(4).tolist(), "extras": EXTRAS}, indent=1)
    metres = ',\n "metres": {\n  ' + ",\n  ".join(lines) + "\n }"
    path.write_text(f'{head[:-2]}{metres},\n "correction": {json.dumps(network)}\n}}\n', encoding="utf-8")
