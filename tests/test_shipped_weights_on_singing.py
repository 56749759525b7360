"""What the shipped network makes of sung lines, by a voice that has taught it nothing."""

import itertools
from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np
import pytest

from mp3tomidi.augment.sources.source import DEFAULT_SAMPLE_RATE as SAMPLE_RATE
from mp3tomidi.augment.sources.sung.melody import Attack, Line, LineNote, Words
from mp3tomidi.augment.sources.sung.performance import Performance, draw_performance, perform
from mp3tomidi.augment.sources.sung.pitch import Manner, draw_manner
from mp3tomidi.augment.sources.sung.speakers import HELD_OUT_SPEAKERS, Timbre
from mp3tomidi.augment.sources.sung.words import Repertoire
from mp3tomidi.transcribe import Audio, Transcriber

SHORT_S = 0.06
VOICE = Timbre(HELD_OUT_SPEAKERS[0], 1.0, 0.0)

Analysis = list[tuple[int, float]]  # pitch and length in seconds of every note


@pytest.fixture(scope="module")
def repertoire() -> Repertoire:
    return VOICE.repertoire()


@pytest.fixture(scope="module")
def hear() -> Callable[[Performance], Analysis]:
    transcriber = Transcriber(drums=False)

    def heard(performance: Performance) -> Analysis:
        notes = transcriber.transcribe(Audio(performance.phrase.samples, SAMPLE_RATE)).notes
        return [(note.pitch, note.offset_s - note.onset_s) for note in sorted(notes, key=lambda note: note.onset_s)]

    return heard


def trained_manner(seed: int, **changes: float) -> Manner:
    """A trained singer's, without what might count as another note."""
    manner = draw_manner(np.random.default_rng(seed), amateur=False)
    return replace(manner, **{"scoop_share": 0.0, "fall_share": 0.0, "fry_share": 0.0, "vibrato": 0.0, **changes})


def vibrato_notes(repertoire: Repertoire, count: int) -> Iterator[Performance]:
    """Notes of 2.5 s, 46 to 63, all with a vibrato of 50 cents to either side, within 15 % of that."""
    seeds = itertools.count()
    while count:
        seed = next(seeds)
        line = Line((LineNote(0.5, 3.0, 46 + seed % 18, 0, Attack.SYLLABLE),), Words.LYRICS)
        manner = trained_manner(seed, vibrato=0.5)
        sung = perform(np.random.default_rng(seed), repertoire, line, manner, duration_s=3.5)
        width = np.ptp(np.percentile(sung.curve[260:580], [2, 98]))  # 1.3 to 2.9 s
        if 0.85 < width < 1.15:
            count -= 1
            yield sung


def test_a_held_note_with_a_vibrato_a_semitone_wide_is_one_note(
    repertoire: Repertoire, hear: Callable[[Performance], Analysis]
) -> None:
    one_note = []
    for sung in vibrato_notes(repertoire, 20):
        meant = [int(pitch) for pitch in sung.phrase.notes["pitch"]]
        one_note.append([pitch for pitch, _ in hear(sung)] == meant)
    assert np.mean(one_note) >= 0.95


@pytest.mark.parametrize("lower", [47, 52, 57])
@pytest.mark.parametrize("glide_s", [0.16, 0.3])
@pytest.mark.parametrize("upwards", [True, False])
def test_a_glide_of_a_fourth_gives_its_two_ends(
    repertoire: Repertoire, hear: Callable[[Performance], Analysis], lower: int, glide_s: float, upwards: bool
) -> None:
    first, second = (lower, lower + 5) if upwards else (lower + 5, lower)
    notes = (LineNote(0.5, 1.3, first, 0, Attack.SYLLABLE), LineNote(1.3, 2.2, second, 5, Attack.SLUR))
    manner = trained_manner(lower, glide_s=glide_s)
    sung = perform(np.random.default_rng(lower), repertoire, Line(notes, Words.LYRICS), manner, duration_s=2.7)
    assert [found for found, _ in hear(sung)] == [first, second]


def test_few_sung_notes_are_shorter_than_a_voice_can_sing(
    repertoire: Repertoire, hear: Callable[[Performance], Analysis]
) -> None:
    rng = np.random.default_rng(11)
    lengths_s = [
        length_s for _ in range(24) for _, length_s in hear(draw_performance(rng, repertoire, VOICE.voice_range))
    ]
    assert len(lengths_s) > 100
    assert np.mean(np.array(lengths_s) < SHORT_S) < 0.03
