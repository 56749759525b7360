"""BS.1770's own figure, and its gates."""

import numpy as np
import pytest

from mp3tomidi.augment.rendering.loudness import integrated_lufs


def tone(hz: float, amplitude: float, rate: int, duration_s: float = 4.0) -> np.ndarray:
    return (amplitude * np.sin(2 * np.pi * hz * np.arange(round(duration_s * rate)) / rate)).astype(np.float32)


@pytest.mark.parametrize("rate", [16_000, 44_100, 48_000])
@pytest.mark.parametrize("amplitude", [1.0, 0.1])
def test_a_sine_of_997_hz_has_3_lufs_less_than_its_peak(rate: int, amplitude: float) -> None:
    assert integrated_lufs(tone(997.0, amplitude, rate), rate) == pytest.approx(
        -3.01 + 20 * np.log10(amplitude), abs=0.05
    )


def test_bass_counts_less_and_treble_more() -> None:
    bass, middle, treble = (integrated_lufs(tone(hz, 0.1, 48_000), 48_000) for hz in (40.0, 997.0, 6000.0))
    assert bass == pytest.approx(middle - 6.0, abs=1.5)
    assert treble == pytest.approx(middle + 3.3, abs=0.3)


def test_rests_do_not_count_and_silence_is_none() -> None:
    sound = tone(997.0, 0.1, 16_000)
    with_rest = np.concatenate([sound, np.zeros_like(sound), 1e-3 * sound])
    assert integrated_lufs(with_rest, 16_000) == pytest.approx(integrated_lufs(sound, 16_000), abs=0.3)
    assert integrated_lufs(np.zeros(16_000, np.float32), 16_000) == -np.inf
    assert integrated_lufs(sound[:100], 16_000) == -np.inf
