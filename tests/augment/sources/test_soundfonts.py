"""Rendered with fluidsynth from the font that pretty_midi brings along; without the program these tests fail."""

from pathlib import Path

import numpy as np
import pretty_midi
import pytest

from mp3tomidi.augment.banks.gate import check
from mp3tomidi.augment.sources import fluidsynth, soundfonts
from mp3tomidi.augment.sources.measure import measure_note
from mp3tomidi.augment.sources.more_soundfonts import RARE_PROGRAMS, MoreSoundfonts, find_more_fonts
from mp3tomidi.augment.sources.soundfonts import DrumKits, Font, Soundfonts, find_fonts, font_presets, read_presets
from mp3tomidi.augment.sources.source import DRUMS, RenderedNote
from mp3tomidi.transcribe.errors import LabelsError
from mp3tomidi.transcribe.instruments import PROGRAMS

RATE = 16000
TIM = Path(pretty_midi.__file__).parent / "TimGM6mb.sf2"
HELD_NOTES = [(40, 100), (64, 50), (64, 100), (88, 100)]


def make_font(path: Path, presets: list[tuple[int, int]]) -> None:
    """A file with nothing but preset headers; the sound chunk of odd size has no pad byte, as in many .sf3."""
    headers = b"".join(
        b"preset".ljust(20, b"\0") + program.to_bytes(2, "little") + bank.to_bytes(2, "little") + bytes(14)
        for bank, program in [*presets, (0, 255)]
    )
    sound = b"LIST" + (7).to_bytes(4, "little") + b"sdta" + b"abc"
    pdta = b"pdtaphdr" + len(headers).to_bytes(4, "little") + headers
    body = b"sfbk" + sound + b"LIST" + len(pdta).to_bytes(4, "little") + pdta
    path.write_bytes(b"RIFF" + len(body).to_bytes(4, "little") + body)


@pytest.fixture(scope="module")
def organ() -> list[RenderedNote]:
    return list(fluidsynth.render_notes(TIM, 19, HELD_NOTES, hold_s=0.8, tail_s=0.4))


def test_presets_are_listed(tmp_path: Path) -> None:
    presets = read_presets(TIM)
    assert {(0, program) for program in range(128)} <= set(presets)
    assert (128, 0) in presets
    make_font(tmp_path / "odd.sf3", [(128, 5), (0, 3)])
    assert read_presets(tmp_path / "odd.sf3") == [(0, 3), (128, 5)]


def test_presets_of_a_folder_of_files(tmp_path: Path) -> None:
    make_font(tmp_path / "004.sf3", [(0, 4)])
    make_font(tmp_path / "128.sf3", [(128, 0)])
    assert font_presets(tmp_path) == {(0, 4): tmp_path / "004.sf3", (128, 0): tmp_path / "128.sf3"}


def test_what_is_no_font_is_named(tmp_path: Path) -> None:
    (tmp_path / "x.sf2").write_bytes(b"RIFFxxxxWAVE")
    with pytest.raises(LabelsError, match=r"x\.sf2"):
        read_presets(tmp_path / "x.sf2")


def test_rendered_notes_are_in_place_in_tune_and_released(organ: list[RenderedNote]) -> None:
    assert [(note.pitch, note.velocity) for note in organ] == HELD_NOTES
    for note in organ:
        assert len(note.samples) == round(1.2 * RATE)
        assert note.release_samples == round(0.8 * RATE)
        measure, reason = check(note, pitched=True)
        assert measure is not None
        assert reason is None
        assert measure.onset_samples < 0.1 * RATE
        assert measure.sounding_samples == note.release_samples
        assert measure.release_tau_s < 0.3
        assert measure.cents is None or abs(measure.cents) < 15


def test_louder_is_louder(organ: list[RenderedNote]) -> None:
    soft, loud = (np.abs(note.samples).max() for note in organ[1:3])
    assert loud > 1.5 * soft


def test_onsets_lie_at_the_note_on() -> None:
    notes = list(fluidsynth.render_notes(TIM, 13, [(80, 100), (72, 100), (84, 100)], hold_s=0.3, tail_s=0.1))
    assert len(notes) == 3
    for note in notes:  # a xylophone rises at once; fluidsynth works in blocks of 64 samples (1.3 ms)
        measure = measure_note(note.samples, note.release_samples, RATE)
        assert measure is not None
        assert measure.onset_samples < 0.006 * RATE


def test_programs_of_a_font_within_their_ranges() -> None:
    instruments = list(Soundfonts([Font("Tim", TIM, "GPL-2", "Tim Brechbill")]).instruments())
    assert [instrument.program for instrument in instruments] == list(soundfonts.PITCHED_PROGRAMS)
    assert instruments[0].name == "Tim/000"
    tuba = next(instrument for instrument in instruments if instrument.program == 58)
    assert tuba.family == "winds"
    notes = list(tuba.notes)
    row = PROGRAMS[58]
    assert all(row.lowest <= note.pitch <= row.highest for note in notes)
    assert {note.velocity for note in notes} == {56, 104}
    assert np.all(np.diff(sorted({note.pitch for note in notes})) == 4)


def test_fonts_are_rendered_at_different_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    def keys_only(font: Path, program: int, notes: list[tuple[int, int]], **settings: float) -> list[RenderedNote]:
        return [RenderedNote(pitch, velocity, np.zeros(0, np.float32), 0) for pitch, velocity in notes]

    monkeypatch.setattr(soundfonts, "render_notes", keys_only)
    fonts = [Font(str(number), TIM, "CC0", "nobody") for number in range(3)]
    pianos = [i for i in Soundfonts(fonts).instruments() if i.program == 0]
    pitches = [{note.pitch for note in piano.notes} for piano in pianos]
    assert set.union(*pitches) == set(range(21, 109))
    assert not pitches[0] & pitches[1] & pitches[2]


def test_rare_programs_of_fonts_that_are_known_and_all_of_others(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(soundfonts, "font_presets", lambda path: {(0, program): path for program in (0, 105, 120)})
    known, other = (Font(name, Path(name), "CC0", "somebody") for name in ("known", "other"))
    found = [(each.name, each.family) for each in MoreSoundfonts([known], [other]).instruments()]
    assert found == [("known/105", "guitar"), ("other/000", "piano"), ("other/105", "guitar")]
    assert all(program in PROGRAMS for program in RARE_PROGRAMS)


def test_a_missing_font_of_a_package_is_named_with_it(tmp_path: Path) -> None:
    with pytest.raises(LabelsError, match=r"sonivox.sf2: missing; .* @coderline/alphatab"):
        find_more_fonts(tmp_path)


def test_drum_kits_ring_out() -> None:
    kits = list(DrumKits([Font("Tim", TIM, "GPL-2", "Tim Brechbill")]).instruments())
    assert len(kits) == sum(bank == 128 for bank, _ in read_presets(TIM)) - 1  # all but the orchestra's
    assert kits[0].family == DRUMS
    hits = list(fluidsynth.render_notes(TIM, 0, [(36, 120), (42, 120)], hold_s=0.5, tail_s=0.0, drums=True))
    kick, hat = hits
    assert kick.release_samples == len(kick.samples)
    spectra = [np.abs(np.fft.rfft(hit.samples[:4000])) ** 2 for hit in (kick, hat)]
    assert spectra[0][:100].sum() > 0.7 * spectra[0].sum()  # below 400 Hz
    assert spectra[1][:100].sum() < 0.1 * spectra[1].sum()


def test_held_out_and_unlicensed_fonts_are_refused(tmp_path: Path) -> None:
    fonts = tmp_path / "soundfonts"
    (fonts / "Mystery").mkdir(parents=True)
    with pytest.raises(LabelsError, match=r"Mystery.*licence"):
        find_fonts(tmp_path)
    (fonts / "Mystery").rename(fonts / "FatBoy")
    with pytest.raises(LabelsError, match="kept back"):
        find_fonts(tmp_path)
    with pytest.raises(LabelsError, match="kept back"):
        list(fluidsynth.render_notes(fonts / "FatBoy" / "000.sf3", 0, [(60, 90)], hold_s=1, tail_s=1))


def test_missing_debian_font_says_which_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make_folder = tmp_path / "soundfonts" / "FluidR3_GM"
    make_folder.mkdir(parents=True)
    monkeypatch.setattr(soundfonts, "DEBIAN_FONTS", ((str(tmp_path / "no.sf2"), "some-soundfont", "MIT", "x"),))
    with pytest.raises(LabelsError, match="apt install some-soundfont"):
        find_fonts(tmp_path)
    with pytest.raises(LabelsError, match="soundfonts/"):
        find_fonts(tmp_path / "empty")


def test_fluidsynth_failing_or_missing_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(LabelsError, match=r"no\.sf2"):
        list(fluidsynth.render_notes(tmp_path / "no.sf2", 0, [(60, 90)], hold_s=0.2, tail_s=0.1))
    monkeypatch.setenv("PATH", "")
    with pytest.raises(LabelsError, match="apt install fluidsynth"):
        list(fluidsynth.render_notes(TIM, 0, [(60, 90)], hold_s=0.2, tail_s=0.1))


def test_higher_rates_have_what_lies_above_8_khz() -> None:
    def hat_at(rate: int) -> np.ndarray:
        hat = fluidsynth.render_notes(TIM, 0, [(42, 120)], hold_s=0.4, tail_s=0.0, drums=True, sample_rate=rate)
        return next(hat).samples

    low, high = hat_at(16_000), hat_at(32_000)
    assert len(high) == 2 * len(low) == round(0.4 * 32_000)
    power = np.abs(np.fft.rfft(high)) ** 2
    assert power[len(power) // 2 :].sum() > 0.2 * power.sum()
    instrument = next(DrumKits([Font("Tim", TIM, "GPL-2", "Tim Brechbill")], sample_rate=32_000).instruments())
    assert instrument.sample_rate == 32_000
