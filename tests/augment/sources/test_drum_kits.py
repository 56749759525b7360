from pathlib import Path

import pytest

from mp3tomidi.augment.sources import drum_kits
from mp3tomidi.augment.sources.drum_kits import AVL_KEYS, AllDrumKits


def test_what_is_not_there_is_named_with_the_way_to_get_it_and_the_rest_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(drum_kits, "FONTS_WITH_KITS", ((str(tmp_path / "a.sf2"), "fluid", "MIT", "x"),))
    monkeypatch.setattr(drum_kits, "AVL_FONTS", ((str(tmp_path / "b.sf2"), "avl", "GPL-2+", "x"),))
    monkeypatch.setattr(drum_kits, "DEBIAN_FOLDER", tmp_path / "hydrogen")
    monkeypatch.setattr(drum_kits, "ONE_SHOTS", (("shots", "shots", "`npm pack shots`", "CC0", "x"),))
    told: list[str] = []
    kits = list(AllDrumKits([], tmp_path, told.append).instruments())
    assert {kit.name.partition("/")[0] for kit in kits} == {"machine-808", "machine-909", "machine-fm"}
    for line, way in zip(
        told, ("apt install fluid", "apt install avl", "apt install hydrogen", "npm pack"), strict=True
    ):
        assert way in line
        assert "left out" in line
        assert "\n" not in line


def test_avl_keys_are_general_midi() -> None:
    assert set(AVL_KEYS.values()) <= set(range(35, 82))
    assert len(set(AVL_KEYS.values())) == len(AVL_KEYS)
