"""Names of the fonts, libraries and drum kits that are kept out of training, for evaluation."""

from __future__ import annotations

from pathlib import Path

from mp3tomidi.transcribe.errors import LabelsError

# A folder of one of these names holds only recordings to test on, whatever is in it.
_HELD_OUT_FOLDERS = frozenset({"valid", "heldout_samples"})
# Fonts and libraries that the test sets were made with, under any spelling of their names.
_HELD_OUT_NAMES = ("fatboy", "generaluser", "philharmonia")
# Drum kits that only tests play, a tenth of all: fonts, recorded kits with layers and without, and synthesised ones.
# Whole makers, together with whoever shares sounds with them (found by correlating all strokes: Airfont_320 has 72 of
# its 141 from where TimGM6mb has them), so that no sound of theirs is taught under another kit's name.
_HELD_OUT_KIT_MAKERS = frozenset(
    {"TimGM6mb", "Airfont_320", "SGM_V2.01", "ForzeeStereo", "Millo_MultiLayered2", "TR808EmulationKit", "Audiophob"}
)
_HELD_OUT_KITS = frozenset({"machine-808/4", "machine-909/4", "machine-fm/4"})


def is_held_out_kit(name: str) -> bool:
    """Whether a drum kit of a bank, by its name MAKER/KIT, is kept back for evaluation."""
    return name.partition("/")[0] in _HELD_OUT_KIT_MAKERS or name in _HELD_OUT_KITS


def refuse_held_out(path: Path) -> Path:
    """Return `path` unchanged, or raise LabelsError if it (links followed) is kept back for evaluation."""
    for part in (*path.absolute().parts, *path.resolve().parts):
        letters = "".join(character for character in part.casefold() if character.isalnum())
        if part.casefold() in _HELD_OUT_FOLDERS or any(name in letters for name in _HELD_OUT_NAMES):
            raise LabelsError(
                f"{path}: {part!r} is kept back for evaluation and never trained on; take it out of the data"
            )
    return path
