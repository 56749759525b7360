"""Clean recordings processed by the program SoX: what measures a network that other engines' effects have taught."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from mp3tomidi.augment.effects.sox import program
from mp3tomidi.train.datasets.segment_targets import CHORUS, DELAY, DISTORTION, FILTER, MUCH_REVERB, SOME_REVERB
from mp3tomidi.transcribe.audio.reading import Audio

if TYPE_CHECKING:
    from sox import Transformer

REVERBS = (SOME_REVERB, MUCH_REVERB)
_HEADROOM = 0.25  # SoX cuts what exceeds full scale


@dataclass(frozen=True)
class Processed:
    """`effects`: what was laid over the sound; reverberance: SoX's setting, 0 for none, 100 at most."""

    sound: Audio
    effects: tuple[str, ...]
    reverberance: float


def processed(clean: Audio, rng: np.random.Generator) -> Iterator[Processed]:
    """The recording as it is and with each effect in turn, its strength drawn. Raises MissingError without SoX."""
    program.require()
    yield Processed(clean, (), 0.0)
    for effect in (CHORUS, DELAY, DISTORTION, FILTER):
        yield Processed(_through_sox(clean, effect, rng), (effect,), 0.0)
    for effect, (lowest, highest) in zip(REVERBS, ((15.0, 45.0), (65.0, 100.0)), strict=True):
        reverberance = float(rng.uniform(lowest, highest))
        yield Processed(_through_sox(clean, effect, rng, reverberance), (effect,), reverberance)


def _through_sox(clean: Audio, effect: str, rng: np.random.Generator, reverberance: float = 0.0) -> Audio:
    import sox

    transformer = sox.Transformer()
    _add(transformer, effect, rng, reverberance)
    samples = clean.samples if clean.samples.ndim == 1 else clean.samples.mean(axis=0)
    given = samples * (_HEADROOM / max(float(np.abs(samples).max()), 1e-6))
    made: Any = transformer.build_array(input_array=given.astype(np.float32), sample_rate_in=clean.sample_rate)
    return Audio(np.asarray(made, np.float32).reshape(-1)[: len(samples)], clean.sample_rate)


def _add(transformer: Transformer, effect: str, rng: np.random.Generator, reverberance: float) -> None:
    if effect == CHORUS:
        voices = int(rng.integers(1, 4))
        transformer.chorus(
            gain_in=0.6,
            gain_out=0.9,
            n_voices=voices,
            delays=rng.uniform(20.0, 55.0, voices).tolist(),
            decays=rng.uniform(0.35, 0.6, voices).tolist(),
            speeds=rng.uniform(0.25, 1.5, voices).tolist(),
            depths=rng.uniform(1.5, 4.0, voices).tolist(),
            shapes=["s"] * voices,
        )
    elif effect == DELAY:
        delay_ms, decay = float(rng.uniform(110.0, 550.0)), float(rng.uniform(0.3, 0.6))
        transformer.echo(
            gain_in=0.8,
            gain_out=0.9,
            n_echos=3,
            delays=[delay_ms * number for number in (1, 2, 3)],
            decays=[decay**number for number in (1, 2, 3)],
        )
    elif effect == DISTORTION:
        transformer.overdrive(gain_db=float(rng.uniform(20.0, 45.0)), colour=float(rng.uniform(0.0, 30.0)))
    elif effect == FILTER:
        if rng.random() < 0.5:
            transformer.lowpass(float(rng.uniform(600.0, 3000.0)))
        else:
            transformer.highpass(float(rng.uniform(300.0, 1200.0)))
    else:
        transformer.reverb(reverberance=reverberance, room_scale=float(rng.uniform(40.0, 100.0)))
