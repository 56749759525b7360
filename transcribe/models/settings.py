"""The networks' sizes, and what their outputs are called: known without torch."""

from __future__ import annotations

from dataclasses import dataclass, field

from mp3tomidi.transcribe.filters import LogFrequencySettings

OUTPUTS = ("onset", "frame", "offset", "velocity")  # of NoteNet, in this order


@dataclass(frozen=True, slots=True)
class NoteNetSettings:
    """The network's size and the front end it is made for."""

    channels: int = 32
    time_dilations: tuple[int, ...] = (1, 2, 4, 8, 1, 2, 4, 16)
    pitch_dilations: tuple[int, ...] = (1, 12, 7, 4, 1, 12, 5, 2)
    front_end: LogFrequencySettings = field(default_factory=LogFrequencySettings)

    @property
    def context_frames(self) -> int:
        """Frames of the spectrogram on either side that an output depends on."""
        return 2 + sum(self.time_dilations) + 1


@dataclass(frozen=True, slots=True)
class NoteJudgeSettings:
    hidden: tuple[int, int] = (64, 16)
    dropout: float = 0.15
