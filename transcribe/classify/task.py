"""Classification tasks as tables, one TOML file each: which classes there are, how a recording is cut for them."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any

from mp3tomidi.transcribe.dataclass_parsing import SettingsError, parse
from mp3tomidi.transcribe.errors import TaskError
from mp3tomidi.transcribe.nearest import did_you_mean

ANSWERS = ("one", "many")
MERGINGS = ("mean", "vote", "attention")


@dataclass(frozen=True, slots=True)
class Task:
    """What is asked of a recording. Raises SettingsError if the values contradict each other.

    answer: "one" if the classes exclude each other (softmax), "many" if each holds or not (a sigmoid each).
    segment_samples, hop_samples: length of the segments and the distance of their starts, at `sample_rate` in Hz.
    merging: how the segments' answers become the recording's, one of MERGINGS; see `merging`.
    classes: none if training takes them from the names of the folders.
    """

    name: str
    about: str
    classes: tuple[str, ...] = ()
    answer: str = "one"
    sample_rate: int = 16_000
    segment_samples: int = 59_049
    hop_samples: int = 59_049
    merging: str = "mean"

    def __post_init__(self) -> None:
        if not self.name or not all(letter.isalnum() or letter in "_-" for letter in self.name):
            raise SettingsError(f"name must be letters, digits, _ and -, not {self.name!r}")
        if len(set(self.classes)) != len(self.classes) or not all(self.classes):
            raise SettingsError("classes must have names, each once")
        if self.answer not in ANSWERS:
            raise SettingsError(f"answer must be one of {', '.join(ANSWERS)}, not {self.answer!r}")
        if self.answer == "one" and len(self.classes) == 1:
            raise SettingsError("one class alone is no choice: name a second, or set answer to many")
        if self.merging not in MERGINGS:
            raise SettingsError(f"merging must be one of {', '.join(MERGINGS)}, not {self.merging!r}")
        if self.sample_rate < 1 or not 1 <= self.hop_samples <= self.segment_samples:
            raise SettingsError("sample_rate must be positive, and hop_samples from 1 to segment_samples")

    @property
    def segment_s(self) -> float:
        """Length of a segment in seconds."""
        return self.segment_samples / self.sample_rate


def task_names() -> list[str]:
    """The tasks that come with the package, sorted."""
    return sorted(path.stem for path in _folder().glob("*.toml"))


def load_task(name: str) -> Task:
    """A task by its name, or from the TOML file that is named. Raises TaskError."""
    if name in task_names():
        return read_task(_folder() / f"{name}.toml")
    if name.endswith(".toml"):
        return read_task(Path(name))
    guess = did_you_mean(name, task_names())
    raise TaskError(f"there is no task {name!r}{guess} there are {', '.join(task_names())}; or name a TOML file")


def read_task(path: Path) -> Task:
    """The task in a TOML file. Raises TaskError."""
    try:
        return task_from(tomllib.loads(path.read_text(encoding="utf-8")))
    except OSError as error:
        raise TaskError(f"{path}: cannot be read ({error.strerror})") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise TaskError(f"{path}: not valid TOML ({error})") from error
    except TaskError as error:
        raise TaskError(f"{path}: {error}") from error


def task_from(values: dict[str, Any]) -> Task:
    """A task from the values of its fields, as read from TOML or JSON. Raises TaskError."""
    try:
        task: Task = parse(Task, values, "task")
    except SettingsError as error:
        raise TaskError(str(error)) from error
    return task


def _folder() -> Path:
    return Path(str(resources.files("mp3tomidi.transcribe.classify") / "tasks"))
