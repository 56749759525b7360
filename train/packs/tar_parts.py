"""Many files in a few tars of limited size."""

from __future__ import annotations

import io
import tarfile
from collections import defaultdict
from collections.abc import Callable, Mapping
from pathlib import Path

from mp3tomidi.transcribe.errors import OutputError

_END_BYTES = tarfile.RECORDSIZE + 2 * tarfile.BLOCKSIZE  # at most, after the last member


def part_name(number: int) -> str:
    return f"part-{number:03d}.tar"


def member_bytes(size_bytes: int) -> int:
    """What a member of this size takes in a tar: a header, and whole blocks."""
    return (1 + -(-size_bytes // tarfile.BLOCKSIZE)) * tarfile.BLOCKSIZE


def part_overhead_bytes(total_bytes: int, part_bytes: int) -> int:
    """What the ends of so many tars take at most."""
    return -(-total_bytes // part_bytes) * _END_BYTES


def assign(sizes_bytes: Mapping[str, int], part_bytes: int) -> dict[str, str]:
    """The tar of each member, filled in the order of the members; none gets larger than `part_bytes`.

    Raises OutputError where one member is too large.
    """
    parts: dict[str, str] = {}
    number, used = 0, _END_BYTES
    for member, size_bytes in sizes_bytes.items():
        needed = member_bytes(size_bytes)
        if needed + _END_BYTES > part_bytes:
            raise OutputError(f"{member}: its {needed / 1e6:.1f} MB do not fit into a part; allow larger parts")
        if used + needed > part_bytes:
            number, used = number + 1, _END_BYTES
        used += needed
        parts[member] = part_name(number)
    return parts


def write(folder: Path, parts: Mapping[str, str], read: Callable[[str], bytes]) -> list[Path]:
    """Writes the tars; `read` gives a member's content. The same contents give the same bytes."""
    members: dict[str, list[str]] = defaultdict(list)
    for member, part in parts.items():
        members[part].append(member)
    for part, inside in members.items():
        with tarfile.open(folder / part, "w", format=tarfile.USTAR_FORMAT) as tar:
            for member in inside:
                content = read(member)
                header = tarfile.TarInfo(member)
                header.size = len(content)
                tar.addfile(header, io.BytesIO(content))
    return [folder / part for part in members]
