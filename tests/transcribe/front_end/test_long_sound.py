import numpy as np

from mp3tomidi.transcribe.front_end.filters import LogFrequencySettings
from mp3tomidi.transcribe.front_end.long_sound import spectra

SETTINGS = LogFrequencySettings(window_samples=(4096,))


def test_spectra_of_sound_in_blocks_are_those_of_the_whole() -> None:
    sound = np.random.default_rng(0).normal(0.0, 0.1, 50_000).astype(np.float32)
    in_blocks = np.split(sound, [7000, 7100, 30_000])
    whole, joined = (np.concatenate(list(spectra(blocks, SETTINGS))) for blocks in ([sound], in_blocks))
    assert len(whole) == 157
    np.testing.assert_allclose(joined, whole, atol=1e-6)
