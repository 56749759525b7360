from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from mp3tomidi.augment.banks import building
from mp3tomidi.augment.banks.bank import Bank
from mp3tomidi.augment.drums.one_shots import LATEST_S, LEVEL, OneShotPool, find_strokes
from mp3tomidi.augment.sources.source import DEFAULT_SAMPLE_RATE as SAMPLE_RATE
from mp3tomidi.augment.sources.source import DRUMS, RenderedInstrument, RenderedNote
from mp3tomidi.transcribe.drum_kit import ONE_SHOT_CLASSES
from mp3tomidi.transcribe.errors import LabelsError

KEYS = tuple(drum.written_key for drum in ONE_SHOT_CLASSES)


class Kits:
    """Tones whose pitch tells the key, so that no two keys sound alike, in a kit a tone's decay."""

    name = "kits"

    def instruments(self) -> Iterator[RenderedInstrument]:
        for name, program, decay_s in (
            ("A/1", 0, 0.05),
            ("A/2", 0, 0.05),
            ("B/brushes", 40, 0.1),
            ("TimGM6mb/x", 0, 0.2),
        ):
            notes = [RenderedNote(key, 100, self.tone(key, decay_s), 4000) for key in (*KEYS, 33)]
            yield RenderedInstrument(name, DRUMS, program, "CC0", "nobody", notes)

    @staticmethod
    def tone(key: int, decay_s: float) -> np.ndarray:
        time_s = np.arange(4000) / SAMPLE_RATE
        return (0.4 * np.sin(2 * np.pi * 30 * key * time_s) * np.exp(-time_s / decay_s)).astype(np.float32)


@pytest.fixture(scope="module")
def bank(tmp_path_factory: pytest.TempPathFactory) -> Bank:
    folder: Path = tmp_path_factory.mktemp("kits")
    building.build(Kits(), folder)
    return Bank.open(folder)


def test_strokes_have_their_keys_classes_and_equal_ones_are_taken_once(bank: Bank) -> None:
    strokes = find_strokes([(1.0, bank)])
    assert {stroke.kit for stroke in strokes} == {"A/1", "B/brushes"}
    assert sorted(stroke.label for stroke in strokes if stroke.kit == "A/1") == list(range(13))


def test_what_brushes_strike_where_others_clap_is_no_clap(bank: Bank) -> None:
    brushes = [
        ONE_SHOT_CLASSES[stroke.label].name for stroke in find_strokes([(1.0, bank)]) if stroke.kit == "B/brushes"
    ]
    assert len(brushes) == 12
    assert "clap" not in brushes


def test_kits_kept_back_are_found_only_when_asked_for(bank: Bank) -> None:
    assert {stroke.kit for stroke in find_strokes([(1.0, bank)], held_out=True)} == {"TimGM6mb/x"}


def test_all_classes_are_drawn_alike_and_begin_within_the_given_time(bank: Bank) -> None:
    pool = OneShotPool(find_strokes([(1.0, bank)]))
    drawn = [pool.draw(np.random.default_rng(seed)) for seed in range(400)]
    counts = np.bincount([label for _, label in drawn], minlength=13)
    assert counts.min() > 10
    for sound, _ in drawn:
        assert np.abs(sound).max() == pytest.approx(LEVEL, rel=1e-4)
        assert np.flatnonzero(np.abs(sound) > 0.01)[0] <= (LATEST_S + 0.03) * SAMPLE_RATE


def test_the_same_seed_draws_the_same(bank: Bank) -> None:
    pool = OneShotPool(find_strokes([(1.0, bank)]))
    (one, label), (other, same) = (pool.draw(np.random.default_rng(3)) for _ in range(2))
    assert label == same
    assert np.array_equal(one, other)


def test_a_bank_that_lacks_a_class_is_one_line(bank: Bank) -> None:
    strokes = [stroke for stroke in find_strokes([(1.0, bank)]) if ONE_SHOT_CLASSES[stroke.label].name != "cowbell"]
    with pytest.raises(LabelsError, match="hold no cowbell"):
        OneShotPool(strokes)
