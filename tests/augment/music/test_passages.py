"""Passages: what every draw promises, over many seeds."""

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest
import symusic

from mp3tomidi.augment.labels import DRUM_HIT, NOTE
from mp3tomidi.augment.music import corpora as midi
from mp3tomidi.augment.music.passages import FAMILY_RANGES, Passages

DURATION_S = 4.0
FAMILIES = tuple(FAMILY_RANGES)


@dataclass(frozen=True)
class RecordingCorpora(midi.Corpora):
    """Corpora that remember which parts were read."""

    read_parts: list[int] = field(default_factory=list)

    def part_notes(self, part: int) -> np.ndarray:
        self.read_parts.append(part)
        return super().part_notes(part)


def add_track(
    score: symusic.Score, rows: list[tuple[float, float, int]], program: int = 0, drums: bool = False
) -> None:
    track = symusic.Track("", program, drums)
    for onset, length, pitch in rows:
        track.notes.append(symusic.Note(round(onset * 480), round(length * 480), pitch, 40 + pitch % 60))
    score.tracks.append(track)


def save(score: symusic.Score, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    score.dump_midi(path)


@pytest.fixture(scope="module")
def corpora(tmp_path_factory: pytest.TempPathFactory) -> midi.Corpora:
    """Ten songs of each corpus: eight of them are held out."""
    root = tmp_path_factory.mktemp("data")
    scale = [60, 62, 64, 65, 67, 69, 71, 72]
    for number in range(10):
        song = symusic.Score(480)
        line = [(beat, 0.9, scale[(beat * 3 + number) % 8]) for beat in range(64)]
        chords = [(beat, 1.0, pitch) for beat in range(64) for pitch in (48, 52, 55)]
        add_track(song, line)
        add_track(song, chords)
        save(song, root / f"midi/pop909/{number:03d}.mid")
        save(song, root / f"midi/nottingham/tune{number}.mid")
        band = symusic.Score(480)
        add_track(band, line, program=30)
        add_track(band, [(beat, 0.5, 36 + beat % 5) for beat in range(64)], program=33)
        add_track(band, chords, program=48)
        add_track(band, [(beat / 2, 0.1, (36, 42, 38, 42)[beat % 4]) for beat in range(128)], drums=True)
        save(band, root / f"midi/freedoom/d_{number}.mid")
        groove = symusic.Score(480)
        add_track(groove, [(beat / 4, 0.1, (36, 22, 38, 26)[beat % 4]) for beat in range(256)], drums=True)
        save(groove, root / f"midi/groove/drummer1/{number}.mid")
    return midi.load(root, root / "cache")


@pytest.fixture(scope="module")
def passages(corpora: midi.Corpora) -> Passages:
    return Passages(corpora)


def assert_keeps_promises(notes: np.ndarray, lowest: int, highest: int, duration_s: float = DURATION_S) -> None:
    assert notes.dtype == NOTE
    assert (notes["clip"] == 0).all()
    assert (np.diff(notes["onset_s"]) >= 0).all()
    last: dict[int, tuple[float, float]] = {}
    for _, onset_s, offset_s, pitch, velocity, _ in notes.tolist():
        assert -1.5 <= onset_s < duration_s
        assert offset_s - onset_s >= 0.03 - 1e-9
        assert offset_s <= duration_s + 1.5
        assert max(lowest, 21) <= pitch <= min(highest, 108)
        assert 12 <= velocity <= 126
        if pitch in last:
            assert onset_s - last[pitch][0] >= 0.05 - 1e-9
            assert last[pitch][1] <= onset_s - 0.005 + 1e-9
        last[pitch] = (onset_s, offset_s)


@pytest.mark.parametrize("family", FAMILIES)
def test_draw_keeps_its_promises(passages: Passages, family: str) -> None:
    for seed in range(150):
        rng = np.random.default_rng(seed)
        lowest = int(rng.integers(10, 90))
        highest = max(lowest + int(rng.integers(0, 60)), 24)
        duration_s = float(rng.choice([1.0, 4.0, 12.0]))
        notes = passages.draw(rng, family=family, lowest=lowest, highest=highest, duration_s=duration_s)
        assert_keeps_promises(notes, lowest, highest, duration_s)
        if highest - lowest >= 12:
            assert len(notes)


def test_draw_refuses_a_range_off_the_piano(passages: Passages) -> None:
    with pytest.raises(ValueError, match="no pitch from 110 to 120"):
        passages.draw(np.random.default_rng(0), family="winds", lowest=110, highest=120, duration_s=4.0)


def test_draw_gives_lines_to_basses_winds_and_voices_and_chords_to_pianos(passages: Passages) -> None:
    def polyphony(family: str) -> float:
        lowest, highest = FAMILY_RANGES[family]
        drawn = (
            passages.draw(np.random.default_rng(s), family=family, lowest=lowest, highest=highest, duration_s=4.0)
            for s in range(80)
        )
        return float(np.median([midi.mean_polyphony(notes) for notes in drawn]))

    assert all(polyphony(family) < 1.2 for family in ("bass", "winds", "voice"))
    assert polyphony("piano") > 2


def test_ensembles_keep_their_promises_in_the_order_asked_for(passages: Passages) -> None:
    for seed in range(150):
        rng = np.random.default_rng(seed)
        families = [str(family) for family in rng.choice(FAMILIES, int(rng.integers(1, 9)))]
        ranges = [(int(low), int(low) + 20) for low in rng.integers(15, 88, len(families))] if seed % 2 else None
        parts = passages.draw_ensemble(rng, families=families, duration_s=DURATION_S, ranges=ranges).parts
        assert [family for family, _ in parts] == families
        limits = ranges or [FAMILY_RANGES[family] for family in families]
        for (_, notes), (lowest, highest) in zip(parts, limits, strict=True):
            assert_keeps_promises(notes, lowest, highest)


def test_parts_of_an_ensemble_share_beat_and_key(passages: Passages) -> None:
    """The songs strike line and chords together, in C major: so must voice and piano, in one major key."""
    together, keys = [], 0
    for seed in range(100):
        rng = np.random.default_rng(seed)
        band = passages.draw_ensemble(rng, families=["voice", "piano"], duration_s=DURATION_S)
        (_, voice), (_, piano) = band.parts
        apart_s = np.abs(voice["onset_s"][:, None] - piano["onset_s"][None, :]).min(axis=1)
        together.append(np.mean(apart_s < 0.06))
        classes = {int(pitch) % 12 for pitch in np.concatenate([voice["pitch"], piano["pitch"]])}
        keys += any(classes <= {(tonic + step) % 12 for step in (0, 2, 4, 5, 7, 9, 11)} for tonic in range(12))
    assert np.median(together) > 0.95
    assert keys > 85  # a written part may be chromatic by intent


def test_band_plays_the_drums_of_its_song(passages: Passages) -> None:
    own = 0
    for seed in range(60):
        band = passages.draw_ensemble(np.random.default_rng(seed), families=["guitar", "bass"], duration_s=DURATION_S)
        assert band.drum_hits.dtype == DRUM_HIT
        assert len(band.drum_hits)
        assert (np.diff(band.drum_hits["onset_s"]) >= 0).all()
        guitar_s = band.parts[0][1]["onset_s"]
        if set(band.drum_hits["key"]) == {36, 38, 42} and len(guitar_s):
            apart_s = np.abs(guitar_s[:, None] - band.drum_hits["onset_s"][None, :]).min(axis=1)
            own += np.median(apart_s) < 0.03
    assert own > 8


def test_drums_are_sorted_within_time_and_of_general_midi(passages: Passages) -> None:
    keys: set[int] = set()
    for seed in range(100):
        hits = passages.draw_drums(np.random.default_rng(seed), duration_s=DURATION_S)
        assert hits.dtype == DRUM_HIT
        assert (hits["clip"] == 0).all()
        assert (np.diff(hits["onset_s"]) >= 0).all()
        assert ((hits["onset_s"] >= -1.5) & (hits["onset_s"] < DURATION_S)).all()
        assert ((hits["velocity"] >= 1) & (hits["velocity"] <= 127)).all()
        keys |= set(hits["key"].tolist())
    assert not keys & {22, 26, 58}
    assert keys >= {36, 38, 42, 46, 49, 51}


@pytest.mark.parametrize("held_out", [False, True])
def test_held_out_songs_are_drawn_only_when_asked_for(corpora: midi.Corpora, held_out: bool) -> None:
    recording = RecordingCorpora(**vars(corpora))
    passages = Passages(recording, held_out=held_out)
    for seed in range(300):
        rng = np.random.default_rng(seed)
        family = FAMILIES[seed % 8]
        passages.draw(rng, family=family, lowest=30, highest=80, duration_s=DURATION_S)
        passages.draw_ensemble(rng, families=[family, "piano"], duration_s=DURATION_S)
        passages.draw_drums(rng, duration_s=DURATION_S)
    songs = np.unique(recording.parts["song"][recording.read_parts])
    expected = np.flatnonzero(recording.songs["held_out"] == held_out)
    assert songs.tolist() == expected.tolist()


def test_same_seed_same_passage_and_another_seed_another(passages: Passages) -> None:
    def everything(seed: int) -> list[np.ndarray]:
        rng = np.random.default_rng(seed)
        alone = passages.draw(rng, family="piano", lowest=21, highest=108, duration_s=DURATION_S)
        band = passages.draw_ensemble(rng, families=FAMILIES, duration_s=DURATION_S)
        return [alone, *(notes for _, notes in band.parts), band.drum_hits, passages.draw_drums(rng, duration_s=4.0)]

    for seed in range(20):
        first, again, other = everything(seed), everything(seed), everything(seed + 1000)
        assert all(np.array_equal(a, b) for a, b in zip(first, again, strict=True))
        assert not all(np.array_equal(a, b) for a, b in zip(first, other, strict=True))
