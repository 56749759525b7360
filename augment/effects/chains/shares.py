"""How many of the clips each effect of the training chain changes."""

from __future__ import annotations

from dataclasses import asdict, dataclass


@dataclass(frozen=True)
class EffectShares:
    """The share of the clips, 0 to 1, that each step of `chain.default_chain` is applied to."""

    detune: float = 0.3
    equaliser: float = 0.8
    filter: float = 0.25
    distortion: float = 0.07
    compression: float = 0.2
    chorus: float = 0.1
    reverb: float = 0.65
    room: float = 0.0  # instead of reverb: no clip has both
    street: float = 0.0
    noise: float = 0.75
    phone: float = 0.0
    agc: float = 0.0
    codec: float = 0.25

    def __post_init__(self) -> None:
        for name, share in asdict(self).items():
            if not 0.0 <= share <= 1.0:
                raise ValueError(f"{name} must be a share from 0 to 1, not {share}")
        if self.reverb + self.room > 1.0:
            raise ValueError(f"reverb and room are alternatives: {self.reverb} and {self.room} are more than all clips")
