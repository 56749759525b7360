"""SampleCNNs' sizes, known without torch: the published ones, and those for playing quality and for one-shots.

An m^n model has n modules, whose filters and pools are m samples long, after a first convolution of m samples that also
moves by m: its input has m^(n+1) samples, 59,049 with 3^9. A longer first filter stands for several small ones ("frame
level" in Lee et al. 2017, arXiv 1703.01789).
"""

from __future__ import annotations

from dataclasses import dataclass

from mp3tomidi.transcribe.dataclass_parsing import SettingsError

BLOCKS = ("plain", "se", "residual", "rese")  # the first is of 2017, the others of 2018 (arXiv 1710.10451)


@dataclass(frozen=True, slots=True)
class SampleCnnSettings:
    """The size of a SampleCNN; by default the published 3^9 model. Raises SettingsError if it makes no sense."""

    class_count: int = 50
    first_samples: int = 3  # length and stride of the first filter
    first_channels: int = 128
    filter_samples: int = 3  # length of the modules' filters and of their pools
    channels: tuple[int, ...] = (128, 128, 256, 256, 256, 256, 256, 256, 512)  # of the modules
    block: str = "plain"
    squeeze_ratio: float = 16.0  # units of a squeeze-and-excitation for each of its channels
    block_dropout: float = 0.2  # between the two convolutions of a residual block
    dropout: float = 0.5

    def __post_init__(self) -> None:
        sizes = (self.class_count, self.first_samples, self.first_channels, *self.channels)
        if min(sizes) < 1 or not self.channels:
            raise SettingsError("a SampleCNN needs classes, a first filter and modules, of at least one channel each")
        if self.filter_samples < 2:
            raise SettingsError(f"filter_samples must be 2 or more, not {self.filter_samples}")
        if self.block not in BLOCKS:
            raise SettingsError(f"block must be one of {', '.join(BLOCKS)}, not {self.block!r}")
        if self.squeeze_ratio <= 0 or not (0 <= self.dropout < 1 and 0 <= self.block_dropout < 1):
            raise SettingsError("squeeze_ratio must be above 0, and dropouts from 0 to below 1")

    @property
    def clip_samples(self) -> int:
        """Samples of a clip: what the first filter and all the pools together bring down to one."""
        return self.first_samples * int(self.filter_samples ** len(self.channels))


def published(
    filter_samples: int, modules: int, first_samples: int | None = None, class_count: int = 50, block: str = "plain"
) -> SampleCnnSettings:
    """The m^n model, m = `filter_samples` of 2 to 5 and n = `modules` of 3 or more; `published(3, 9)` is the default.

    The channels follow the table of 3^9 for every n: 128 in the first two modules, 512 in the last, 256 between.
    `first_samples` is m by default; Lee et al. keep 59,049 samples with 3^n by a first filter of 3^(10-n).
    Raises SettingsError for other m and n.
    """
    if not 2 <= filter_samples <= 5 or modules < 3:
        raise SettingsError(f"there is no {filter_samples}^{modules} model: m is 2 to 5, n 3 or more")
    return SampleCnnSettings(
        class_count=class_count,
        first_samples=filter_samples if first_samples is None else first_samples,
        filter_samples=filter_samples,
        channels=(128, 128, *[256] * (modules - 3), 512),
        block=block,
    )


def one_shots(class_count: int, block: str = "plain") -> SampleCnnSettings:
    """A small 3^8 model for single sounds: 19,683 samples, 1.23 s at 16 kHz."""
    return SampleCnnSettings(
        class_count=class_count,
        first_channels=24,
        channels=(24, 24, 32, 32, 48, 48, 64, 96),
        block=block,
        squeeze_ratio=1.0,
        dropout=0.3,
    )
