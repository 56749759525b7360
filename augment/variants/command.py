"""The options of `apply` and `replay`, and what they lead to. Heavy packages wait until they are needed."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mp3tomidi.augment.sound_files import SUFFIXES
from mp3tomidi.transcribe.installing import install_command
from mp3tomidi.transcribe.program.console import Console
from mp3tomidi.transcribe.program.numbers import not_negative, number, positive, whole_number
from mp3tomidi.transcribe.program.options import add_ray_option
from mp3tomidi.transcribe.program.ray_actors import cluster_for

if TYPE_CHECKING:
    from argparse import ArgumentParser

PROGRAM = "mp3tomidi-augment"
USUAL_RATE_HZ = 44_100
DEFAULT_RECIPE = "chorus_reverb_filter"


def add_commands(commands: Any) -> None:
    """The two commands, below those of `mp3tomidi-augment`."""
    _add_apply(commands)
    _add_replay(commands)


def _add_apply(commands: Any) -> None:
    applying = commands.add_parser(
        "apply",
        help="change every sound of a folder, with its labels, into a data set of many",
        description="Write changed copies of every sound below IN into OUT, folders kept. Labels beside a sound "
        "(NAME.notes.tsv, .drums.tsv, .beats, .mid, .jams) move with it. OUT/manifest.jsonl says how each copy was "
        "made. The same command again makes what is missing.",
    )
    applying.add_argument("folder", type=Path, nargs="?", metavar="IN", help="folder of sounds, one class a folder")
    applying.add_argument("out", type=Path, nargs="?", metavar="OUT", help="folder of the copies; not in IN")
    applying.add_argument(
        "--dataset",
        metavar="NAME[/SPLIT]:FOLDER",
        help="instead of IN: a public data set (docs/datasets.md); OUT.labelled gets links to its sounds, and labels",
    )
    applying.add_argument("--copies", type=positive, default=1, metavar="N", help="copies of each sound (1)")
    applying.add_argument(
        "--recipe", default=DEFAULT_RECIPE, metavar="R", help=f"a name or a .toml file ({DEFAULT_RECIPE}); see --list"
    )
    applying.add_argument(
        "--seed", type=not_negative, default=0, metavar="S", help="another one draws other copies (0)"
    )
    applying.add_argument("-j", "--jobs", type=positive, metavar="J", help="processes at work (one a core)")
    add_ray_option(applying)
    applying.add_argument("--format", choices=SUFFIXES, default="wav", help="of the copies (wav, of 16 bits)")
    applying.add_argument("--rate", type=_rate, metavar="HZ", help="of the copies (that of each sound)")
    applying.add_argument(
        "--tail",
        type=number(0.0, 60.0, "a number of seconds from 0 to 60"),
        default=0.0,
        metavar="S",
        help="seconds of silence put after each sound, to ring out (0)",
    )
    applying.add_argument(
        "--dry-run", action="store_true", help="only say what would be made, how long it takes and how large it gets"
    )
    applying.add_argument("--list", action="store_true", help="list recipes, effects and their parameters")
    applying.add_argument("-q", "--quiet", action="store_true", help="say nothing but errors")
    applying.set_defaults(command=lambda options: apply(options, applying))


def _add_replay(commands: Any) -> None:
    replaying = commands.add_parser(
        "replay",
        help="make one copy of a data set again, byte for byte",
        description="Make the copy that a row of MANIFEST describes again, with its labels.",
    )
    replaying.add_argument("manifest", type=Path, metavar="MANIFEST", help="a manifest.jsonl that `apply` has written")
    replaying.add_argument(
        "row",
        metavar="ROW",
        help="the file of a copy, or the number of its row: row 1 is the manifest's second line",
    )
    replaying.add_argument("out", type=Path, metavar="OUT", help="file, or folder that it goes into")
    replaying.add_argument("--sources", type=Path, metavar="DIR", help="the folder IN, if it is elsewhere now")
    replaying.add_argument("--overwrite", action="store_true", help="replace OUT if it exists")
    replaying.set_defaults(command=replay)


def apply(options: argparse.Namespace, parser: ArgumentParser) -> int:
    """Exit status: 0 all done, 1 something failed, 130 interrupted; 2 is that of wrong usage."""
    if options.list:
        from mp3tomidi.augment.variants.listing import lines

        print("\n".join(lines()))
        return 0
    if options.dataset is not None:
        _open_dataset(options, parser)
    if options.out is None:
        parser.error("the following arguments are required: IN, OUT (or --list)")
    from mp3tomidi.augment import recipe
    from mp3tomidi.augment.variants.making import Settings
    from mp3tomidi.augment.variants.run import plan, run
    from mp3tomidi.transcribe.threads import core_count

    settings = Settings(recipe.load(options.recipe), options.seed, options.format, options.rate, options.tail)
    settings.recipe.chain(options.rate or USUAL_RATE_HZ)  # what it lacks (a folder, a package) is reported first
    planned = plan(options.folder, options.out, settings, options.copies)
    processes = min(options.jobs or core_count(), max(1, len(planned.variants)))
    if options.dry_run:
        from mp3tomidi.augment.variants.estimate import estimate

        print("\n".join(estimate(planned, processes)))
        return 1 if planned.unfit else 0
    cluster = None if options.ray is None else cluster_for(options.ray, options.jobs, None)
    return run(planned, processes, Console(PROGRAM, options.quiet), cluster)


def _open_dataset(options: argparse.Namespace, parser: ArgumentParser) -> None:
    """Settles `folder` and `out`: with --dataset the only folder that is named is OUT."""
    if options.folder is None or options.out is not None:
        parser.error("--dataset stands instead of IN: name one folder, OUT")
    if options.open_dataset is None:
        parser.error("--dataset is for the command mp3tomidi-augment")
    options.out = options.folder
    try:
        options.folder = options.open_dataset(options.dataset, options.out)
    except ValueError as error:
        parser.error(f"--dataset {error}")
    except ModuleNotFoundError as error:
        parser.error(f"--dataset needs {error.name}: {install_command('mp3tomidi[datasets]')}")


def replay(options: argparse.Namespace) -> int:
    from mp3tomidi.augment.variants import replaying

    place = replaying.replay(options.manifest, options.row, options.out, options.sources, overwrite=options.overwrite)
    Console(PROGRAM, quiet=False).say(f"{place}: made again, byte for byte")
    return 0


def _rate(text: str) -> int:
    return whole_number(text, 4000, "a rate in Hz from 4000 to 192000", 192_000)
