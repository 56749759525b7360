"""Banks, and what is played and mixed of them, at 32 kHz: as long and as loud as at 16 kHz, with the octave above."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from mp3tomidi.augment.banks.bank import Bank
from mp3tomidi.augment.banks.building import build
from mp3tomidi.augment.banks.player import play_notes
from mp3tomidi.augment.drums.kits import KitPool
from mp3tomidi.augment.drums.one_shots import LATEST_S, OneShotPool, find_strokes
from mp3tomidi.augment.drums.player import Kit, play_drums
from mp3tomidi.augment.labels import DRUM_HIT, NOTE
from mp3tomidi.augment.mixing.mix_settings import MixSettings
from mp3tomidi.augment.mixing.mixer import Mixer
from mp3tomidi.augment.mixing.pedalled_piano import ringing_along
from mp3tomidi.augment.mixing.solos import SoloMixer, SoloSettings
from mp3tomidi.augment.music.corpora import Corpora
from mp3tomidi.augment.music.passages import Passages
from mp3tomidi.augment.music.pedalling import PEDAL
from mp3tomidi.augment.rendering.bank_player import bank_players
from mp3tomidi.augment.rendering.instruments import Ensemble
from mp3tomidi.augment.sources.drum_machines import DrumMachines
from mp3tomidi.augment.sources.source import SPEECH, RenderedInstrument, RenderedNote, RenderedPhrase
from mp3tomidi.transcribe.errors import LabelsError

RATES = (16_000, 32_000)


class Wide:
    """A piano and a singer with partials as high as the rate allows, the first drum machine, and a speaker."""

    name = "wide"

    def __init__(self, sample_rate: int) -> None:
        self.sample_rate = sample_rate

    def instruments(self) -> Iterator[RenderedInstrument]:
        rate = self.sample_rate
        notes = [RenderedNote(pitch, 90, self._tone(pitch), rate, 0.06) for pitch in range(36, 97, 4)]
        yield RenderedInstrument("piano", "piano", 0, "CC0", "nobody", notes, sample_rate=rate)
        sung = np.array([(0, 0.0, 1.2, 60, 80, 53)], NOTE)
        phrase = RenderedPhrase(np.tile(self._tone(60), 3), sung)
        yield RenderedInstrument("singer", "voice", 53, "CC0", "nobody", phrases=[phrase], sample_rate=rate)
        yield next(DrumMachines(sample_rate=rate).instruments())
        noise = np.random.default_rng(0).normal(0.0, 0.1, 3 * rate).astype(np.float32)
        said = RenderedPhrase(noise, np.zeros(0, NOTE))
        yield RenderedInstrument("speaker", SPEECH, 0, "CC0", "nobody", phrases=[said], sample_rate=rate)

    def _tone(self, pitch: int) -> NDArray[np.float32]:
        time_s = np.arange(round(1.2 * self.sample_rate)) / self.sample_rate
        hz = 440 * 2 ** ((pitch - 69) / 12)
        numbers = np.arange(1, int(0.45 * self.sample_rate / hz) + 1)[:, None]
        tone = (np.sin(2 * np.pi * numbers * hz * time_s) / numbers**0.5).sum(axis=0)
        return (0.1 * tone * np.exp(-time_s / 0.4)).astype(np.float32)


@pytest.fixture(scope="module")
def banks(tmp_path_factory: pytest.TempPathFactory) -> dict[int, Bank]:
    folder = tmp_path_factory.mktemp("rates")
    for rate in RATES:
        build(Wide(rate), folder / f"wide-{rate}", sample_rate=rate)
    return {rate: Bank.open(folder / f"wide-{rate}") for rate in RATES}


def above_8_khz(sound: NDArray[np.float32], rate: int) -> float:
    """Share of the energy."""
    energy = np.abs(np.fft.rfft(sound)) ** 2
    return float(energy[np.fft.rfftfreq(len(sound), 1 / rate) > 8100].sum() / energy.sum())


def test_a_bank_has_the_rate_that_it_was_made_at(banks: dict[int, Bank]) -> None:
    low, high = banks[16_000], banks[32_000]
    assert (low.sample_rate, high.sample_rate) == RATES
    assert [each.name for each in high.instruments] == [each.name for each in low.instruments]
    assert high.without({"piano"}).sample_rate == 32_000
    assert len(high.notes) == len(low.notes)
    of_piano = low.instruments[0].note_slice
    for column in ("length", "onset_samples", "release_samples"):
        as_seconds = [bank.notes[of_piano][column] / rate for rate, bank in banks.items()]
        np.testing.assert_allclose(*as_seconds, atol=0.003)
    assert above_8_khz(high.samples.astype(np.float32), 32_000) > 0.02


def test_notes_are_played_where_they_are_written(banks: dict[int, Bank]) -> None:
    written = np.array([(0, 0.3, 0.8, 60, 90, 0), (0, 1.1, 1.5, 65, 90, 0)], NOTE)
    for rate, bank in banks.items():
        stem, labels = play_notes(bank, bank.instruments[0], written, 2.0, 0.0, np.random.default_rng(0))
        assert len(stem) == 2 * rate
        assert labels["offset_s"].tolist() == [0.8, 1.5]
        assert not stem[: round(0.295 * rate)].any()
        assert np.abs(stem[round(0.3 * rate) : round(0.31 * rate)]).max() > 0.05
        late = np.abs(stem[round(1.05 * rate) : round(1.09 * rate)]).max()  # 0.25 s after the release
        assert late < 0.05 * np.abs(stem).max()


def test_hits_are_played_where_they_are_written(banks: dict[int, Bank]) -> None:
    hits = np.zeros(2, DRUM_HIT)
    hits["onset_s"], hits["key"], hits["velocity"] = (0.25, 1.0), (36, 42), 100
    for rate, bank in banks.items():
        kit = KitPool([(1.0, bank, bank.instruments[2])], whole_share=1.0).draw(np.random.default_rng(1))
        assert kit.sample_rate == rate
        stem, _ = play_drums(kit, hits, 1.5, np.random.default_rng(0))
        assert len(stem) == round(1.5 * rate)
        assert not stem[: round(0.245 * rate)].any()
        hat = play_drums(kit, hits[1:], 1.5, np.random.default_rng(0))[0][round(0.995 * rate) :]
        assert np.flatnonzero(np.abs(hat) > 0.2 * np.abs(hat).max())[0] / rate == pytest.approx(0.005, abs=0.003)


def test_hats_and_cymbals_of_mixed_kits_are_louder_with_the_octave_above(banks: dict[int, Bank]) -> None:
    low = banks[16_000]
    high = replace(low, sample_rate=32_000)  # the same sound, so that levels differ by what is added alone
    pools = [KitPool([(1.0, bank, bank.instruments[2])], whole_share=0.0) for bank in (low, high)]
    found: dict[int, set[float]] = {36: set(), 42: set(), 49: set(), 51: set()}
    for seed in range(12):
        one, other = (pool.draw(np.random.default_rng(seed)).pieces for pool in pools)
        for key, added_db in found.items():
            added_db.add(round(20 * np.log10(other[key].gain / one[key].gain), 3))
    # The kit's own groups keep the balance that they were recorded with.
    assert found == {36: {0.0}, 42: {0.0, 2.5}, 49: {0.0, 1.5}, 51: {0.0, 1.5}}


def test_one_shots_have_the_rate_of_their_banks(banks: dict[int, Bank], monkeypatch: pytest.MonkeyPatch) -> None:
    for rate, bank in banks.items():
        pool = OneShotPool([replace(each, label=label) for label in range(13) for each in find_strokes([(1.0, bank)])])
        for seed in range(10):
            sound, _ = pool.draw(np.random.default_rng(seed))
            assert np.flatnonzero(np.abs(sound) > 0.01)[0] <= (LATEST_S + 0.03) * rate
    with pytest.raises(LabelsError, match="wide-16000 16000 Hz, wide-32000 32000 Hz"):
        find_strokes([(1.0, bank) for bank in banks.values()])


@pytest.mark.parametrize("rate", RATES)
def test_mixes_have_the_rate_of_their_banks(banks: dict[int, Bank], tiny_corpora: Corpora, rate: int) -> None:
    settings = MixSettings(
        duration_s=2.0, empty_share=0.3, drums_share=1.0, speech_share=0.5, studio_share=0.5, bus_share=0.5
    )
    mixer = Mixer([banks[rate]], Passages(tiny_corpora), settings)
    solos = SoloMixer(mixer, [banks[rate]], [1.0], SoloSettings(share=1.0))
    assert mixer.sample_rate == solos.sample_rate == rate
    shares = []
    for seed in range(12):
        for sound in (mixer.clip(np.random.default_rng(seed))[0], solos.clip(np.random.default_rng(seed))[0]):
            assert sound.shape == (2 * rate,)
            assert np.isfinite(sound).all()
            shares.append(above_8_khz(sound, rate))
    if rate == 32_000:
        assert np.median(shares) > 0.003
    else:
        assert max(shares) == 0.0


def test_banks_of_several_rates_are_refused_with_their_names(banks: dict[int, Bank], tiny_corpora: Corpora) -> None:
    passages = Passages(tiny_corpora)
    both = list(banks.values())
    with pytest.raises(LabelsError, match=r"wide-16000 16000 Hz, wide-32000 32000 Hz.*--rate"):
        Mixer(both, passages)
    with pytest.raises(LabelsError, match="32000 Hz"):
        SoloMixer(Mixer(both[:1], passages), both[1:], [1.0], SoloSettings(share=1.0))
    kits = [KitPool([(1.0, bank, bank.instruments[2])]).draw(np.random.default_rng(0)) for bank in both]
    with pytest.raises(LabelsError, match="wide-16000 16000 Hz"):
        Kit({36: kits[0].pieces[36], 38: kits[1].pieces[38]})


def test_instruments_of_a_bank_are_rendered_at_its_rate(banks: dict[int, Bank]) -> None:
    pitched, kits = bank_players(banks[32_000])
    assert {player.sample_rate for player in (*pitched, *kits)} == {32_000}
    assert Ensemble(pitched, kits).sample_rate == 32_000


def test_strings_ring_along_at_any_rate() -> None:
    pedal = np.array([(0.5, 1.0)], PEDAL)
    for rate in RATES:
        time_s = np.arange(2 * rate) / rate
        tone = (0.1 * np.sin(2 * np.pi * 220.0 * time_s)).astype(np.float32)
        rung = ringing_along(tone, pedal, np.random.default_rng(0), rate)
        assert not rung[(time_s < 0.5) | (time_s > 1.1)].any()
        assert rung[(time_s > 0.6) & (time_s < 1.0)].any()


def test_an_instrument_of_another_rate_than_the_bank_is_a_mistake(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="piano is at 16000 Hz, not at 32000 Hz"):
        build(Wide(16_000), tmp_path, sample_rate=32_000)
