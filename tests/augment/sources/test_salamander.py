import tarfile
from pathlib import Path

import numpy as np
import pytest
import soundfile

from mp3tomidi.augment.sources.salamander import Salamander, cut
from mp3tomidi.transcribe.errors import LabelsError

RATE = 48000
ONSET_S = 0.05
NOTES = {"A0": 21, "D#4": 63}


def make_layers(folder: Path, *, packed: bool, layers: range = range(1, 17)) -> None:
    """Two short notes a layer, that begin 50 ms into the file and get louder by layer."""
    for layer in layers:
        audio = folder / f"layer{layer}" / "package" / "audio"
        audio.mkdir(parents=True)
        time_s = np.arange(RATE // 4) / RATE - ONSET_S
        for name, pitch in NOTES.items():
            sound = 0.03 * layer * np.sin(2 * np.pi * 440 * 2 ** ((pitch - 69) / 12) * time_s) * np.exp(-time_s / 3)
            sound[time_s < 0] = 0
            soundfile.write(audio / f"{name}v{layer}.ogg", np.stack([sound, 0.5 * sound], axis=1), RATE)
        if packed:
            with tarfile.open(folder / f"audio-samples-piano-velocity{layer}-1.0.5.tgz", "w:gz") as archive:
                archive.add(audio.parent, arcname="package")
            for path in sorted(audio.iterdir()):
                path.unlink()


@pytest.mark.parametrize("packed", [True, False])
def test_layers_and_keys(tmp_path: Path, packed: bool) -> None:
    make_layers(tmp_path, packed=packed)
    (piano,) = Salamander(tmp_path).instruments()
    assert (piano.family, piano.program, piano.licence) == ("piano", 0, "CC BY 3.0")
    notes = list(piano.notes)
    assert [note.pitch for note in notes] == [21, 63] * 16
    assert [note.velocity for note in notes[::2]] == pytest.approx([7.6 * layer for layer in range(1, 17)])
    levels = [np.abs(note.samples).max() for note in notes[1::2]]
    assert np.all(np.diff(levels) > 0)
    middle = notes[1]
    assert middle.release_samples == len(middle.samples)
    first = int(np.argmax(np.abs(middle.samples) > 0.3 * levels[0]))
    assert first == pytest.approx(160, abs=40)  # 10 ms before the onset, wherever in the file that was


def test_long_notes_are_cut_and_faded() -> None:
    time_s = np.arange(3 * 16000) / 16000
    sound = np.concatenate([np.zeros(800), np.sin(2 * np.pi * 440 * time_s)]).astype(np.float32)
    short = cut(sound, 2.0)
    assert len(short) == 32000
    assert np.abs(short[160 - 40 : 160 + 40]).max() > 0.5  # begins 10 ms before the onset
    assert np.abs(short[:100]).max() == 0
    assert np.abs(short[-4100:-3900]).max() == pytest.approx(0.5, abs=0.02)
    assert np.abs(short[-10:]).max() < 0.01
    np.testing.assert_array_equal(cut(sound, 10.0)[160:], sound[len(sound) - len(cut(sound, 10.0)) + 160 :])


def test_missing_layers_say_how_to_get_them(tmp_path: Path) -> None:
    make_layers(tmp_path, packed=False, layers=range(1, 2))
    (piano,) = Salamander(tmp_path).instruments()
    with pytest.raises(LabelsError, match=r"layer 2 .*npm pack"):
        list(piano.notes)
