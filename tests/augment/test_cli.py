import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile

from mp3tomidi.augment import cli
from mp3tomidi.augment.banks import building
from mp3tomidi.augment.banks.bank import Bank

COLUMNS = "file\tinstrument\tgm_program(0-based)\tmidi_pitch\tlayer\tseconds\tlicence\n"


def make_samples(data: Path) -> None:
    folder = data / "samples" / "piano" / "tiny"
    folder.mkdir(parents=True)
    lines = [COLUMNS]
    for pitch in (60, 64, 67, 70):
        amplitude = 0.5 if pitch < 70 else 0.0
        sound = amplitude * np.sin(2 * np.pi * 440 * 2 ** ((pitch - 69) / 12) * np.arange(16000) / 32000)
        soundfile.write(folder / f"{pitch:03d}_f_0.flac", sound, 32000)
        lines.append(f"piano/tiny/{pitch:03d}_f_0.flac\tpiano\t0\t{pitch}\tf\t0.5\tCC0\n")
    (data / "samples" / "manifest.tsv").write_text("".join(lines))


def test_bank_of_samples(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    make_samples(tmp_path)
    assert cli.main(["bank", "samples", str(tmp_path / "bank"), "--data", str(tmp_path)]) == 0
    printed = capsys.readouterr()
    assert "1 instruments, 3 notes" in printed.out
    assert "1 silent" in printed.out
    assert "piano/tiny: 3 notes (1 silent)" in printed.err
    assert Bank.open(tmp_path / "bank").notes["pitch"].tolist() == [60, 64, 67]
    assert json.loads((tmp_path / "bank" / "manifest.json").read_text())["credits"] == [["CC0", "tiny"]]


def test_bank_at_another_rate(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    make_samples(tmp_path)
    words = ["bank", "samples", str(tmp_path / "bank"), "--data", str(tmp_path)]
    assert cli.main([*words, "--rate", "32000"]) == 0
    bank = Bank.open(tmp_path / "bank")
    assert bank.sample_rate == 32_000
    assert bank.notes["length"].tolist() == [16_000] * 3  # half a second
    capsys.readouterr()
    assert cli.main(words) == 1
    error = capsys.readouterr().err
    assert "holds a bank at 32000 Hz, not at 16000 Hz" in error
    assert error.count("\n") == 1
    assert Bank.open(tmp_path / "bank").sample_rate == 32_000


def test_a_rate_that_is_none_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for rate in ("fast", "0", "1000000"):
        with pytest.raises(SystemExit):
            cli.main(["bank", "sines", str(tmp_path), "--data", str(tmp_path), "--rate", rate])
        assert "give a sample rate in Hz" in capsys.readouterr().err


def test_singers_need_whole_frames(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["bank", "sung", str(tmp_path / "bank"), "--data", str(tmp_path), "--rate", "22050"]) == 1
    assert "multiple of 200 Hz, not 22050 Hz" in capsys.readouterr().err


@pytest.mark.parametrize("kind", ["fonts", "samples", "salamander", "drums"])
def test_missing_data_is_one_line_and_a_failure(tmp_path: Path, capsys: pytest.CaptureFixture[str], kind: str) -> None:
    assert cli.main(["bank", kind, str(tmp_path / "bank"), "--data", str(tmp_path / "none")]) == 1
    error = capsys.readouterr().err
    assert error.startswith("mp3tomidi-augment: ")
    assert error.count("\n") == 1
    assert str(tmp_path / "none") in error


def test_stopping_says_that_it_goes_on(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def stopped(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(building, "build", stopped)
    assert cli.main(["bank", "samples", str(tmp_path / "bank"), "--data", str(tmp_path)]) == 130
    assert "goes on" in capsys.readouterr().err


def test_help_lists_the_banks_that_the_sources_declare(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        cli.main(["bank", "--help"])
    printed = capsys.readouterr().out
    declared = ["drums", "fonts", "salamander", "samples", "sines", "speech", "sung"]
    assert [line.split()[0] for line in printed.splitlines() if line.startswith("  ") and line.split()[0] in declared][
        :7
    ] == declared


def test_a_bank_of_no_kind_is_refused_in_a_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["bank", "fnts", str(tmp_path / "bank"), "--data", str(tmp_path)]) == 1
    assert "no kind of bank 'fnts', only drums, fonts" in capsys.readouterr().err
    assert not (tmp_path / "bank").exists()


def test_without_torch_the_extra_is_named(tmp_path: Path) -> None:
    program = (
        "import sys; sys.modules['torch'] = None; from mp3tomidi.augment import cli; sys.exit(cli.main(sys.argv[1:]))"
    )
    ran = subprocess.run(
        [sys.executable, "-c", program, "apply", "--list"], capture_output=True, text=True, cwd=tmp_path, check=False
    )
    assert ran.returncode == 1
    assert ran.stderr.startswith("mp3tomidi-augment: torch is missing: ")
    assert ran.stderr.endswith('pip install "mp3tomidi[train]"\n')
