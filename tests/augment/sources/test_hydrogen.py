"""Kits in all ages of Hydrogen's format, made here; and what a sound's name says."""

from pathlib import Path

import numpy as np
import pytest
import soundfile

from mp3tomidi.augment.banks.gate import admit
from mp3tomidi.augment.sources.drum_names import HAT_OF_UNKNOWN_OPENING, drum_key, hat_by_decay
from mp3tomidi.augment.sources.drum_pieces import alternatives, ring_s
from mp3tomidi.augment.sources.hydrogen import HydrogenKits, free_licence, read_kit
from mp3tomidi.augment.sources.one_shots import OneShots, find_pieces
from mp3tomidi.augment.sources.source import DEFAULT_SAMPLE_RATE as SAMPLE_RATE
from mp3tomidi.augment.sources.source import DRUMS
from mp3tomidi.transcribe.errors import LabelsError

RATE = 32000


def write_sound(path: Path, amplitude: float = 0.5, tau_s: float = 0.05, hz: float = 200.0) -> None:
    time_s = np.arange(round(0.6 * RATE)) / RATE
    soundfile.write(path, amplitude * np.sin(2 * np.pi * hz * time_s) * np.exp(-time_s / tau_s), RATE)


def kit_folder(root: Path, name: str, xml: str, files: dict[str, float]) -> Path:
    folder = root / name
    folder.mkdir(parents=True)
    (folder / "drumkit.xml").write_text(xml, encoding="utf-8")
    for file, tau_s in files.items():
        write_sound(folder / file, tau_s=tau_s)
    return folder / "drumkit.xml"


def instrument(name: str, inside: str, volume: float = 1.0) -> str:
    return f"<instrument><id>0</id><name>{name}</name><volume>{volume}</volume>{inside}</instrument>"


def layer(file: str, lowest: float, highest: float, gain: float = 1.0, pitch: float = 0.0) -> str:
    return (
        f"<layer><filename>{file}</filename><min>{lowest}</min><max>{highest}</max>"
        f"<gain>{gain}</gain><pitch>{pitch}</pitch></layer>"
    )


NEW = (
    '<?xml version="1.0" encoding="UTF-8"?>\n<drumkit_info xmlns="http://www.hydrogen-music.org/drumkit">'
    "<name>New</name><author>A. Drummer</author><license>{licence}</license><imageLicense>CC BY-NC</imageLicense>"
    "<instrumentList>{instruments}</instrumentList></drumkit_info>"
)
OLD = (
    "<drumkit_info><name>Old</name><author>B</author><licence>{licence}</licence>"
    "<instrumentList>{instruments}</instrumentList></drumkit_info>"
)


def new_kit(root: Path, licence: str = "GPL") -> Path:
    component = "<instrumentComponent><component_id>0</component_id><gain>0.5</gain>{}</instrumentComponent>"
    instruments = instrument("Kick", component.format(layer("hard.wav", 0.5, 1, 0.8) + layer("soft.wav", 0, 0.5)), 2.0)
    instruments += instrument("Hi-Hat Closed", component.format(layer("hat.wav", 0, 1, pitch=12)))
    instruments += instrument("Snare", component.format(layer("snare.wav", 0, 1)))
    instruments += instrument("Kazoo", component.format(layer("hat.wav", 0, 1)))
    instruments += instrument("Crash", component.format(layer("missing.wav", 0, 1)))
    files = {"hard.wav": 0.1, "soft.wav": 0.05, "hat.wav": 0.02, "snare.wav": 0.05}
    return kit_folder(root, "New", NEW.format(licence=licence, instruments=instruments), files)


def test_components_and_namespace(tmp_path: Path) -> None:
    kit = read_kit(new_kit(tmp_path))
    assert (kit.name, kit.author, kit.licence, kit.unknown) == ("New", "A. Drummer", "GPL", 1)
    assert [piece.key for piece in kit.pieces] == [36, 42, 38]  # the crash's file is not there
    soft, hard = kit.pieces[0].layers
    assert (soft.path.name, hard.path.name) == ("soft.wav", "hard.wav")
    assert (soft.velocity, hard.velocity) == pytest.approx((31.75, 95.25))
    assert hard.gain == pytest.approx(2.0 * 0.5 * 0.8 * 0.75)  # instrument, component, layer, velocity
    assert kit.pieces[1].layers[0].semitones == 12


def test_layers_without_components_and_single_files(tmp_path: Path) -> None:
    instruments = instrument("Tom Low", layer("a.wav", 0, 0.3) + layer("b.wav", 0.3, 1))
    instruments += instrument("Snare Jazz", "<filename>a.wav</filename>", 0.5)
    instruments += instrument("17", "")
    path = kit_folder(tmp_path, "Old", OLD.format(licence="GPL", instruments=instruments), {"a.wav": 0.1, "b.wav": 0.1})
    kit = read_kit(path)
    assert [piece.key for piece in kit.pieces] == [45, 38]
    assert [layer.velocity for layer in kit.pieces[0].layers] == pytest.approx([19.05, 82.55])
    assert kit.pieces[1].layers[0].gain == pytest.approx(0.5 * 100 / 127)
    assert kit.unknown == 0  # empty places are no instruments


def test_kits_become_instruments_and_pass_the_gate(tmp_path: Path) -> None:
    new_kit(tmp_path)
    told: list[str] = []
    (kit,) = HydrogenKits((tmp_path,), told.append).instruments()
    assert (kit.name, kit.family, kit.licence, kit.attribution) == ("New/1", DRUMS, "GPL", "New, A. Drummer")
    assert len(told) == 1
    assert "1 instruments left out" in told[0]
    notes = {(note.pitch, round(note.velocity)): note for note, _ in admit(kit)[0]}
    assert set(notes) == {(36, 32), (36, 95), (42, 100), (38, 100)}
    peak = np.abs(notes[36, 95].samples).max()
    assert peak == pytest.approx(0.5 * 0.6, rel=0.05)
    hat = notes[42, 100].samples  # 200 Hz an octave up
    crossings = np.flatnonzero((hat[:-1] < 0) & (hat[1:] >= 0))[:6]
    assert SAMPLE_RATE / np.diff(crossings).mean() == pytest.approx(400, rel=0.02)


def test_what_may_not_be_learnt_from_is_left_out(tmp_path: Path) -> None:
    told: list[str] = []
    new_kit(tmp_path, licence="CC BY-NC-SA 3.0")
    assert not list(HydrogenKits((tmp_path,), told.append).instruments())
    assert "licence" in told[0]


@pytest.mark.parametrize(
    ("stated", "licence"),
    [
        ("GPL", "GPL"),
        ("This drumkit is distributed under the GPL version 2 license", "GPL"),
        ("This work is licensed under the Creative Commons 0 License.", "CC0"),
        ("Attribution-Share Alike 3.0 United States", "CC BY-SA"),
        ("cc-by ==> http://creativecommons.org/licenses/by/3.0/", "CC BY"),
        ("Creative Commons Attribution-NonCommercial 4.0", ""),
        ("CC BY-ND 4.0", ""),
        ("ask me", ""),
        ("", ""),
    ],
)
def test_licences(stated: str, licence: str) -> None:
    assert free_licence(stated) == licence


def test_what_is_no_kit_is_said(tmp_path: Path) -> None:
    path = tmp_path / "drumkit.xml"
    path.write_text("<drumkit_info><name>")
    with pytest.raises(LabelsError, match=r"drumkit\.xml.*not XML"):
        read_kit(path)
    path.write_text("<song/>")
    with pytest.raises(LabelsError, match="not Hydrogen"):
        read_kit(path)


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ('Kick (Tama Superstar 22")', 36),
        ("c3 - bass drum 1", 36),
        ("bassdrum_acoustic01", 36),
        ("drum_bass_hard", 36),
        ("Snare Rimshot (Pearl 14x3.5)", 40),
        ("sidestick01", 37),
        ("nasty_rim01", 37),
        ("Hand Clap", 39),
        ("hihat_foot_pedal01", 44),
        ('Hi-Hat Semiopen (Paiste Alpha Metal edge 14")', 46),
        ("VariBreaks Hat 1 Cl", 42),
        ("drum_cymbal_pedal", 44),
        ("hat_zild", HAT_OF_UNKNOWN_OPENING),
        ("Pearl Tom Floor", 43),
        ("tom_hi01", 50),
        ("tomhi3", 50),
        ("Tom 2", 47),
        ("crash20inch--2", 49),
        ("ride-cup", 53),
        ('Ride Bow (Custom, Zagrebin 22")', 51),
        ("ride-crash20inch", None),
        ("Snare Roll", None),
        ("Sabian Hat Choke", None),
        ("Sangban1 Bell Hit", None),
        ("elec_blip", None),
        ("", None),
    ],
)
def test_names(name: str, key: int | None) -> None:
    assert drum_key(name) == key


def test_a_hat_is_told_by_its_ringing(tmp_path: Path) -> None:
    assert [hat_by_decay(ring) for ring in (0.05, 0.2, 0.6)] == [42, None, 46]
    for tau_s in (0.03, 0.1):
        time_s = np.arange(SAMPLE_RATE) / SAMPLE_RATE
        tone = np.sin(2 * np.pi * 3000 * time_s) * np.exp(-time_s / tau_s)
        assert ring_s(tone.astype(np.float32)) == pytest.approx(tau_s * np.log(10), abs=0.005)


def test_one_shots_have_layers_and_make_several_kits(tmp_path: Path) -> None:
    for name in ("drum_snare_hard", "drum_snare_soft", "kick01", "kick02", "elec_bell", "loop_kick", "hat_a", "hat_b"):
        write_sound(tmp_path / f"{name}.wav", tau_s={"hat_a": 0.02, "hat_b": 0.25}.get(name, 0.1))
    pieces = find_pieces(tmp_path)
    snare = next(piece for piece in pieces if piece.key == 38)
    assert [layer.velocity for layer in snare.layers] == [56, 112]
    kits = list(OneShots("shots", tmp_path, "CC0", "somebody").instruments())
    assert [kit.name for kit in kits] == ["shots/1", "shots/2"]
    keys = [sorted({note.pitch for note in kit.notes}) for kit in kits]
    assert keys == [[36, 38, 42, 46], [36, 38, 42, 46]]
    first, second = ([piece for piece in kit if piece.key == 36] for kit in alternatives(pieces))
    assert (first[0].layers[0].path.stem, second[0].layers[0].path.stem) == ("kick01", "kick02")
