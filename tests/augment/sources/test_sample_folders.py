from pathlib import Path

import numpy as np
import pytest
import soundfile

from mp3tomidi.augment.sources.sample_folders import DAMPER_TAU_S, UNDAMPED_TAU_S, SampleFolders, layer_velocities
from mp3tomidi.transcribe.errors import LabelsError

RATE = 32000
COLUMNS = "file\tinstrument\tgm_program(0-based)\tmidi_pitch\tlayer\tseconds\tlicence"


def make_library(folder: Path, library: str, program: int, files: dict[str, float], licence: str = "CC0") -> list[str]:
    """Half-second notes PITCH_LAYER_TAKE.flac of the given amplitudes; returns their lines of the manifest."""
    (folder / library).mkdir(parents=True)
    lines = []
    for name, amplitude in files.items():
        pitch, layer, _ = name.split("_")
        time_s = np.arange(RATE // 2) / RATE
        sound = amplitude * np.sin(2 * np.pi * 440 * 2 ** ((int(pitch) - 69) / 12) * time_s)
        soundfile.write(folder / library / f"{name}.flac", sound, RATE)
        fields = (f"{library}/{name}.flac", library.split("/", maxsplit=1)[0], program, pitch, layer, 0.5, licence)
        lines.append("\t".join(map(str, fields)))
    return lines


def write_manifest(folder: Path, lines: list[str]) -> None:
    (folder / "manifest.tsv").write_text("\n".join([COLUMNS, *lines]) + "\n")


def test_libraries_become_instruments(tmp_path: Path) -> None:
    lines = make_library(tmp_path, "piano/upright", 0, {"060_f_0": 0.5, "096_f_0": 0.5, "060_p_0": 0.1})
    lines += make_library(tmp_path, "guitar/mic", 25, {"052_1_0": 0.1, "052_2_0": 0.4}, "CC BY 3.0 (A. Player)")
    write_manifest(tmp_path, lines[::-1])
    guitar, piano = SampleFolders(tmp_path).instruments()
    assert (guitar.name, guitar.family, guitar.program) == ("guitar/mic", "guitar", 25)
    assert (guitar.licence, guitar.attribution) == ("CC BY 3.0", "mic, A. Player")
    assert (piano.family, piano.licence, piano.attribution) == ("piano", "CC0", "upright")
    notes = list(piano.notes)
    assert [(note.pitch, note.velocity) for note in notes] == [(60, 96), (60, 49), (96, 96)]
    assert [note.release_tau_s for note in notes] == [DAMPER_TAU_S, DAMPER_TAU_S, UNDAMPED_TAU_S]
    for note in notes:
        assert len(note.samples) == note.release_samples == 8000
        assert np.argmax(np.abs(np.fft.rfft(note.samples))) * 2 == pytest.approx(
            440 * 2 ** ((note.pitch - 69) / 12), abs=2
        )
    assert np.abs(notes[1].samples).max() == pytest.approx(0.1, rel=0.05)


def test_layers_brought_to_one_level_are_set_apart_again(tmp_path: Path) -> None:
    write_manifest(
        tmp_path, make_library(tmp_path, "piano/even", 0, {"060_FF_0": 0.5, "060_Mf_0": 0.5, "060_PP_0": 0.5})
    )
    (piano,) = SampleFolders(tmp_path).instruments()
    by_velocity = {note.velocity: np.abs(note.samples[2000:6000]).max() for note in piano.notes}
    assert by_velocity[112] == pytest.approx(0.5, rel=0.05)
    assert 20 * np.log10(by_velocity[80] / by_velocity[112]) == pytest.approx(-5.6, abs=0.1)
    assert 20 * np.log10(by_velocity[33] / by_velocity[112]) == pytest.approx(-13.9, abs=0.1)


def test_velocities_of_layers() -> None:
    assert layer_velocities(["p", "mf", "f"]) == {"p": 49, "mf": 80, "f": 96}
    assert layer_velocities(["1", "2", "3", "4"]) == {"1": 15.875, "2": 47.625, "3": 79.375, "4": 111.125}
    assert layer_velocities(["0"]) == {"0": 80}
    with pytest.raises(LabelsError, match="loud"):
        layer_velocities(["p", "loud"])


def test_missing_or_incomplete_manifest_and_held_out_folders(tmp_path: Path) -> None:
    with pytest.raises(LabelsError, match=r"manifest\.tsv"):
        list(SampleFolders(tmp_path).instruments())
    (tmp_path / "manifest.tsv").write_text("file\tlayer\nx.ogg\t1\n")
    with pytest.raises(LabelsError, match="midi_pitch"):
        list(SampleFolders(tmp_path).instruments())
    with pytest.raises(LabelsError, match="kept back"):
        list(SampleFolders(tmp_path / "heldout_samples").instruments())
    write_manifest(tmp_path, make_library(tmp_path, "flute/philharmonia", 73, {"060_f_0": 0.5}))
    with pytest.raises(LabelsError, match="kept back"):
        list(SampleFolders(tmp_path).instruments())
