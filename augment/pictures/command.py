"""`mp3tomidi-augment look`: a picture, or the arrays behind it, of a sound or of a folder of sounds."""

from __future__ import annotations

import argparse
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mp3tomidi.augment.pictures.settings import FREQUENCY_SCALES, PANELS, AnalysisSettings
from mp3tomidi.transcribe.errors import AudioError, OutputError
from mp3tomidi.transcribe.front_end.window_names import WINDOWS
from mp3tomidi.transcribe.program.console import DONE, FAILED, Console

if TYPE_CHECKING:
    from argparse import _SubParsersAction

PICTURE, ARRAYS = ".png", ".npz"
DURATION_S = 30.0
_DEFAULTS = AnalysisSettings()
_HOPS_PER_WINDOW = 4


def add_command(commands: _SubParsersAction[Any]) -> None:
    """Add `look` to the sub-commands of mp3tomidi-augment."""
    parser = commands.add_parser(
        "look",
        help="draw a sound, or a folder of sounds, with its labels",
        description="Draw a sound with the labels beside it (NAME.notes.tsv, NAME.drums.tsv, NAME.mid): "
        f"{', '.join(PANELS)}. Of a folder: histograms of duration, level, pitch and class, and a sheet of "
        "spectrograms. Lengths are in samples.",
    )
    parser.add_argument("source", type=Path, metavar="FILE_OR_FOLDER", help="a sound, or a folder that holds sounds")
    parser.add_argument(
        "-o", "--output", type=Path, metavar="OUT", help="the picture (OUT.png) or archive (OUT.npz); else beside it"
    )
    parser.add_argument("--window", type=_window, default=_DEFAULTS.window, help=f"{', '.join(WINDOWS)} (hann)")
    parser.add_argument(
        "--size", type=int, default=_DEFAULTS.window_samples, metavar="N", help="length of the window (2048)"
    )
    parser.add_argument("--hop", type=int, metavar="N", help="from frame to frame (a quarter of the window)")
    parser.add_argument(
        "--frequency",
        choices=FREQUENCY_SCALES,
        default=_DEFAULTS.frequency,
        help="axis of the spectrogram: its own bins (linear), or bands of a third of a semitone, as networks "
        "hear notes (log)",
    )
    parser.add_argument(
        "--range", type=float, default=_DEFAULTS.range_db, metavar="DB", help="shown below the peak (80)"
    )
    parser.add_argument(
        "--rate", type=int, metavar="HZ", help="resample to this first (networks: 16000, DrumNet: 32000)"
    )
    parser.add_argument("--start", type=float, default=0.0, metavar="S", help="from here on, of one sound (0)")
    parser.add_argument(
        "--duration", type=float, default=DURATION_S, metavar="S", help=f"so much of one sound ({DURATION_S:g})"
    )
    parser.add_argument(
        "--panels", type=_panels, default=PANELS, metavar="LIST", help="only these of one sound, with commas between"
    )
    parser.add_argument("--engine", choices=("own", "sox"), default="own", help="sox: SoX's own spectrogram of a sound")
    parser.add_argument("--export", choices=("npz",), help="write the arrays instead of a picture")
    parser.add_argument("--overwrite", action="store_true", help="replace OUT if it exists")
    parser.set_defaults(command=partial(_look, parser))


def _look(parser: argparse.ArgumentParser, options: argparse.Namespace) -> int:
    """Raises Mp3toMidiError for what ends it; the exit status says whether all sounds could be read."""
    source: Path = options.source
    output = _output(parser, options)
    from mp3tomidi.transcribe.audio.files import HIGHEST_RATE_HZ, LOWEST_RATE_HZ

    try:
        hop = options.hop if options.hop is not None else max(1, options.size // _HOPS_PER_WINDOW)
        settings = AnalysisSettings(options.window, options.size, hop, options.frequency, range_db=options.range)
        if options.engine == "sox":
            from mp3tomidi.augment.pictures import sox_picture

            if source.is_dir() or output.suffix.lower() == ARRAYS:
                raise ValueError("--engine sox draws a single sound, as a picture")
            sox_picture.check(settings)
        if not (options.start >= 0.0 and options.duration > 0.0):
            raise ValueError("--start must be 0 or more, --duration more than 0")
        if options.rate is not None and not LOWEST_RATE_HZ <= options.rate <= HIGHEST_RATE_HZ:
            raise ValueError(f"--rate must be from {LOWEST_RATE_HZ} to {HIGHEST_RATE_HZ} Hz")
    except ValueError as error:
        parser.error(str(error))
    if output.suffix.lower() == PICTURE and options.engine == "own":
        from mp3tomidi.transcribe.outputs.figures import check_matplotlib

        check_matplotlib()
    if output.exists() and not options.overwrite:
        raise OutputError(f"{output} exists already: --overwrite replaces it")
    if source.is_dir():
        return _look_at_folder(source, output, settings)
    _look_at_sound(options, output, settings)
    return DONE


def _look_at_sound(options: argparse.Namespace, output: Path, settings: AnalysisSettings) -> None:
    from mp3tomidi.augment.pictures import arrays, sound_picture, sox_picture
    from mp3tomidi.augment.pictures.excerpt import read_excerpt

    excerpt = read_excerpt(options.source, start_s=options.start, duration_s=options.duration, sample_rate=options.rate)
    if output.suffix.lower() == ARRAYS:
        arrays.write_sound(excerpt, output, settings, options.panels)
    elif options.engine == "sox":
        sox_picture.write(excerpt, output, settings)
    else:
        sound_picture.write(excerpt, output, settings, options.panels)
    print(output)


def _look_at_folder(folder: Path, output: Path, settings: AnalysisSettings) -> int:
    from mp3tomidi.augment.pictures import arrays, folder_picture
    from mp3tomidi.augment.pictures.survey import survey
    from mp3tomidi.transcribe.audio.folders import find_sounds

    console = Console("mp3tomidi-augment", quiet=False)
    paths = sorted(find_sounds(folder))
    if not paths:
        raise AudioError(f"{folder}: no sound in this folder or those below it; name another")
    with console.progress(paths) as progress:
        found = survey(folder, paths, progress.advance)
    for failure in found.failures:
        console.complain(failure)
    if output.suffix.lower() == ARRAYS:
        arrays.write_survey(found, output)
    else:
        folder_picture.write(found, output, settings)
    print(output)
    if found.failures:
        console.complain(f"{len(found.failures)} of {len(paths)} sounds could not be read; {output} shows the others")
    return FAILED if found.failures else DONE


def _output(parser: argparse.ArgumentParser, options: argparse.Namespace) -> Path:
    """Where the result goes: OUT, or NAME.look.png or .npz beside what is looked at."""
    suffix = ARRAYS if options.export else PICTURE
    output: Path | None = options.output
    if output is None:
        source: Path = options.source.resolve() if options.source.is_dir() else options.source
        return source.with_name((source.name if source.is_dir() else source.stem) + ".look" + suffix)
    if output.suffix.lower() not in (PICTURE, ARRAYS) or (options.export and output.suffix.lower() != ARRAYS):
        parser.error(f"-o {output}: must end in {ARRAYS if options.export else f'{PICTURE} or {ARRAYS}'}")
    return output


def _window(text: str) -> str:
    name = "dolph-chebyshev" if text == "dolph" else text
    if name not in WINDOWS:
        raise argparse.ArgumentTypeError(f"{text!r} is no window; there are {', '.join(WINDOWS)}")
    return name


def _panels(text: str) -> tuple[str, ...]:
    names = tuple(dict.fromkeys(name.strip() for name in text.split(",")))
    for name in names:
        if name not in PANELS:
            raise argparse.ArgumentTypeError(f"{name!r} is no panel; there are {', '.join(PANELS)}")
    return names
