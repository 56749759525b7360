from pathlib import Path

import pytest

from mp3tomidi.augment.heldout import is_held_out_kit, refuse_held_out
from mp3tomidi.transcribe.errors import LabelsError


@pytest.mark.parametrize(
    "path",
    [
        "data/soundfonts/FatBoy/000.sf3",
        "fonts/fatboy-v0.786.sf2",
        "GeneralUser GS v1.471.sf2",
        "fonts/General_User-GS.sf2",
        "data/samples/flute/philharmonia/060.ogg",
        "data/heldout_samples/flute/x/060.ogg",
        "data/valid/band/a.ogg",
        "data/Valid/band",
    ],
)
def test_held_out_material_is_refused(path: str) -> None:
    with pytest.raises(LabelsError, match="kept back for evaluation"):
        refuse_held_out(Path(path))


@pytest.mark.parametrize("path", ["data/soundfonts/FluidR3_GM/000.sf3", "data/samples", "data/validated/x.ogg"])
def test_other_material_is_not(path: str) -> None:
    assert refuse_held_out(Path(path)) == Path(path)


def test_a_link_does_not_hide_it(tmp_path: Path) -> None:
    (tmp_path / "valid").mkdir()
    (tmp_path / "train").symlink_to(tmp_path / "valid")
    with pytest.raises(LabelsError, match="valid"):
        refuse_held_out(tmp_path / "train")


def test_kits_are_held_out_by_maker_or_by_name() -> None:
    assert is_held_out_kit("TimGM6mb/128-000")
    assert is_held_out_kit("ForzeeStereo/2")
    assert is_held_out_kit("machine-fm/4")
    assert not is_held_out_kit("machine-fm/3")
    assert not is_held_out_kit("FluidR3_GM/128-000")
