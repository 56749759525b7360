"""The command mp3tomidi-train: trains, measures and packs networks."""

from __future__ import annotations

import argparse
import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from types import FrameType, ModuleType
from typing import TYPE_CHECKING

from mp3tomidi.transcribe.errors import Mp3toMidiError
from mp3tomidi.transcribe.installing import install_command
from mp3tomidi.transcribe.program.numbers import number
from mp3tomidi.transcribe.program.parser import Parser

if TYPE_CHECKING:
    from mp3tomidi.train.datasets.public.registry import Wanted

_MEASURING = {"evaluate", "kits", "classes"}  # those of measuring_commands.py; the others are in training_commands.py


def _parser() -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = Parser(prog="mp3tomidi-train", description="Teach, measure and pack networks.")
    commands = parser.add_subparsers(dest="command", required=True)

    _add_run(commands)
    _add_burst(commands)
    evaluate = commands.add_parser("evaluate", help="score weights on labelled recordings")
    evaluate.add_argument("--data", type=Path, help="folder with NAME.notes.tsv / NAME.drums.tsv")
    _add_dataset(evaluate, "instead of --data: a data set; its test split, unless SPLIT is given")
    evaluate.add_argument("--weights", type=Path, help="folder of weights (default: the shipped ones)")
    evaluate.add_argument("--drums", action="store_true", help="score drum hits, by the folder's drum network")
    evaluate.add_argument("--sweep", action="store_true", help="onset F1 over thresholds instead of one table")
    evaluate.add_argument("--json", type=Path, metavar="FILE", help="write the scores to FILE as well")
    evaluate.add_argument("--card", action="store_true", help="write the figures into the weights' cards as well")
    evaluate.add_argument("--device", default="cpu")

    export = commands.add_parser("export", help="turn a run into weights with a card")
    export.add_argument("run", type=Path, help="the run's folder")
    export.add_argument("weights", type=Path, help="folder of weights; the card is written beside them")
    export.add_argument("--banks", type=Path, help="the banks that taught it, for their credits")
    export.add_argument("--last", action="store_true", help="the last weights instead of the averaged ones")

    _add_deciders(commands)
    _add_pedal(commands)
    _add_classify(commands)
    _add_join(commands)
    _add_one_class(commands)
    _add_performances(commands)
    _add_classes(commands)
    _add_kits(commands)
    _add_one_shots(commands)
    _add_experiment(commands)

    pack = commands.add_parser("pack", help="write what a recipe needs, to train on a machine that has nothing")
    pack.add_argument("recipe", type=Path, help="RECIPE.toml")
    pack.add_argument("out", type=Path, help="folder for part-000.tar and so on")
    pack.add_argument("--banks", type=Path, required=True, help="folder of banks")
    pack.add_argument("--data", type=Path, required=True, help="folder with midi/, what the passages are drawn from")
    pack.add_argument("--part-mb", type=float, default=60.0, help="largest size of a part, in 10^6 bytes (60)")

    pack.add_argument(
        "--total-mb",
        type=float,
        metavar="MB",
        help="largest size of all parts together: sound as Vorbis, and of large banks a share of the instruments",
    )

    unpack = commands.add_parser("unpack", help="turn a pack's unpacked parts into banks")
    unpack.add_argument("folder", type=Path, help="where the parts were unpacked")
    unpack.add_argument("--workers", type=int, default=os.cpu_count() or 1, help="processes (default: all cores)")
    return parser


def _add_run(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    run = commands.add_parser("run", help="train a network from a recipe, or go on with a run")
    run.add_argument("recipe", type=Path, nargs="?", help="RECIPE.toml; left out when a run is resumed")
    run.add_argument("--data", type=Path, help="folder with midi/, what the passages are drawn from")
    run.add_argument("--banks", type=Path, help="folder of banks")
    _add_dataset(run, "instead of --banks: a data set, whose train split teaches unless SPLIT is given")
    run.add_argument("--cache", type=Path, help="with --dataset: folder for decoded sound (cache in the run's folder)")
    run.add_argument("--out", type=Path, help="the run's folder (default: runs/NAME)")
    run.add_argument("--resume", type=Path, metavar="DIR", help="go on with the run in DIR")
    run.add_argument("--minutes", type=float, help="stop after this time; resume later")
    run.add_argument("--steps", type=int, help="stop when this many steps are done in all")
    run.add_argument(
        "--cooldown",
        action="store_true",
        help="lower the rate to zero from here on, and end (needs --resume)",
    )
    run.add_argument("--set", action="append", default=[], metavar="KEY=VALUE", help="change a setting")
    run.add_argument("--device", default="cpu")
    run.add_argument("--workers", type=int, default=1, help="processes that render")


def _add_burst(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    burst = commands.add_parser(
        "burst", help="train networks side by side for minutes, on a GPU that is there for no longer"
    )
    burst.add_argument("recipes", type=Path, nargs="+", metavar="RECIPE", help="the mixes are those of the first one")
    burst.add_argument(
        "--minutes",
        type=number(0.01, 1e6, "a number of minutes above 0"),
        required=True,
        help="from the start of this command to its end",
    )
    burst.add_argument("--data", type=Path, help="folder with midi/, what the passages are drawn from")
    burst.add_argument("--banks", type=Path, required=True, help="folder of banks")
    burst.add_argument("--out", type=Path, default=Path("runs"), help="each network's run is OUT/NAME; one goes on")
    burst.add_argument(
        "--start",
        type=_start,
        action="append",
        default=[],
        metavar="NAME=WEIGHTS",
        help="let the network of the recipe NAME begin with that in a folder of weights",
    )
    burst.add_argument("--times-heard", type=int, default=2, help="draws of effects for each mix (2)")
    burst.add_argument(
        "--hear",
        type=Path,
        action="append",
        default=[],
        metavar="FILE",
        help="first transcribe this on the device and on the CPU, and say how fast and how much alike",
    )
    burst.add_argument(
        "--set", action="append", default=[], metavar="KEY=VALUE", help="change a setting of all recipes"
    )
    burst.add_argument("--device", default="cuda")
    burst.add_argument("--workers", type=int, default=max(1, (os.cpu_count() or 1) - 1), help="processes that render")


def _start(text: str) -> tuple[str, Path]:
    name, separator, folder = text.partition("=")
    if not separator:
        raise argparse.ArgumentTypeError("write it as NAME=WEIGHTS")
    return name, Path(folder)


def _add_dataset(command: argparse.ArgumentParser, what: str) -> None:
    command.add_argument("--dataset", type=_dataset, metavar="NAME[/SPLIT]:FOLDER", help=f"{what} (docs/datasets.md)")


def _dataset(text: str) -> Wanted:
    from mp3tomidi.train.datasets.public.registry import wanted

    try:
        return wanted(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def _add_pedal(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    pedal = commands.add_parser("pedal", help="train the detector of a piano's pedal on activations of a NoteNet")
    pedal.add_argument("recipe", type=Path, help="RECIPE.toml")
    pedal.add_argument("weights", type=Path, help="folder of weights with the network for notes, which this one joins")
    pedal.add_argument("--data", type=Path, help="folder with midi/pop909, some of which is played")
    pedal.add_argument("--banks", type=Path, required=True, help="folder of banks")
    pedal.add_argument("--set", action="append", default=[], metavar="KEY=VALUE", help="change a setting")
    pedal.add_argument("--device", default="cpu")


def _add_classify(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    classify = commands.add_parser("classify", help="teach what tells classes of recordings, on folders of your own")
    classify.add_argument(
        "recipe", nargs="?", help="a task's name, RECIPE.toml or TASK.toml; left out when a run is resumed"
    )
    classify.add_argument("--data", type=Path, help="folder with a sub-folder for each class, GTZAN or MagnaTagATune")
    _add_dataset(classify, "instead of --data: a data set with classes")
    classify.add_argument("--banks", type=Path, help="instead of --data: folder of banks that sound is rendered from")
    classify.add_argument("--midi", type=Path, help="with --banks: folder with midi/, what the passages are drawn from")
    classify.add_argument("--out", type=Path, help="the run's folder (default: runs/NAME)")
    classify.add_argument(
        "--cache",
        type=Path,
        help="folder that keeps decoded or rendered sound (default for --data: cache in the run's folder)",
    )
    classify.add_argument("--resume", type=Path, metavar="DIR", help="go on with the run in DIR")
    classify.add_argument("--start", type=Path, metavar="WEIGHTS/TASK", help="begin with the taught network of a task")
    classify.add_argument("--minutes", type=float, help="stop after this time; resume later")
    classify.add_argument("--set", action="append", default=[], metavar="KEY=VALUE", help="change a setting")


def _add_join(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    join = commands.add_parser("join", help="write several networks of a task (fcn4) as one: the mean of their logits")
    join.add_argument("out", type=Path, help="folder of weights for the network")
    join.add_argument("networks", type=Path, nargs="+", metavar="WEIGHTS/TASK", help="networks of the same task")


def _add_one_class(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    alone = commands.add_parser("one-class", help="write one class of a task's network for a task of that class alone")
    alone.add_argument("out", type=Path, help="folder of weights for the network")
    alone.add_argument("network", type=Path, metavar="WEIGHTS/TASK", help="a network of several classes")
    alone.add_argument("name", metavar="CLASS", help="the class")
    alone.add_argument("--task", required=True, help="the task of one class that it is for, such as singing")


def _add_performances(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    performances = commands.add_parser(
        "performances", help="write performances that are graded by how they were made worse, for playing_quality"
    )
    performances.add_argument("out", type=Path, help="folder for A/, B/, C/ and the lists of what teaches and measures")
    performances.add_argument("--banks", type=Path, required=True, help="folder of banks")
    performances.add_argument("--midi", type=Path, help="folder with midi/, what the passages are drawn from")
    performances.add_argument("--count", type=int, default=900, help="that teach; a sixth each chooses and measures")
    performances.add_argument("--seconds", type=float, default=30.0, help="length of each (30)")
    performances.add_argument("--seed", type=int, default=1)


def _add_classes(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    classes = commands.add_parser("classes", help="measure the network of a task on what is kept back, for its card")
    classes.add_argument("task", help="instrument, singing or effects; of other tasks with a folder of classes")
    classes.add_argument(
        "data",
        type=Path,
        help="folder with valid/ and heldout_samples/, or with a folder a class, or a list of files in such folders",
    )
    classes.add_argument("--weights", type=Path, help="folder of weights (default: the shipped ones)")
    classes.add_argument("--card", action="store_true", help="write the figures into the card of the network")


def _add_kits(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    kits = commands.add_parser("kits", help="measure a drum network on rendered performances with kits kept back")
    kits.add_argument("recipe", type=Path, help="RECIPE.toml")
    kits.add_argument("--weights", type=Path, help="folder of weights (default: the shipped ones)")
    kits.add_argument("--data", type=Path, help="folder with midi/, what the passages are drawn from")
    kits.add_argument("--banks", type=Path, required=True, help="folder of banks")
    kits.add_argument("--clips", type=int, default=120, help="performances of 30 s, alone and as many in mixes (120)")
    kits.add_argument("--set", action="append", default=[], metavar="KEY=VALUE", help="change a setting")
    kits.add_argument("--device", default="cpu")


def _add_deciders(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """What teaches on the notes or hits that an exported network finds."""
    for name, does in (
        ("judge", "teach what judges what an exported network finds, and tells velocities"),
        ("families", "teach what tells which instruments play what an exported network finds"),
    ):
        decider = commands.add_parser(name, help=does)
        decider.add_argument("recipe", type=Path, help="RECIPE.toml")
        decider.add_argument("weights", type=Path, help="folder of weights with the network, which this joins")
        decider.add_argument("--data", type=Path, help="folder with midi/, what the passages are drawn from")
        decider.add_argument("--banks", type=Path, required=True, help="folder of banks")
        decider.add_argument("--set", action="append", default=[], metavar="KEY=VALUE", help="change a setting")
        decider.add_argument("--device", default="cpu")


def _add_one_shots(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    one_shots = commands.add_parser("one-shots", help="teach what tells drum samples, and measure it on kits kept back")
    one_shots.add_argument("recipe", type=Path, help="RECIPE.toml")
    one_shots.add_argument("weights", type=Path, help="folder of weights that the network joins")
    one_shots.add_argument("--banks", type=Path, required=True, help="folder of banks")
    one_shots.add_argument(
        "--measure", action="store_true", help="only measure the network that is there, for its card"
    )
    one_shots.add_argument("--set", action="append", default=[], metavar="KEY=VALUE", help="change a setting")


def _add_experiment(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    experiment = commands.add_parser("experiment", help="compare single changes of a recipe, each taught equally long")
    experiment.add_argument("variants", type=Path, help="VARIANTS.toml: the recipe and what each variant changes")
    experiment.add_argument("--from", dest="start", help="the run that every variant goes on with; none: from nothing")
    experiment.add_argument("--steps", type=int, default=120, help="steps of a variant (120)")
    experiment.add_argument("--seeds", type=int, default=3, help="times that each variant is taught, on other data (3)")
    experiment.add_argument("--data", type=Path, help="folder with midi/, what the passages are drawn from")
    experiment.add_argument("--banks", type=Path, help="folder of banks")
    experiment.add_argument("--valid", type=Path, help="folder with NAME.notes.tsv beside recordings, to measure on")
    experiment.add_argument("--out", type=Path, required=True, help="folder for the results, one JSON file each")
    experiment.add_argument("--only", nargs="+", metavar="VARIANT", help="these variants only")
    experiment.add_argument("--table", type=Path, metavar="FILE.md", help="teach nothing: compare what --out holds")
    experiment.add_argument("--workers", type=int, default=1, help="processes that render")


def _interrupt(signal_number: int, frame: FrameType | None) -> None:
    """A machine that is about to be taken away sends SIGTERM: save the state as for Ctrl-C."""
    raise KeyboardInterrupt


def main(arguments: Sequence[str] | None = None) -> int:
    options = _parser().parse_args(arguments)
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        from mp3tomidi.train import (  # torch is loaded when the words are known to be right
            measuring_commands,
            training_commands,
        )

        module: ModuleType = measuring_commands if options.command in _MEASURING else training_commands
        if options.command == "classify":
            from mp3tomidi.train.classify import command as module
        elif options.command == "join":
            from mp3tomidi.train.classify import joining as module
        elif options.command == "one-class":
            from mp3tomidi.train.classify import one_class as module
        getattr(module, options.command.replace("-", "_"))(options)
    except Mp3toMidiError as error:
        print(f"mp3tomidi-train: {error}", file=sys.stderr)
        return 1
    except ModuleNotFoundError as error:
        extra = "datasets" if error.name == "mirdata" else "train"
        print(f"mp3tomidi-train: {error.name} is missing: {install_command(f'mp3tomidi[{extra}]')}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        saved = {
            "run": "; the steps made so far are saved",
            "burst": "; the steps made so far are saved",
            "classify": "; the epochs made so far are saved",
            "experiment": "; what is finished is kept, and the same command goes on",
        }.get(options.command, "")
        print(f"mp3tomidi-train: interrupted{saved}", file=sys.stderr)
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
