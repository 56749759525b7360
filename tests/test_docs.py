"""The examples in the README and in docs/ run, and the options that they name are there."""

import ast
import importlib
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import soundfile
from safetensors import safe_open

from mp3tomidi.transcribe.program import cli

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
SCRIPTS = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["scripts"]
TOLD = [*PAGES, ROOT / "CONTRIBUTING.md", ROOT / "train" / "EXPERIMENTS.md"]
FOLDERS = ("transcribe", "augment", "train", "serve", "tests", "docs", "examples")
RUN = (
    "README",
    "augment",
    "evaluate",
    "index",
    "transcribe",
)  # the others need data or weights of yours


def blocks(page: Path, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", page.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)


def examples() -> list[object]:
    return [
        pytest.param(page, block, id=f"{page.stem}-{number}")
        for page in PAGES
        for number, block in enumerate(blocks(page, "python"))
    ]


def commands() -> dict[tuple[str, ...], set[str]]:
    """Programs with their sub-commands, and the options that any page gives to them."""
    named: dict[tuple[str, ...], set[str]] = {}
    for page in PAGES:
        for line in "\n".join(blocks(page, "sh")).replace("\\\n", " ").splitlines():
            for command in line.partition(" #")[0].split("|"):
                words = command.split()
                words = words[1:] if words[:1] == ["./setup.sh"] else words
                if words and words[0] in SCRIPTS:
                    has_sub = words[0] in ("mp3tomidi-augment", "mp3tomidi-train") or words[1:2] == ["serve"]
                    key = tuple(words[: 2 if has_sub and not words[1].startswith("-") else 1])
                    options = {word.partition("=")[0] for word in words[len(key) :] if word.startswith("--")}
                    named.setdefault(key, set()).update(options)
    return named


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the examples name: two files of a song, and a folder with one labelled recording."""
    folder = tmp_path_factory.mktemp("examples")
    shutil.copy(ROOT / "examples" / "song.mp3", folder / "song.mp3")
    samples, rate = soundfile.read(folder / "song.mp3", frames=4 * 44_100, dtype="float32", always_2d=True)
    soundfile.write(folder / "song.wav", samples, rate)
    (folder / "FOLDER").mkdir()
    soundfile.write(folder / "FOLDER" / "a.wav", samples, rate)
    (folder / "FOLDER" / "a.notes.tsv").write_text("0.5\t1.0\t60\t90\n", encoding="utf-8")
    return folder


@pytest.mark.parametrize(("page", "block"), examples())
def test_what_an_example_imports_is_there(page: Path, block: str) -> None:
    for statement in ast.walk(ast.parse(block, page.name)):
        if isinstance(statement, ast.ImportFrom) and statement.module:
            module = importlib.import_module(statement.module)
            for alias in statement.names:
                if not hasattr(module, alias.name):
                    importlib.import_module(f"{statement.module}.{alias.name}")


@pytest.mark.parametrize(("page", "block"), [one for one in examples() if one.values[0].stem in RUN])
def test_an_example_runs(page: Path, block: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    exec(compile(block, f"<{page.name}>", "exec"), {"__name__": "example"})


def shell_lines(start: str) -> list[list[str]]:
    """The README's commands that begin so, as words."""
    lines = "\n".join(blocks(ROOT / "README.md", "sh")).splitlines()
    return [line.partition(" #")[0].split() for line in lines if line.startswith(start)]


def test_the_first_command_of_the_readme_can_be_given_twice(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    ((_, _, _, *arguments),) = shell_lines("./setup.sh mp3tomidi examples/song.mp3 ")
    for _ in range(2):
        assert cli.main(["song.wav", *arguments]) == 0


def test_the_commands_of_the_readme_do_not_get_in_each_others_way(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copy(folder / "song.wav", tmp_path / "song.mp3")  # of four seconds; what it is shows in its content
    monkeypatch.chdir(tmp_path)
    commands = shell_lines("mp3tomidi song.mp3")
    assert len(commands) >= 4
    for _, *arguments in commands:
        assert cli.main(arguments) == 0


def test_the_example_leaves_its_results_place_free() -> None:
    tracked = subprocess.run(["git", "ls-files", "examples"], cwd=ROOT, capture_output=True, text=True, check=False)
    if tracked.returncode == 0:
        assert "examples/song.mid" not in tracked.stdout.splitlines()


def test_the_readme_counts_the_parameters_of_a_transcription() -> None:
    weights = ROOT / "transcribe" / "weights"
    drums_and_pedal = parameters(weights, "pedal_net", "drum_net", "drum_judge", "drum_velocity")
    totals = [
        drums_and_pedal + parameters(folder, "note_net", "note_judge", "family_net")
        for folder in (weights, weights / "best")
    ]
    told = re.search(r"have ([\d,]+) parameters, ([\d,]+) with", (ROOT / "README.md").read_text(encoding="utf-8"))
    assert told is not None
    assert [int(number.replace(",", "")) for number in told.groups()] == pytest.approx(totals, rel=0.01)


def parameters(folder: Path, *networks: str) -> int:
    """How many numbers were trained; running means of batch normalisations are measured."""
    count = 0
    for network in networks:
        with safe_open(folder / f"{network}.safetensors", "np") as tensors:
            names = [name for name in tensors.keys() if "running" not in name and "num_batches" not in name]  # noqa: SIM118
            count += sum(tensors.get_tensor(name).size for name in names)
    return count


@pytest.mark.parametrize("page", TOLD, ids=lambda page: page.stem)
def test_files_that_are_named_are_there(page: Path) -> None:
    """As whole paths or as their last parts; capitals, as in NAME.py, stand for any name."""
    files = [path.relative_to(ROOT) for folder in FOLDERS for path in (ROOT / folder).rglob("*.*")]
    known = {"/".join(path.parts[start:]) for path in files for start in range(len(path.parts))}
    named = set(
        re.findall(r"(?<![\w./-])[\w-]+(?:/[\w-]+)*\.(?:py|toml|md|js|css|json)\b", page.read_text(encoding="utf-8"))
    )
    ours = {name for name in named if name.endswith(".py") or name.startswith(tuple(f"{one}/" for one in FOLDERS))}
    assert sorted(name for name in ours - known if not re.search(r"\b[A-Z]+\b", name)) == []


@pytest.mark.parametrize("command", sorted(commands()), ids=" ".join)
def test_options_that_are_named_are_there(
    command: tuple[str, ...], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    module, function = SCRIPTS[command[0]].split(":")
    monkeypatch.setattr(sys, "argv", [*command, "--help"])
    with pytest.raises(SystemExit) as ended:
        sys.exit(getattr(importlib.import_module(module), function)())
    assert ended.value.code in (0, None)
    known = set(re.findall(r"--[\w-]+", capsys.readouterr().out))
    assert sorted(commands()[command] - known) == []
