"""What teaches a FamilyNet: the notes of one rendered mix, as the network sees them, and what plays them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mp3tomidi.transcribe.instruments import FAMILIES, KINDS, PROGRAMS

NO_KIND = -1
FAMILY_OF_PROGRAM = np.array(
    [FAMILIES.index(PROGRAMS[p].family) if p in PROGRAMS and PROGRAMS[p].family in FAMILIES else -1 for p in range(128)]
)
KIND_OF_PROGRAM = np.array(
    [next((index for index, kind in enumerate(KINDS) if p in kind.programs), NO_KIND) for p in range(128)]
)


@dataclass(frozen=True)
class Passage:
    """The notes of a clip: as `FamilyNet` sees them, timbre [notes, timbre_count] and place [notes, 3], and the indices
    of each one's family in FAMILIES and kind in KINDS (NO_KIND of a family that has none).
    """

    timbre: NDArray[np.float16]
    place: NDArray[np.float32]
    family: NDArray[np.intp]
    kind: NDArray[np.intp]

    def only(self, chosen: NDArray[np.intp]) -> Passage:
        return Passage(self.timbre[chosen], self.place[chosen], self.family[chosen], self.kind[chosen])
