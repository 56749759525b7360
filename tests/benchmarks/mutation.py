"""How many small faults the tests notice: a mutation score of a random sample, the same for the same seed.

    python tests/benchmarks/mutation.py --mutants 60 --seed 1          # all rooms below
    python tests/benchmarks/mutation.py transcribe/notes --mutants 20  # one

A mutant is one change to one expression of the source: another comparison, another sign, `or` for `and`, a condition
that is turned round, a number that is other by a tenth or by one. Files are drawn by their count of places to change,
places within them alike; docstrings, annotations and __repr__ are left alone. Each is run in a copy of the repository,
against the tests that mirror its folder and those of TESTS_TOO; it is killed where they fail, or take too long.
"""

from __future__ import annotations

import argparse
import ast
import os
import random
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
ROOMS = (
    "transcribe/notes",
    "transcribe/drums",
    "transcribe/rhythm",
    "transcribe/outputs",
    "transcribe/inference",
    "augment/effects",
    "train/evaluation",
    "train/judges",
)
# What tests a room beside the folder of its name.
TESTS_TOO = {
    "transcribe/notes": ("tests/test_shipped_weights.py", "tests/transcribe/test_transcriber.py"),
    "transcribe/drums": ("tests/test_shipped_drums.py",),
    "transcribe/inference": ("tests/transcribe/test_transcriber.py", "tests/transcribe/notes"),
    "train/evaluation": ("tests/train/test_one_shot_teaching.py",),
    "train/judges": ("tests/train/test_drum_teaching.py",),
}
COMPARISONS = {
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
}
OPERATORS = {ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Div, ast.Div: ast.Mult}


@dataclass(frozen=True)
class Mutant:
    path: Path  # below ROOT
    line: int
    before: str
    after: str
    source: str  # of the whole file

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.before}  ->  {self.after}"


def places(tree: ast.AST) -> Iterator[ast.expr]:
    """The expressions that can be changed."""
    for child in ast.iter_child_nodes(tree):
        if isinstance(child, ast.FunctionDef | ast.AnnAssign | ast.arg):
            inner = [child.value] if isinstance(child, ast.AnnAssign) else getattr(child, "body", [])
            for node in filter(None, inner):
                yield from places(ast.Module([node] if isinstance(node, ast.stmt) else [ast.Expr(node)], []))
            continue
        if isinstance(child, ast.expr) and changed(child) is not None:
            yield child
        yield from places(child)


def changed(node: ast.expr) -> ast.expr | None:  # noqa: PLR0911
    """The expression with a fault; None where it is not of a kind that gets one."""
    match node:
        case ast.Compare(left, [operator], right) if type(operator) in COMPARISONS:
            return ast.Compare(left, [COMPARISONS[type(operator)]()], right)
        case ast.BinOp(left, operator, right) if type(operator) in OPERATORS:
            return ast.BinOp(left, OPERATORS[type(operator)](), right)
        case ast.BoolOp(operator, values):
            return ast.BoolOp(ast.Or() if isinstance(operator, ast.And) else ast.And(), values)
        case ast.UnaryOp(ast.Not(), operand):
            return operand
        case ast.Constant(bool() as value):
            return ast.Constant(not value)
        case ast.Constant(float() as value):
            return ast.Constant(value * 1.1 if value else 0.1)
        case ast.Constant(int() as value):
            return ast.Constant(value + 1)
    return None


def sample(root: Path, rooms: list[str], count: int, rng: random.Random) -> list[Mutant]:
    """So many mutants of the rooms, each of another place."""
    drawn: list[Mutant] = []
    offers = []
    for room in rooms:
        for path in sorted((root / room).rglob("*.py")):
            source = path.read_text(encoding="utf-8")
            offers += [(path, source, node) for node in places(ast.parse(source))]
    for path, source, node in rng.sample(offers, min(count, len(offers))):
        before = ast.get_source_segment(source, node) or ""
        after = ast.unparse(ast.fix_missing_locations(changed(node) or node))
        lines = source.encode().splitlines(keepends=True)
        first, last = node.lineno - 1, (node.end_lineno or node.lineno) - 1
        head, tail = lines[first][: node.col_offset], lines[last][node.end_col_offset :]
        text = b"".join([*lines[:first], head, f"({after})".encode(), tail, *lines[last + 1 :]]).decode()
        drawn.append(Mutant(path.relative_to(root), node.lineno, " ".join(before.split()), after, text))
    return drawn


def is_killed(mutant: Mutant, copy: Path, patience_s: float) -> bool:
    """Whether a test fails on a copy of the repository with the mutant in it."""
    target = copy / mutant.path
    original = target.read_text(encoding="utf-8")
    target.write_text(mutant.source, encoding="utf-8")
    room = next(room for room in ROOMS if mutant.path.is_relative_to(room))
    tests = [f"tests/{room}", *TESTS_TOO.get(room, ())]
    own = Path("tests") / mutant.path.parent / f"test_{mutant.path.name}"
    if (copy / own).is_file():
        tests.insert(0, str(own))  # most likely to fail
    command = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", *tests]
    environment = os.environ | {"PYTHONPATH": str(copy.parent), "PYTHONDONTWRITEBYTECODE": "1"}
    try:
        ran = subprocess.run(command, cwd=copy, env=environment, capture_output=True, timeout=patience_s, check=False)
        return ran.returncode == 1
    except subprocess.TimeoutExpired:
        return True
    finally:
        target.write_text(original, encoding="utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(description="Mutation score of a random sample.")
    parser.add_argument("rooms", nargs="*", choices=[*ROOMS, []], metavar="ROOM", help=f"default: {', '.join(ROOMS)}")
    parser.add_argument("--mutants", type=int, default=60, help="how many of each room (60)")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--patience", type=float, default=900.0, metavar="S", help="one that takes longer is killed")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="mutants-") as folder:
        copy = Path(folder) / "mp3tomidi"
        shutil.copytree(ROOT, copy, ignore=shutil.ignore_patterns(".git", ".venv", "__pycache__", "*.egg-info"))
        (Path(folder) / "shared").symlink_to(ROOT.parent / "shared")
        killed = total = 0
        for room in options.rooms or ROOMS:
            of_room = 0
            mutants = sample(copy, [room], options.mutants, random.Random(f"{options.seed} {room}"))
            for mutant in mutants:
                dies = is_killed(mutant, copy, options.patience)
                of_room += dies
                print(f"{'killed  ' if dies else 'SURVIVES'} {mutant}", flush=True)
            killed, total = killed + of_room, total + len(mutants)
            print(f"{room}: {of_room} of {len(mutants)}", flush=True)
        print(f"mutation score {killed / max(total, 1):.2f} ({killed} of {total})")


if __name__ == "__main__":
    main()
