import shutil
from pathlib import Path

import pytest

from mp3tomidi.augment.banks import Bank
from mp3tomidi.transcribe.errors import LabelsError


def test_damaged_bank_is_refused(tiny_banks: Path, tmp_path: Path) -> None:
    bank = shutil.copytree(tiny_banks / "sines", tmp_path / "bank")
    Bank.open(bank)
    with (bank / "samples.f16").open("ab") as file:
        file.write(b"\0\0")
    with pytest.raises(LabelsError, match=r"samples\.f16"):
        Bank.open(bank)


def test_folder_without_a_finished_bank_is_refused(tiny_banks: Path, tmp_path: Path) -> None:
    with pytest.raises(LabelsError, match="no finished bank"):
        Bank.open(tmp_path)
    bank = shutil.copytree(tiny_banks / "sines", tmp_path / "bank")
    (bank / "manifest.json").unlink()
    with pytest.raises(LabelsError, match="no finished bank"):
        Bank.open(bank)
