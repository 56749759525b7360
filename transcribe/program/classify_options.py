"""The options of `mp3tomidi-classify` and of its sub-commands."""

from __future__ import annotations

import argparse
from pathlib import Path

from mp3tomidi.transcribe.program.options import Version, add_ray_option, recording
from mp3tomidi.transcribe.program.parser import Parser

PROGRAM = "mp3tomidi-classify"
FORMATS = ("table", "json", "csv")
LISTED = 10  # recordings that `similar` names
DEFAULT_TASK = "instrument"


def classify_parser() -> argparse.ArgumentParser:
    parser = Parser(
        prog=PROGRAM,
        description="Say which classes recordings are of, by a network taught for a task. "
        f"`{PROGRAM} embed` writes what the network tells them from, `{PROGRAM} similar` lists recordings like one, "
        f"`{PROGRAM} map` draws their segments, `{PROGRAM} filters` what a SampleCNN responds to.",
    )
    parser.add_argument(
        "files",
        nargs="+",
        type=recording,
        metavar="FILE",
        help="a recording, or a folder, searched with its sub-folders; - is standard input",
    )
    parser.add_argument(
        "-o",
        "--output",
        type=Path,
        metavar="FILE",
        help="one file for all recordings, not a folder: it ends in .json, .csv or .txt (standard output)",
    )
    parser.add_argument("--format", choices=FORMATS, help="what to write (table, or what -o ends in)")
    parser.add_argument("--segments", action="store_true", help="also say it of each segment: the timeline")
    parser.add_argument(
        "--picture", type=Path, metavar="FOLDER", help="draw each timeline under its spectrogram: FOLDER/NAME.png"
    )
    add_ray_option(parser)
    _add_common(parser)
    return parser


def embed_parser() -> argparse.ArgumentParser:
    parser = Parser(prog=f"{PROGRAM} embed", description="Write the embeddings of recordings: npz or Parquet.")
    parser.add_argument("files", nargs="+", type=recording, metavar="FILE", help="recordings, or folders")
    parser.add_argument(
        "-o", "--output", type=Path, required=True, metavar="FILE", help="ends in .npz, or in .parquet (extra parquet)"
    )
    add_ray_option(parser)
    _add_common(parser)
    return parser


def similar_parser() -> argparse.ArgumentParser:
    parser = Parser(prog=f"{PROGRAM} similar", description=f"List the {LISTED} recordings most like one.")
    parser.add_argument("query", type=recording, metavar="QUERY", help="a recording")
    parser.add_argument("folder", type=Path, metavar="FOLDER", help="where to look, sub-folders too")
    parser.add_argument("--index", type=Path, metavar="FILE.npz", help="the index (in FOLDER, hidden)")
    _add_common(parser)
    return parser


def map_parser() -> argparse.ArgumentParser:
    parser = Parser(prog=f"{PROGRAM} map", description="Draw the segments of recordings, those alike side by side.")
    parser.add_argument("files", nargs="+", type=recording, metavar="FILE", help="recordings, or folders")
    parser.add_argument(
        "-o", "--output", type=Path, required=True, metavar="FILE.png", help="the picture; a table beside it, FILE.csv"
    )
    parser.add_argument("--method", choices=("pca", "umap"), default="pca", help="umap needs its extra (pca)")
    parser.add_argument("--colour", choices=("class", "file"), default="class", help="of the dots (class)")
    add_ray_option(parser)
    _add_common(parser)
    return parser


def filters_parser() -> argparse.ArgumentParser:
    parser = Parser(prog=f"{PROGRAM} filters", description="Draw what the filters of a SampleCNN respond to.")
    parser.add_argument("-o", "--output", type=Path, required=True, metavar="FILE.png")
    _add_common(parser)
    return parser


def _add_common(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--task", default=DEFAULT_TASK, metavar="NAME", help="what is asked: singing, genre, your own, ... (instrument)"
    )
    parser.add_argument("--weights", type=Path, metavar="FOLDER", help="folder of weights (those that come along)")
    parser.add_argument("--overwrite", action="store_true", help="replace a result that exists already")
    parser.add_argument("-q", "--quiet", action="store_true", help="say nothing but errors")
    parser.add_argument("--version", action=Version, nargs=0, help="show the version and exit")
