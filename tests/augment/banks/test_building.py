import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from mp3tomidi.augment.banks.bank import Bank
from mp3tomidi.augment.banks.building import MEDIAN_LEVEL, build
from mp3tomidi.augment.labels import NOTE
from mp3tomidi.augment.sources.measure import envelope
from mp3tomidi.augment.sources.source import DRUMS, RenderedInstrument, RenderedNote, RenderedPhrase
from mp3tomidi.transcribe.errors import LabelsError

RATE = 16000
LEAD_SAMPLES = 160
TAU_S = 0.08


def plucked(pitch: int, amplitude: float) -> NDArray[np.float32]:
    """10 ms of silence, then 2 s that decay, released after 1 s. High enough for an even 5 ms RMS."""
    time_s = np.arange(2 * RATE) / RATE
    pitch_hz = 440 * 2 ** ((pitch - 69) / 12)
    sound = sum(amplitude / number * np.sin(2 * np.pi * number * pitch_hz * time_s) for number in (1, 2, 3))
    sound = sound * np.exp(-time_s / 2)
    sound[RATE:] *= np.exp(-time_s[:RATE] / TAU_S)
    return np.concatenate([np.zeros(LEAD_SAMPLES), sound]).astype(np.float32)


class Synthetic:
    """Four pitched instruments (one silent), a drum kit, a singer of two phrases; can be stopped within any."""

    name = "synthetic"

    def __init__(self, stop_at: str | None = None) -> None:
        self.stop_at = stop_at
        self.rendered: list[str] = []

    def instruments(self) -> Iterator[RenderedInstrument]:
        for index, amplitude in enumerate((0.01, 0.3, 0.0, 2.0)):
            yield RenderedInstrument(
                f"tone/{index}", "keys", 4, "CC0", "nobody", notes=self._notes(f"tone/{index}", amplitude)
            )
        yield RenderedInstrument("kit", DRUMS, 0, "MIT", "drummer", notes=self._notes("kit", 0.1))
        yield RenderedInstrument("voice", "voice", 53, "CC BY 3.0", "singer", phrases=self._phrases())

    def _notes(self, name: str, amplitude: float) -> Iterator[RenderedNote]:
        self.rendered.append(name)
        for step, pitch in enumerate((84, 87, 90, 93, 96)):
            if step == 3 and self.stop_at == name:
                raise KeyboardInterrupt
            sound = plucked(pitch, amplitude * (step + 1))
            yield RenderedNote(pitch, 40.0 + step, sound, LEAD_SAMPLES + RATE)

    def _phrases(self) -> Iterator[RenderedPhrase]:
        for notes in (2, 1):
            heard = np.zeros(notes, NOTE)
            heard["onset_s"] = LEAD_SAMPLES / RATE
            heard["pitch"] = 84
            yield RenderedPhrase(plucked(84, 0.7), heard)


def files(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


def test_what_is_built_is_what_was_rendered(tmp_path: Path) -> None:
    lines: list[str] = []
    report = build(Synthetic(), tmp_path / "bank", lines.append)
    assert (report.instruments, report.notes, report.phrases) == (5, 20, 2)
    assert report.counts == {"silent": 5, "instrument with too few notes": 1}
    assert lines[0] == "tone/0: 5 notes"
    assert lines[2] == "tone/2: 0 notes (1 instrument with too few notes, 5 silent)"
    bank = Bank.open(tmp_path / "bank")
    assert [instrument.name for instrument in bank.instruments] == ["tone/0", "tone/1", "tone/3", "kit", "voice"]
    assert bank.instruments[3].family == DRUMS
    assert bank.instruments[4].licence == "CC BY 3.0"
    for index, instrument in enumerate(bank.instruments[:4]):
        notes = bank.notes[instrument.note_slice]
        assert (notes["instrument"] == index).all()
        assert notes["pitch"].tolist() == [84, 87, 90, 93, 96]
        assert notes["velocity"].tolist() == [40, 41, 42, 43, 44]
        assert np.abs(notes["onset_samples"] - LEAD_SAMPLES).max() < 32
        assert (notes["release_samples"] == LEAD_SAMPLES + RATE).all()
        assert (notes["sounding_samples"] == LEAD_SAMPLES + RATE).all()
        np.testing.assert_allclose(notes["release_tau_s"], TAU_S, rtol=0.15)
        assert np.abs(notes["cents"]).max() < 4


def test_levels_are_scaled_by_instrument_and_stay_relative_within_it(tmp_path: Path) -> None:
    build(Synthetic(), tmp_path)
    bank = Bank.open(tmp_path)
    for instrument in bank.instruments[:4]:
        notes = bank.notes[instrument.note_slice]
        assert np.median(notes["level"]) == pytest.approx(MEDIAN_LEVEL)
        np.testing.assert_allclose(notes["level"] / notes["level"][0], [1, 2, 3, 4, 5], rtol=0.02)
        for note in notes:
            sound = bank.samples[note["start"] : note["start"] + note["length"]].astype(np.float32)
            assert envelope(sound, RATE).max() == pytest.approx(note["level"], rel=2e-3)


def test_phrases_keep_their_notes(tmp_path: Path) -> None:
    build(Synthetic(), tmp_path)
    bank = Bank.open(tmp_path)
    phrases = bank.phrases[bank.instruments[4].phrase_slice]
    assert phrases["note_count"].tolist() == [2, 1]
    assert phrases["first_note"].tolist() == [0, 2]
    assert len(bank.phrase_notes) == 3
    assert (bank.phrase_notes["pitch"] == 84).all()
    sound = bank.samples[phrases[1]["start"] : phrases[1]["start"] + phrases[1]["length"]].astype(np.float32)
    assert len(sound) == len(plucked(84, 0.7))
    assert envelope(sound, RATE).max() == pytest.approx(MEDIAN_LEVEL, rel=2e-3)


@pytest.mark.parametrize("stop_at", ["tone/0", "tone/3", "kit"])
def test_stopped_build_goes_on_to_the_same_bank(tmp_path: Path, stop_at: str) -> None:
    build(Synthetic(), tmp_path / "whole")
    with pytest.raises(KeyboardInterrupt):
        build(Synthetic(stop_at), tmp_path / "parts")
    with pytest.raises(LabelsError, match="no finished bank"):
        Bank.open(tmp_path / "parts")
    rest = Synthetic()
    build(rest, tmp_path / "parts")
    assert rest.rendered[0] == stop_at
    assert files(tmp_path / "parts") == files(tmp_path / "whole")


def test_killed_in_writing_loses_only_the_last_instrument(tmp_path: Path) -> None:
    build(Synthetic(), tmp_path / "whole")
    build(Synthetic(), tmp_path / "parts")
    journal = tmp_path / "parts" / "instruments.jsonl"
    lines = journal.read_text().splitlines(keepends=True)
    journal.write_text("".join(lines[:4]) + lines[4][:30])  # sound and notes written, the line cut off
    for name in ("samples.f16", "notes.bin"):
        with (tmp_path / "parts" / name).open("ab") as file:
            file.write(b"of an instrument that was never finished" * 20)
    rest = Synthetic()
    build(rest, tmp_path / "parts")
    assert rest.rendered == ["kit"]
    assert files(tmp_path / "parts") == files(tmp_path / "whole")


def test_finished_bank_is_not_rendered_again(tmp_path: Path) -> None:
    first = build(Synthetic(), tmp_path)
    again = Synthetic()
    assert build(again, tmp_path) == first
    assert again.rendered == []


def test_folder_of_another_source_is_refused(tmp_path: Path) -> None:
    build(Synthetic(), tmp_path)
    other = Synthetic()
    other.name = "other"
    with pytest.raises(LabelsError, match="'synthetic'"):
        build(other, tmp_path)


class Higher(Synthetic):
    """The same at another rate, and so an octave higher."""

    name = "synthetic"

    def instruments(self) -> Iterator[RenderedInstrument]:
        for instrument in super().instruments():
            if instrument.family != "keys":
                yield replace(instrument, sample_rate=2 * RATE)


def test_a_stopped_build_goes_on_only_at_its_rate(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        build(Synthetic("kit"), tmp_path / "low")
    with pytest.raises(LabelsError, match="holds a bank at 16000 Hz, not at 32000 Hz") as refused:
        build(Higher(), tmp_path / "low", sample_rate=2 * RATE)
    assert "\n" not in str(refused.value)
    build(Synthetic(), tmp_path / "low")
    before = files(tmp_path / "low")
    with pytest.raises(LabelsError, match="not at 32000 Hz"):
        build(Higher(), tmp_path / "low", sample_rate=2 * RATE)
    assert files(tmp_path / "low") == before  # a finished bank stays one

    build(Higher(), tmp_path / "high", sample_rate=2 * RATE)
    assert Bank.open(tmp_path / "high").sample_rate == 2 * RATE
    again = Higher()
    build(again, tmp_path / "high", sample_rate=2 * RATE)
    assert again.rendered == []
    with pytest.raises(LabelsError, match="holds a bank at 32000 Hz, not at 16000 Hz"):
        build(Synthetic(), tmp_path / "high")


@pytest.mark.parametrize("error", [LabelsError, KeyboardInterrupt])
def test_source_that_fails_at_once_leaves_the_folder_to_others(tmp_path: Path, error: type[BaseException]) -> None:
    class Missing:
        name = "missing"

        def instruments(self) -> Iterator[RenderedInstrument]:
            raise error("not there")
            yield

    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "letter.txt").touch()
    for name in ("new", "mine"):
        with pytest.raises(error):
            build(Missing(), tmp_path / name)
    assert [path.name for path in tmp_path.rglob("*")] == ["mine", "letter.txt"]
    assert build(Synthetic(), tmp_path / "new").instruments > 0


def test_manifest_credits_only_what_was_kept(tmp_path: Path) -> None:
    build(Synthetic(), tmp_path)
    manifest = json.loads((tmp_path / "manifest.json").read_text())
    assert manifest["credits"] == [["CC BY 3.0", "singer"], ["CC0", "nobody"], ["MIT", "drummer"]]
    assert manifest["sample_rate"] == RATE
    assert manifest["notes"] == 20
