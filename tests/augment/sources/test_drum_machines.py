import numpy as np
import pytest

from mp3tomidi.augment.banks.gate import admit
from mp3tomidi.augment.sources.drum_machines import KITS_A_STYLE, STYLES, VELOCITIES, DrumMachines
from mp3tomidi.augment.sources.source import DEFAULT_SAMPLE_RATE as SAMPLE_RATE
from mp3tomidi.augment.sources.source import RenderedNote


def centre_hz(note: RenderedNote) -> float:
    power = np.abs(np.fft.rfft(note.samples)) ** 2
    return float((np.fft.rfftfreq(len(note.samples), 1 / SAMPLE_RATE) * power).sum() / power.sum())


def peak(note: RenderedNote) -> float:
    return float(np.abs(note.samples).max())


@pytest.mark.parametrize("index", [0, KITS_A_STYLE, 2 * KITS_A_STYLE])
def test_pieces_sound_like_what_they_are_called(index: int) -> None:
    kits = list(DrumMachines().instruments())
    assert len(kits) == len(STYLES) * KITS_A_STYLE
    admitted, dropped = admit(kits[index])
    assert not dropped
    hits = {(note.pitch, note.velocity): (note, measure) for note, measure in admitted}
    loud = {key: note for (key, velocity), (note, _) in hits.items() if velocity == VELOCITIES[-1]}
    lengths_s = {key: hits[key, VELOCITIES[-1]][1].sounding_samples / SAMPLE_RATE for key in loud}
    assert centre_hz(loud[36]) < 400 < centre_hz(loud[38]) < centre_hz(loud[42])
    toms = [centre_hz(loud[key]) for key in (41, 45, 50)]
    assert toms == sorted(toms)
    assert lengths_s[42] < 0.4 * lengths_s[46]
    assert lengths_s[49] > 1.0
    for key in loud:
        levels = [peak(hits[key, velocity][0]) for velocity in VELOCITIES]
        assert 20 * np.log10(levels[2] / levels[0]) == pytest.approx(0.25 * (VELOCITIES[2] - VELOCITIES[0]), abs=0.1)
        assert hits[key, VELOCITIES[0]][1].onset_samples < 0.01 * SAMPLE_RATE


def test_the_kits_differ_and_are_always_the_same() -> None:
    def kicks() -> list[bytes]:
        return [next(iter(kit.notes)).samples.tobytes() for kit in DrumMachines().instruments()]

    first = kicks()
    assert len(set(first)) == len(first)
    assert first == kicks()
