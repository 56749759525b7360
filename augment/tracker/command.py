"""mp3tomidi-augment modules: the tracker modules of a folder as labelled recordings."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any


def add_command(commands: Any) -> None:
    """The sub-command `modules`, added to a parser's `commands`."""
    parser = commands.add_parser(
        "modules",
        help="render tracker modules, with their drums as labels",
        description="Render the tracker modules below DIR that are known (Debian's packages of games, unpacked; what "
        "is missing is named) into OUT/mixes/NAME.wav and .drums.tsv. Needs the library libopenmpt (Debian: "
        "apt install libopenmpt0).",
    )
    parser.add_argument("out", type=Path, metavar="OUT", help="folder of the recordings")
    parser.add_argument("--data", type=Path, required=True, metavar="DIR", help="folder with the modules, at any depth")
    parser.add_argument("--stems", action="store_true", help="OUT/stems/NAME/drums.wav and others.wav, too")
    parser.add_argument("--rate", type=int, default=44100, metavar="HZ", help="sample rate (default: 44100)")
    parser.set_defaults(command=render_modules)


def render_modules(options: argparse.Namespace) -> None:
    """Renders what is not there yet. Raises LabelsError where there is no module at all, and OutputError."""
    from mp3tomidi.augment.label_files import drums_tsv
    from mp3tomidi.augment.sound_files import encode
    from mp3tomidi.augment.tracker.songs import find_songs, render
    from mp3tomidi.transcribe.errors import LabelsError
    from mp3tomidi.transcribe.outputs.files import make_folder, write_bytes

    mixes, missing, done = options.out / "mixes", set(), 0
    make_folder(mixes)
    for song, path in find_songs(options.data):
        if path is None:
            missing.add(song.package)
            continue
        done += 1
        labels = mixes / f"{song.name}{drums_tsv.ENDING}"
        if labels.exists():
            continue
        rendered = render(song, path, options.rate)
        sounds = {mixes / f"{song.name}.wav": rendered.drums + rendered.others}
        if options.stems:
            stems = options.out / "stems" / song.name
            make_folder(stems)
            sounds |= {stems / "drums.wav": rendered.drums, stems / "others.wav": rendered.others}
        for place, sound in sounds.items():
            write_bytes(encode(sound[None], options.rate, "wav"), place)
        write_bytes(drums_tsv.to_bytes(rendered.hits), labels)
        print(f"{song.name}: {len(rendered.hits)} hits; {song.author}, {song.licence}", file=sys.stderr, flush=True)
    if missing:
        packages = " ".join(sorted(missing))
        print(f"{options.data}: modules of {packages} are not there (apt-get download, dpkg -x)", file=sys.stderr)
    if not done:
        raise LabelsError(f"{options.data}: none of the known modules lies here")
    print(f"{mixes}: {done} songs")
