import shutil
from pathlib import Path

import numpy as np
import pytest

from mp3tomidi.augment.banks.bank import Bank, BankInstrument
from mp3tomidi.augment.labels import NOTE
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


def test_a_source_is_kept_back_alone_and_where_it_sings_with_others() -> None:
    names = ["SGM_V2.01/003", "SGM_V2.01x/003", "electric_piano/jlearman_rhodes", "flite-rms/1.02", "flite-slt/1.05"]
    names += ["choir/flite-slt+flite-rms", "choir/flite-slt"]
    instruments = [BankInstrument(name, "voice", 52, "CC0", "", slice(0), slice(0)) for name in names]
    bank = Bank(np.zeros(0, np.float16), *(np.zeros(0, NOTE) for _ in range(3)), instruments)
    kept_back = ("SGM_V2.01", "jlearman_rhodes", "flite-rms")
    assert [each.name for each in bank.without(kept_back).instruments] == [names[1], names[4], names[6]]
    assert [each.name for each in bank.only(kept_back).instruments] == [names[0], names[2], names[3], names[5]]
