"""The metres that recordings are counted in."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Metre:
    """How bars are counted in beats: quarters, dotted quarters in compound metres, eighths in 7/8.

    numerator, denominator: of the time signature.
    groups: beats of each group in a bar; the first beat of every group is accented.
    division: into how many parts a beat is divided, 2 or 3; 3 where it swings, too.
    """

    numerator: int
    denominator: int
    groups: tuple[int, ...]
    division: int = 2
    swung: bool = False

    @property
    def signature(self) -> str:
        """As it is written, for instance 6/8."""
        return f"{self.numerator}/{self.denominator}"

    @property
    def beats(self) -> int:
        """To a bar."""
        return sum(self.groups)

    @property
    def beat_quarters(self) -> float:
        """The length of a beat in quarter notes."""
        return 4.0 * self.numerator / self.denominator / self.beats

    @property
    def name(self) -> str:
        """Unique in METRES."""
        accents = "+".join(str(group) for group in self.groups)
        kind = "swung" if self.swung else f"in {self.division}"
        return f"{self.signature} {kind} ({accents})"


METRES = (
    Metre(4, 4, (2, 2)),
    Metre(4, 4, (2, 2), 3),
    Metre(4, 4, (2, 2), 3, swung=True),
    Metre(3, 4, (3,)),
    Metre(3, 4, (3,), 3, swung=True),
    Metre(2, 4, (2,)),
    Metre(5, 4, (3, 2)),
    Metre(5, 4, (2, 3)),
    Metre(5, 4, (3, 2), 3, swung=True),
    Metre(6, 8, (2,), 3),
    Metre(7, 8, (2, 2, 3)),
    Metre(7, 8, (3, 2, 2)),
    Metre(12, 8, (2, 2), 3),
)
SIGNATURES = tuple(sorted({metre.signature for metre in METRES}, key=lambda name: [int(n) for n in name.split("/")]))


def known_metre(signature: str | None) -> str | None:
    """The signature as it is, if it is one of SIGNATURES or None; else raises ValueError."""
    if signature is not None and signature not in SIGNATURES:
        raise ValueError(f"{signature!r} is no metre that can be found; these are: {', '.join(SIGNATURES)}")
    return signature
