"""Settings of signal analysis, shared by pictures and arrays."""

from __future__ import annotations

from dataclasses import dataclass

from mp3tomidi.transcribe.front_end.window_names import WINDOWS

PANELS = ("waveform", "spectrogram", "peak", "mel", "constant-q", "mfcc")
FREQUENCY_SCALES = ("linear", "log")
FEWEST_SAMPLES = 16  # of a window


@dataclass(frozen=True, slots=True)
class AnalysisSettings:
    """Lengths are in samples at the rate of analysis. Raises ValueError for what cannot be."""

    window: str = "hann"
    window_samples: int = 2048
    hop_samples: int = 512
    frequency: str = "linear"
    """Of the spectrogram: its own bins, or the bands at equal steps of pitch that note networks see."""
    mel_bands: int = 96
    mfcc_count: int = 20
    range_db: float = 80.0
    """What lies further below the loudest is not distinguished."""

    def __post_init__(self) -> None:
        if self.window not in WINDOWS:
            raise ValueError(f"no window called {self.window!r}; there are {', '.join(WINDOWS)}")
        if self.frequency not in FREQUENCY_SCALES:
            raise ValueError(f"no scale called {self.frequency!r}; there are {', '.join(FREQUENCY_SCALES)}")
        if self.window_samples < FEWEST_SAMPLES or self.window_samples % 2:
            raise ValueError(f"a window of {self.window_samples} samples: an even number from {FEWEST_SAMPLES} on")
        if not 1 <= self.hop_samples <= self.window_samples:
            raise ValueError(f"a hop of {self.hop_samples} samples: from 1 to the window's {self.window_samples}")
