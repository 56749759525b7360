"""Teaches FamilyNet which instruments play: on notes of rendered mixes, by NoteNet's last layer around their onsets."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn.functional import cross_entropy

from mp3tomidi.augment.effects.chains.chain import Chain
from mp3tomidi.augment.mixing.mixer import Mixer
from mp3tomidi.train.datasets.clips import finished_clips
from mp3tomidi.train.judges.instrument_kinds import teach_kinds
from mp3tomidi.train.judges.passages import FAMILY_OF_PROGRAM, KIND_OF_PROGRAM, Passage
from mp3tomidi.train.recipe import FamilyTraining, RecipeError
from mp3tomidi.transcribe.front_end.survey import survey
from mp3tomidi.transcribe.inference.engines import Engine
from mp3tomidi.transcribe.inference.timbres import pooled
from mp3tomidi.transcribe.instruments import FAMILIES, PIANO_HIGHEST_PITCH, PIANO_LOWEST_PITCH
from mp3tomidi.transcribe.networks.family_net import FamilyNet
from mp3tomidi.transcribe.networks.settings import FamilyNetSettings
from mp3tomidi.transcribe.notes.families import place_of

END_S = 0.5  # of a clip: what begins there is too short
LEAST_NOTES = 4  # in a passage
ALONE_WEIGHT = 0.5  # of the loss of notes by their own sound
GRADIENT_NORM = 1.0
_JITTER_SEED = 3

Batch = tuple[Tensor, Tensor, Tensor, Tensor]  # timbre, place and there, as FamilyNet takes them, and the families


def family_examples(
    engine: Engine,
    mixer: Mixer,
    chain: Chain,
    training: FamilyTraining,
    progress: Callable[[int], None] = lambda _: None,
) -> list[Passage]:
    """The notes of freshly rendered mixes. Raises RecipeError where these play none."""
    passages = []
    for clip, (sound, labels) in enumerate(finished_clips(mixer, chain, count=training.clips, seed=training.seed)):
        notes = _teaching(labels.notes, len(sound) / engine.settings.front_end.sample_rate - END_S)
        if len(notes) >= LEAST_NOTES:
            rng = np.random.default_rng([training.seed, _JITTER_SEED, clip])
            passages.append(_passage(engine, sound, notes, rng.normal(0.0, training.onset_jitter_s, len(notes))))
        progress(clip + 1)
    if not passages:
        raise RecipeError("the mixes play no notes, so there are no families to tell apart; raise their part_weights")
    return passages


def _teaching(notes: NDArray[np.void], end_s: float) -> NDArray[np.void]:
    """Those of a known family and on the keyboard that begin in a clip, or just before it."""
    chosen = (notes["pitch"] >= PIANO_LOWEST_PITCH) & (notes["pitch"] <= PIANO_HIGHEST_PITCH)
    chosen &= (notes["onset_s"] >= -0.05) & (notes["onset_s"] < end_s)
    teaching: NDArray[np.void] = notes[chosen & (FAMILY_OF_PROGRAM[notes["program"]] >= 0)]
    return teaching


def _passage(
    engine: Engine, sound: NDArray[np.float32], notes: NDArray[np.void], jitter_s: NDArray[np.float64]
) -> Passage:
    front_end = engine.settings.front_end
    _, layer = engine.tuned(survey([sound], front_end))(sound)
    onset_s = np.maximum(notes["onset_s"], 0.0)
    frame = np.round(np.maximum(onset_s + jitter_s, 0.0) / front_end.hop_s).astype(np.intp)
    return Passage(
        pooled(layer, frame, notes["pitch"].astype(np.intp) - PIANO_LOWEST_PITCH),
        place_of(onset_s, notes["offset_s"], notes["pitch"]),
        FAMILY_OF_PROGRAM[notes["program"]],
        KIND_OF_PROGRAM[notes["program"]],
    )


def teach_families(
    passages: Sequence[Passage], settings: FamilyNetSettings, training: FamilyTraining, report: Callable[[str], None]
) -> FamilyNet:
    """A FamilyNet of these settings, of as many timbres as the passages have.

    It is taught by cross entropy, the rate rising and falling to zero (Smith 2018). The first passages are held out;
    after each epoch the report says how many of their notes it tells right. Its
    kinds are taught last (`instrument_kinds`).
    """
    torch.manual_seed(training.seed)
    rng = np.random.default_rng(training.seed)
    net = FamilyNet(replace(settings, timbre_count=passages[0].timbre.shape[1]))
    held_out_count = round(len(passages) * training.held_out_share)
    held_out, taught = passages[:held_out_count], passages[held_out_count:]
    timbre = np.concatenate([passage.timbre for passage in taught])
    net.mean.copy_(torch.from_numpy(timbre.mean(axis=0, dtype=np.float64)))
    net.deviation.copy_(torch.from_numpy(timbre.std(axis=0, dtype=np.float64) + 1e-3))
    steps = training.epochs * -(-len(taught) // training.batch_passages)
    optimizer = torch.optim.AdamW(net.parameters(), weight_decay=training.weight_decay)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, training.learning_rate, steps, pct_start=0.1)
    for epoch in range(training.epochs):
        net.train()
        order = rng.permutation(len(taught))
        for batch in _batches([taught[index] for index in order], training, rng):
            loss = _loss(net, batch, training.label_smoothing)
            optimizer.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            torch.nn.utils.clip_grad_norm_(net.parameters(), GRADIENT_NORM)
            optimizer.step()
            schedule.step()
        net.eval()
        report(f"epoch {epoch + 1} of {training.epochs}: {_shares_right(net, held_out, training)}")
    teach_kinds(net, passages, training, report)
    return net


def _loss(net: FamilyNet, batch: Batch, label_smoothing: float) -> Tensor:
    timbre, place, there, family = batch
    x = net.of_notes(timbre, place)
    in_company, alone = net.in_company(x, place, there), net.alone(x)
    return cross_entropy(in_company[there], family[there], label_smoothing=label_smoothing) + (
        ALONE_WEIGHT * cross_entropy(alone[there], family[there], label_smoothing=label_smoothing)
    )


def _batches(
    passages: Sequence[Passage], training: FamilyTraining, rng: np.random.Generator | None = None
) -> Iterator[Batch]:
    """With `rng`, some of the notes are left out, as NoteNet misses some, and no passage is longer than most_notes."""
    for first in range(0, len(passages), training.batch_passages):
        together = passages[first : first + training.batch_passages]
        yield _batch([_thinned(passage, training, rng) for passage in together] if rng is not None else together)


def _thinned(passage: Passage, training: FamilyTraining, rng: np.random.Generator) -> Passage:
    kept = np.flatnonzero(rng.random(len(passage.family)) > rng.uniform(0.0, training.most_left_out))
    if len(kept) < LEAST_NOTES:
        return passage
    if len(kept) > training.most_notes:
        kept = np.sort(rng.choice(kept, training.most_notes, replace=False))
    return passage.only(kept)


def _batch(passages: Sequence[Passage]) -> Batch:
    counts = [len(passage.family) for passage in passages]
    shape = len(passages), max(counts)
    timbre = np.zeros((*shape, passages[0].timbre.shape[1]), np.float32)
    place = np.zeros((*shape, passages[0].place.shape[1]), np.float32)
    there, family = np.zeros(shape, np.bool_), np.zeros(shape, np.int64)
    for index, (passage, count) in enumerate(zip(passages, counts, strict=True)):
        timbre[index, :count], place[index, :count] = passage.timbre, passage.place
        there[index, :count], family[index, :count] = True, passage.family
    return torch.from_numpy(timbre), torch.from_numpy(place), torch.from_numpy(there), torch.from_numpy(family)


def _shares_right(net: FamilyNet, passages: Sequence[Passage], training: FamilyTraining) -> str:
    if not passages:
        return "no passages held out"
    played, right = np.zeros(len(FAMILIES)), np.zeros(len(FAMILIES))
    with torch.inference_mode():
        for timbre, place, there, family in _batches(passages, training):
            answer = net(timbre, place, there).argmax(dim=-1)[there].numpy()
            played += np.bincount(family[there].numpy(), minlength=len(FAMILIES))
            right += np.bincount(answer[answer == family[there].numpy()], minlength=len(FAMILIES))
    by_family = ", ".join(
        f"{family} {100 * share:.0f}" for family, share in zip(FAMILIES, right / np.maximum(played, 1), strict=True)
    )
    return f"{100 * right.sum() / played.sum():.1f} % of the held-out notes right ({by_family})"
