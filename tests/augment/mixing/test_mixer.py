"""Mixes: how loud their stems are, what is labelled, and what must give no notes."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from mp3tomidi.augment import heldout
from mp3tomidi.augment.banks.bank import Bank
from mp3tomidi.augment.mixing.levels import STEM_LEVEL, active_rms
from mp3tomidi.augment.mixing.mix_settings import MixSettings
from mp3tomidi.augment.mixing.mixer import Mixer
from mp3tomidi.augment.music.corpora import Corpora
from mp3tomidi.augment.music.passages import Passages
from mp3tomidi.augment.sources.source import DEFAULT_SAMPLE_RATE as SAMPLE_RATE
from mp3tomidi.transcribe.errors import LabelsError
from mp3tomidi.transcribe.instruments import PROGRAMS


@pytest.fixture(scope="module")
def bank(tiny_banks: Path) -> Bank:
    return Bank.open(tiny_banks / "sines")


def mixer_of(bank: Bank, tiny_corpora: Corpora, **settings: object) -> Mixer:
    return Mixer([bank], Passages(tiny_corpora), MixSettings(**settings))  # type: ignore[arg-type]


SOLO = {"part_weights": (1.0,), "solo_drums_share": 0.0, "empty_share": 0.0}


def test_the_active_rms_is_that_of_the_louder_half_whatever_the_silence() -> None:
    sine = 0.3 * np.sin(2 * np.pi * 400 * np.arange(SAMPLE_RATE) / SAMPLE_RATE).astype(np.float32)
    assert active_rms(sine) == pytest.approx(0.3 / np.sqrt(2), rel=1e-3)
    assert active_rms(np.concatenate([sine, 0 * sine, 0 * sine])) == pytest.approx(0.3 / np.sqrt(2), rel=1e-3)
    assert active_rms(np.concatenate([sine, 0.1 * sine])) == pytest.approx(0.3 / np.sqrt(2), rel=1e-3)
    assert active_rms(np.zeros(SAMPLE_RATE, np.float32)) == 0.0


def test_the_same_state_of_the_generator_gives_the_same_mix(bank: Bank, tiny_corpora: Corpora) -> None:
    mixer = mixer_of(bank, tiny_corpora)
    for seed in range(5):
        (first, labels), (second, again) = (mixer.clip(np.random.default_rng(seed)) for _ in range(2))
        assert first.dtype == np.float32
        assert first.shape == (4 * SAMPLE_RATE,)
        assert first.tobytes() == second.tobytes()
        assert labels.notes.tobytes() == again.notes.tobytes()
        assert labels.drum_hits.tobytes() == again.drum_hits.tobytes()


def test_a_single_part_is_as_loud_as_it_is_set_to_be(bank: Bank, tiny_corpora: Corpora) -> None:
    mixer = mixer_of(bank, tiny_corpora, **SOLO, stem_level_db=0.0)
    levels = [active_rms(mixer.clip(np.random.default_rng(seed))[0]) for seed in range(10)]
    assert levels == pytest.approx([STEM_LEVEL] * len(levels), rel=1e-3)


def test_every_label_has_its_sound_and_no_sound_is_before_the_first_label(bank: Bank, tiny_corpora: Corpora) -> None:
    mixer = mixer_of(bank, tiny_corpora, **SOLO, family_weights={"piano": 1.0}, stem_level_db=0.0)
    checked = 0
    for seed in range(10):
        sound, labels = mixer.clip(np.random.default_rng(seed))
        onsets_s = np.sort(labels.notes["onset_s"])
        if len(onsets_s) and onsets_s[0] > 0:
            assert np.abs(sound[: max(0, round(onsets_s[0] * SAMPLE_RATE) - 120)]).max(initial=0) < 1e-6
        for note in labels.notes[labels.notes["onset_s"] > 0]:
            hz = 440.0 * 2 ** ((note["pitch"] - 69) / 12)
            first = round(note["onset_s"] * SAMPLE_RATE)
            part = sound[first : first + 1600]
            if len(part) < 1600:
                continue
            wave = np.exp(-2j * np.pi * hz * np.arange(1600) / SAMPLE_RATE) * np.hanning(1600)
            assert abs(part @ wave) > 1e-3 * np.abs(part).max() * 800
            checked += 1
    assert checked > 50


def test_instruments_play_within_their_range(bank: Bank, tiny_corpora: Corpora) -> None:
    mixer = mixer_of(bank, tiny_corpora, **SOLO, family_weights={"bass": 1.0})
    notes = np.concatenate([mixer.clip(np.random.default_rng(seed))[1].notes for seed in range(10)])
    usual = PROGRAMS[33]
    assert notes["pitch"].min() >= usual.lowest
    assert notes["pitch"].max() <= min(usual.highest, 52 + 2)  # its highest recorded note, and two semitones
    assert set(notes["program"]) == {33}


def test_drums_speech_and_noise_give_no_notes(bank: Bank, tiny_corpora: Corpora) -> None:
    mixer = mixer_of(bank, tiny_corpora, empty_share=1.0)
    with_hits = 0
    for seed in range(20):
        sound, labels = mixer.clip(np.random.default_rng(seed))
        assert not len(labels.notes)
        assert 0.01 < active_rms(sound) < 1.0
        with_hits += bool(len(labels.drum_hits))
    assert 4 <= with_hits <= 16  # half of them are drums


def test_drums_beside_the_parts_are_labelled_as_hits_only(bank: Bank, tiny_corpora: Corpora) -> None:
    mixer = mixer_of(bank, tiny_corpora, part_weights=(0.0, 1.0), drums_share=1.0, empty_share=0.0)
    without = mixer_of(bank, tiny_corpora, part_weights=(0.0, 1.0), drums_share=0.0, empty_share=0.0)
    for seed in range(5):
        sound, labels = mixer.clip(np.random.default_rng(seed))
        dry, same = without.clip(np.random.default_rng(seed))
        assert len(labels.drum_hits)
        assert labels.notes.tobytes() == same.notes.tobytes()
        assert np.abs(sound - dry).max() > 1e-3


def test_choked_cymbals_are_labelled_as_instants(bank: Bank, tiny_corpora: Corpora) -> None:
    drums_alone = {"empty_share": 1.0, "empty_weights": (1.0, 0.0, 0.0), "duration_s": 12.0}
    plain, choked = (mixer_of(bank, tiny_corpora, **drums_alone, choked_share=share) for share in (0.0, 1.0))
    found = 0
    for seed in range(12):
        assert len(plain.clip(np.random.default_rng(seed))[1].instants) == 0
        labels = choked.clip(np.random.default_rng(seed))[1]
        for choke in labels.instants:
            struck_s = labels.drum_hits["onset_s"][labels.drum_hits["key"] == choke["number"]]
            assert 0.1 < choke["time_s"] - struck_s[struck_s < choke["time_s"]].max() < 1.0
        found += len(labels.instants)
    assert found


def test_singers_bring_their_own_notes(bank: Bank, tiny_corpora: Corpora) -> None:
    mixer = mixer_of(bank, tiny_corpora, **SOLO, family_weights={"voice": 1.0})
    pitches = np.concatenate([mixer.clip(np.random.default_rng(seed))[1].notes["pitch"] for seed in range(10)])
    sung = {pitch + moved for pitch in (60, 65, 64, 69) for moved in (-1, 0, 1)}
    assert len(pitches) > 5
    assert set(pitches.tolist()) <= sung


def test_as_many_parts_as_their_weights_say(bank: Bank, tiny_corpora: Corpora) -> None:
    mixer = mixer_of(bank, tiny_corpora, part_weights=(0.0, 0.0, 1.0), empty_share=0.0, drums_share=0.0)
    programs = [set(mixer.clip(np.random.default_rng(seed))[1].notes["program"].tolist()) for seed in range(10)]
    assert max(len(found) for found in programs) == 3  # piano, bass and voice in one mix


def test_without_an_instrument_there_is_one_line_that_says_so(tiny_corpora: Corpora, bank: Bank) -> None:
    with pytest.raises(LabelsError, match="no instrument"):
        mixer_of(bank, tiny_corpora, family_weights={"winds": 1.0})
    with pytest.raises(LabelsError, match="mp3tomidi-augment grooves"):
        mixer_of(bank, tiny_corpora, groove_share=0.1)
    with pytest.raises(ValueError, match="no family 'pinao'"):
        MixSettings(family_weights={"pinao": 1.0})


BAND = {"part_weights": (0.0, 0.0, 0.0, 1.0), "empty_share": 0.0, "drums_share": 1.0}
EVERYTHING = {
    "band_share": 0.5,
    "in_key_share": 0.5,
    "doubling_share": 0.5,
    "unisons_merged": True,
    "speech_share": 0.5,
    "studio_share": 0.7,
    "bus_share": 0.7,
}


def test_ten_parts_with_everything_on_and_the_same_state_gives_the_same_bytes(
    bank: Bank, tiny_corpora: Corpora
) -> None:
    mixer = mixer_of(bank, tiny_corpora, part_weights=(0.0,) * 9 + (1.0,), empty_share=0.0, **EVERYTHING)
    for seed in range(6):
        (first, labels), (second, again) = (mixer.clip(np.random.default_rng(seed)) for _ in range(2))
        assert np.isfinite(first).all()
        assert first.tobytes() == second.tobytes()
        assert labels.notes.tobytes() == again.notes.tobytes()
        assert len(labels.notes) > 20


def test_studio_bus_and_speech_change_the_sound_and_not_the_labels(bank: Bank, tiny_corpora: Corpora) -> None:
    plain = mixer_of(bank, tiny_corpora, **BAND)
    for changed in ({"studio_share": 1.0}, {"bus_share": 1.0}, {"speech_share": 1.0}):
        mixer = mixer_of(bank, tiny_corpora, **BAND, **changed)
        differ = 0
        for seed in range(5):
            (sound, labels), (other, same) = (m.clip(np.random.default_rng(seed)) for m in (plain, mixer))
            assert labels.notes.tobytes() == same.notes.tobytes()
            differ += np.abs(sound - other).max() > 1e-3
        assert differ >= 3  # a master may leave a mix alone that is loud enough


def test_speech_is_as_far_under_the_music_as_it_is_set(bank: Bank, tiny_corpora: Corpora) -> None:
    plain = mixer_of(bank, tiny_corpora, **BAND)
    for level_db in (-20.0, -3.0):
        talking = mixer_of(bank, tiny_corpora, **BAND, speech_share=1.0, speech_level_db=(level_db, level_db))
        for seed in range(4):
            music = plain.clip(np.random.default_rng(seed))[0]
            speech = talking.clip(np.random.default_rng(seed))[0] - music
            assert 20 * np.log10(active_rms(speech) / active_rms(music)) == pytest.approx(level_db, abs=0.01)


def test_drums_are_as_loud_against_the_parts_as_they_are_set(bank: Bank, tiny_corpora: Corpora) -> None:
    plain = mixer_of(bank, tiny_corpora, **BAND | {"drums_share": 0.0})
    for level_db in (-14.0, 3.0):
        mixer = mixer_of(bank, tiny_corpora, **BAND, drum_level_db=(level_db, level_db))
        for seed in range(4):
            music = plain.clip(np.random.default_rng(seed))[0]
            drums = mixer.clip(np.random.default_rng(seed))[0] - music
            assert 20 * np.log10(active_rms(drums) / active_rms(music)) == pytest.approx(level_db, abs=0.01)


def test_a_doubled_part_is_labelled_with_the_notes_of_the_other(bank: Bank, tiny_corpora: Corpora) -> None:
    """Piano and bass: whoever follows plays the other's pitch classes within 25 ms."""
    settings = {"part_weights": (0.0, 1.0), "empty_share": 0.0, "drums_share": 0.0, "ensemble_share": 0.0}
    mixer = mixer_of(bank, tiny_corpora, **settings, family_weights={"piano": 1.0, "bass": 1.0}, doubling_share=1.0)
    checked = 0
    for seed in range(30):
        notes = mixer.clip(np.random.default_rng(seed))[1].notes
        piano, bass = notes[notes["program"] == 0], notes[notes["program"] == 33]
        if not len(piano) or not len(bass):
            continue
        fewer, more = (piano, bass) if len(piano) < len(bass) else (bass, piano)
        for note in fewer:
            near = np.abs(more["onset_s"] - note["onset_s"]) <= 0.025
            together = near & (more["pitch"] % 12 == note["pitch"] % 12)
            assert together.any() or note["pitch"] % 12 in set(more["pitch"][near] % 12) or not near.any()
            checked += bool(together.any())
    assert checked > 30


def test_unisons_are_labelled_once_where_asked_for(bank: Bank, tiny_corpora: Corpora) -> None:
    settings = BAND | {"drums_share": 0.0, "family_weights": {"piano": 1.0}, "doubling_share": 1.0}
    apart, merged = (mixer_of(bank, tiny_corpora, **settings, unisons_merged=on) for on in (False, True))
    fewer = 0
    for seed in range(10):
        (sound, twice), (same, once) = (mixer.clip(np.random.default_rng(seed)) for mixer in (apart, merged))
        assert sound.tobytes() == same.tobytes()
        fewer += len(once.notes) < len(twice.notes)
        notes = once.notes[np.lexsort((once.notes["onset_s"], once.notes["pitch"]))]
        repeated = np.diff(notes["pitch"]) == 0
        assert (notes["offset_s"][:-1][repeated] <= notes["onset_s"][1:][repeated]).all()
    assert fewer > 5


def test_a_band_has_one_singer_and_one_bass_at_most(bank: Bank, tiny_corpora: Corpora) -> None:
    roster = mixer_of(bank, tiny_corpora)._roster
    bands = [roster.draw_line_up(3, np.random.default_rng(seed)) for seed in range(100)]
    assert all(len(band) == 3 for band in bands)
    assert 60 < sum(band[0] == "voice" for band in bands) < 90
    assert not any(band.count("bass") > 1 and "piano" not in band for band in bands)
    # the tiny bank has three families, so a fourth instrument is one too many of something
    assert sorted(set(roster.draw_line_up(4, np.random.default_rng(0)))) == ["bass", "piano", "voice"]


def test_a_band_plays_in_its_singers_key(bank: Bank, tiny_corpora: Corpora) -> None:
    """The tiny singer sings two notes a fourth apart, the tiny song is chords of C major: all may agree."""
    settings = BAND | {"ensemble_share": 1.0, "drums_share": 0.0, "band_share": 1.0}

    def fit(in_key_share: float) -> float:
        mixer = mixer_of(bank, tiny_corpora, **settings, in_key_share=in_key_share)
        shares = []
        for seed in range(20):
            notes = mixer.clip(np.random.default_rng(seed))[1].notes
            sung, played = notes[notes["program"] == 53], notes[notes["program"] == 0]
            if len(sung) and len(played):
                shares.append(float(np.isin(played["pitch"] % 12, sung["pitch"] % 12).mean()))
        return float(np.mean(shares))

    assert fit(1.0) > 1.15 * fit(0.0)


def test_held_out_kits_are_played_only_when_asked_for(
    bank: Bank, tiny_corpora: Corpora, monkeypatch: pytest.MonkeyPatch
) -> None:
    drums = {"empty_share": 1.0}
    played = mixer_of(bank, tiny_corpora, **drums)
    hits = [len(played.clip(np.random.default_rng(seed))[1].drum_hits) for seed in range(8)]
    assert sum(hits)
    monkeypatch.setattr(heldout, "_HELD_OUT_KIT_MAKERS", frozenset({"sines"}))
    for held_out in (False, True):
        mixer = Mixer([bank], Passages(tiny_corpora), MixSettings(**drums), held_out=held_out)  # type: ignore[arg-type]
        again = [len(mixer.clip(np.random.default_rng(seed))[1].drum_hits) for seed in range(8)]
        assert again == (hits if held_out else [0] * 8)


def test_kits_on_whose_keys_lie_other_instruments_are_not_played(bank: Bank, tiny_corpora: Corpora) -> None:
    orchestra = [replace(one, program=48) if one.family == "drums" else one for one in bank.instruments]
    mixer = mixer_of(replace(bank, instruments=orchestra), tiny_corpora, empty_share=1.0)
    assert not any(len(mixer.clip(np.random.default_rng(seed))[1].drum_hits) for seed in range(8))


def test_a_rock_band_has_its_drums_at_their_own_level_and_keeps_time_on_anything(
    bank: Bank, tiny_corpora: Corpora
) -> None:
    rock = {"part_weights": (0.0, 0.0, 1.0), "empty_share": 0.0, "drums_share": 1.0, "loud_share": 1.0}
    levels = {"drum_level_db": (60.0, 60.0), "loud_drum_level_db": (-60.0, -60.0)}
    usual, moved = (
        mixer_of(bank, tiny_corpora, **rock, **levels, other_timekeeper_share=share) for share in (0.0, 0.5)
    )
    hats = dict.fromkeys(("usual", "moved"), 0)
    for seed in range(12):
        for name, mixer in (("usual", usual), ("moved", moved)):
            sound, labels = mixer.clip(np.random.default_rng(seed))
            assert len(labels.notes)
            assert active_rms(sound) < 10 * STEM_LEVEL  # drums 60 dB above the band would be louder by far
            hats[name] += int(np.isin(labels.drum_hits["key"], (42, 44, 46)).sum())
    assert hats["usual"] > 20
    assert hats["moved"] < hats["usual"] / 5  # in a rock band all parts move at a share of one half
