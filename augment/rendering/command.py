"""`mp3tomidi-augment render`: MIDI files or written music x instruments -> labelled mixes and stems."""

from __future__ import annotations

import argparse
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mp3tomidi.augment.sound_files import SUFFIXES
from mp3tomidi.transcribe.program.console import DONE, FAILED, Console
from mp3tomidi.transcribe.program.numbers import not_negative, positive
from mp3tomidi.transcribe.program.options import add_ray_option
from mp3tomidi.transcribe.program.ray_actors import cluster_for

if TYPE_CHECKING:
    from argparse import _SubParsersAction

_LAYOUTS = ("folders", "slakh")
_RATES_HZ = (8_000, 192_000)
_DURATIONS_S = (1.0, 3600.0)


def add_command(commands: _SubParsersAction[Any]) -> None:
    """Add `render` to the sub-commands of mp3tomidi-augment."""
    parser = commands.add_parser(
        "render",
        help="play MIDI files, or written music, on instruments: labelled mixes and stems",
        description="Play MIDI files (--midi), or music that is written on the spot (--write), on instruments: "
        "soundfonts, banks, Hydrogen's drum kits, folders of samples. OUT gets mixes, stems, MIDI files and labels "
        "(docs/render.md). Stopped, the same command goes on where it was.",
    )
    parser.add_argument("out", type=Path, metavar="OUT", help="folder of the set; new, empty, or of the same set")
    parser.add_argument(
        "--instruments",
        type=Path,
        nargs="+",
        required=True,
        metavar="PATH",
        help="soundfonts (.sf2, .sf3), banks, folders of Hydrogen's kits, folders of samples, one instrument a folder",
    )
    parser.add_argument(
        "--midi", type=Path, nargs="+", default=[], metavar="PATH", help="MIDI files, and folders of them"
    )
    parser.add_argument("--copies", type=positive, default=1, metavar="N", help="of each, on other instruments (1)")
    parser.add_argument("--write", type=positive, default=0, metavar="N", help="so many songs are written")
    parser.add_argument("--duration", type=float, default=30.0, metavar="S", help="of what is written, seconds (30)")
    parser.add_argument("--seed", type=not_negative, default=0, metavar="N", help="another gives another set (0)")
    parser.add_argument(
        "--rate", type=int, metavar="HZ", help="of the sound (that of banks, 16000 of samples, else 44100)"
    )
    parser.add_argument("--format", choices=SUFFIXES, default="flac", help="of the sound (flac; it and wav of 16 bits)")
    parser.add_argument(
        "--layout", choices=_LAYOUTS, default="folders", help="slakh: as the Slakh data set's (folders)"
    )
    parser.add_argument("--no-stems", action="store_true", help="mixes only")
    parser.add_argument("-j", "--jobs", type=positive, metavar="N", help="processes at work (1)")
    add_ray_option(parser)
    parser.add_argument("-q", "--quiet", action="store_true", help="say nothing but errors")
    parser.set_defaults(command=partial(_render, parser))


def _render(parser: argparse.ArgumentParser, options: argparse.Namespace) -> int:
    """Raises Mp3toMidiError for what ends it; the exit status says whether all songs could be made."""
    if not options.midi and not options.write:
        parser.error("nothing to play: name MIDI files (--midi) or say how many songs to write (--write)")
    if options.rate is not None and not _RATES_HZ[0] <= options.rate <= _RATES_HZ[1]:
        parser.error(f"--rate must be from {_RATES_HZ[0]} to {_RATES_HZ[1]} Hz")
    if not _DURATIONS_S[0] <= options.duration <= _DURATIONS_S[1]:
        parser.error(f"--duration must be from {_DURATIONS_S[0]:g} to {_DURATIONS_S[1]:g} s")
    from mp3tomidi.augment.rendering import dataset
    from mp3tomidi.augment.rendering.opening import open_ensemble
    from mp3tomidi.augment.rendering.order import Order, cache_of, plan

    console = Console("mp3tomidi-augment", options.quiet)
    order = Order(
        midi=tuple(map(str, options.midi)),
        written=options.write,
        instruments=tuple(map(str, options.instruments)),
        copies=options.copies,
        duration_s=options.duration,
        seed=options.seed,
        sample_rate=options.rate,
        format=options.format,
        layout=options.layout,
        stems=not options.no_stems,
    )
    out: Path = options.out
    jobs = plan(order)
    dataset.claim(order, out)
    open_ensemble(options.instruments, cache_of(out), console.say)  # here, so that samples are measured only once
    cluster = None if options.ray is None else cluster_for(options.ray, options.jobs, None)
    summary = dataset.make(order, jobs, out, options.jobs or 1, console, cluster)
    there = f", {summary.there} were there" if summary.there else ""
    print(f"{out}: {summary.made} songs made{there}, {summary.sound_s / 3600:.2f} h of sound")
    if summary.failures:
        console.complain(f"{summary.failures} of {len(jobs)} songs could not be made")
    return FAILED if summary.failures else DONE
