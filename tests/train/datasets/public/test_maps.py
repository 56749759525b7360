"""The reader of MAPS, on a tree of its layout."""

from __future__ import annotations

from pathlib import Path

import pytest

from mp3tomidi.transcribe.errors import LabelsError

from ..trees import score, sound, text
from .reading import PLAYED, read, rows


def maps(root: Path) -> Path:
    for piano in ("AkPnBcht", "ENSTDkCl"):
        path = sound(root / piano / "MUS" / f"MAPS_MUS-bach_846_{piano}.wav")
        score(path.with_suffix(".mid"))
    path = sound(root / "AkPnBcht" / "ISOL" / "NO" / "MAPS_ISOL_NO_F_S0_M60_AkPnBcht.wav")
    text(path.with_suffix(".txt"), "OnsetTime\tOffsetTime\tMidiPitch\n0.25\t0.75\t60\n")
    return root


def test_maps_measures_on_the_disklavier(tmp_path: Path) -> None:
    found = read("maps", maps(tmp_path))
    assert {(r.set_name, r.split) for r in found.values()} == {
        ("AkPnBcht MUS", "train"),
        ("AkPnBcht ISOL", "train"),
        ("ENSTDkCl MUS", "test"),
    }
    assert rows(found["MAPS_MUS-bach_846_ENSTDkCl"]) == PLAYED
    assert rows(found["MAPS_ISOL_NO_F_S0_M60_AkPnBcht"]) == [[0.25, 0.75, 60.0, 0.0]]


def test_maps_names_sounds_without_labels_and_tables_that_are_none(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    maps(tmp_path)
    alone = sound(tmp_path / "AkPnBcht" / "MUS" / "MAPS_MUS-alone_AkPnBcht.wav")
    (tmp_path / "AkPnBcht/ISOL/NO/MAPS_ISOL_NO_F_S0_M60_AkPnBcht.txt").write_text("OnsetTime\nnever\n")
    found = read("maps", tmp_path)
    assert alone.stem not in found
    assert "MAPS_MUS-alone_AkPnBcht.wav: neither a .mid nor a .txt" in caplog.text
    with pytest.raises(LabelsError, match=r"M60_AkPnBcht\.txt: not lines of 3 numbers"):
        rows(found["MAPS_ISOL_NO_F_S0_M60_AkPnBcht"])
