"""The command mp3tomidi-augment: augment/ knows of folders only, and gets its reader of public data sets here."""

from __future__ import annotations

import logging
import sys
from pathlib import Path

LINKS_ENDING = ".labelled"


def augment() -> None:
    """`mp3tomidi-augment`."""
    from mp3tomidi.augment import cli

    sys.exit(cli.main(open_dataset=label_folder_of))


def label_folder_of(text: str, out: Path) -> Path:
    """The folder OUT.labelled, with links to the sounds of the data set that NAME[/SPLIT]:FOLDER asks for, and labels.

    Raises ValueError for what asks for none, LabelsError and OutputError, ModuleNotFoundError without the extra
    `datasets`.
    """
    from mp3tomidi.train.datasets.label_folder import write_label_folder
    from mp3tomidi.train.datasets.public.registry import read_dataset, wanted

    asked = wanted(text)
    logging.basicConfig(format="mp3tomidi-augment: %(message)s")
    links = out.with_name(out.name + LINKS_ENDING)
    write_label_folder(read_dataset(asked), links)
    return links


if __name__ == "__main__":
    augment()
