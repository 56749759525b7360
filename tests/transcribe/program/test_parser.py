"""The parser of all commands: an unknown option or choice brings the nearest one of that command."""

from __future__ import annotations

import subprocess
import sys

import pytest

from mp3tomidi.transcribe.program.parser import Parser


def parser() -> Parser:
    made = Parser(prog="play")
    made.add_argument("files", nargs="*")
    made.add_argument("--model")
    made.add_argument("-o", "--output")
    made.add_argument("--min-pitch")
    made.add_argument("--instruments")
    return made


def said(capsys: pytest.CaptureFixture[str], made: Parser, words: list[str]) -> str:
    with pytest.raises(SystemExit) as stopped:
        made.parse_args(words)
    assert stopped.value.code == 2
    (line,) = capsys.readouterr().err.splitlines()
    return line


@pytest.mark.parametrize(
    ("words", "meant"),
    [
        (["a.mp3", "--modle", "best"], "there is no option --modle, did you mean --model?"),
        (["--modle=best", "a.mp3"], "there is no option --modle, did you mean --model?"),
        (["a.mp3", "--MODEL"], "there is no option --MODEL, did you mean --model?"),
        (["a.mp3", "--minpitch", "40"], "there is no option --minpitch, did you mean --min-pitch?"),
        (["a.mp3", "--ouput", "x"], "there is no option --ouput, did you mean --output?"),
        (["a.mp3", "--zzz"], "unrecognized arguments: --zzz;"),
        (["a.mp3", "--nonsense"], "unrecognized arguments: --nonsense;"),
        (["a.mp3", "-x"], "unrecognized arguments: -x;"),
    ],
)
def test_an_unknown_option_brings_the_one_that_was_meant(
    capsys: pytest.CaptureFixture[str], words: list[str], meant: str
) -> None:
    assert said(capsys, parser(), words) == f"play: {meant} see play --help"


def test_the_option_is_one_of_the_sub_command(capsys: pytest.CaptureFixture[str]) -> None:
    made = Parser(prog="work")
    made.add_argument("--stops")
    run = made.add_subparsers(required=True).add_parser("run")
    run.add_argument("--steps", type=int)
    line = said(capsys, made, ["run", "--stpes", "4"])
    assert line == "work run: there is no option --stpes, did you mean --steps? see work run --help"


@pytest.mark.parametrize(
    ("words", "wrong"),
    [
        (["rnu"], "argument COMMAND: there is no rnu, did you mean run? see work --help"),
        (["run", "--model", "bst"], "run: argument --model: there is no bst, did you mean best? see work run --help"),
    ],
)
def test_an_unknown_choice_brings_the_one_that_was_meant(
    capsys: pytest.CaptureFixture[str], words: list[str], wrong: str
) -> None:
    made = Parser(prog="work")
    run = made.add_subparsers(required=True, metavar="COMMAND").add_parser("run")
    run.add_argument("--model", choices=("fast", "best"))
    assert said(capsys, made, words).endswith(wrong)
    assert "invalid choice: 'zzz' (choose from" in said(capsys, made, ["zzz"])


@pytest.mark.parametrize(
    ("program", "words", "meant"),
    [
        ("transcribe.program.cli", ["song.mp3", "--modle", "best"], "--model"),
        ("transcribe.program.drums_cli", ["song.mp3", "--tmepo", "90"], "--tempo"),
        ("transcribe.program.drums_cli", ["--one-shots", "samples", "--ouput", "x"], "--output"),
        ("transcribe.program.classify_cli", ["song.mp3", "--taks", "singing"], "--task"),
        ("transcribe.program.classify_cli", ["embed", "song.mp3", "-o", "x.npz", "--taks", "singing"], "--task"),
        ("serve.cli", ["--prot", "80"], "--port"),
        ("augment.cli", ["apply", "in", "out", "--recpie", "studio"], "--recipe"),
        ("train.cli", ["evaluate", "--wieghts", "x"], "--weights"),
    ],
)
def test_every_program_brings_it_in_one_line_with_status_2(program: str, words: list[str], meant: str) -> None:
    code = f"import sys; from mp3tomidi.{program} import main; sys.exit(main(sys.argv[1:]))"
    done = subprocess.run([sys.executable, "-c", code, *words], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    (line,) = done.stderr.splitlines()
    assert f", did you mean {meant}? see mp3tomidi" in line
