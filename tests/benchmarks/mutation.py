"""How many small faults the tests notice: a mutation score of a random sample, the same for the same seed.

    python tests/benchmarks/mutation.py --mutants 60 --seed 1          # all rooms below
    python tests/benchmarks/mutation.py transcribe/notes --mutants 20  # one

A mutant is one change to one expression of the source, as mutmut and cosmic-ray make them: another comparison, another
sign, `or` for `and`, a condition that is turned round, a number that is larger by one. Files are drawn by their count
of places to change, places within them alike. Left alone are docstrings, annotations, decorators, defaults of arguments
and of fields (another setting is no fault) and zip's `strict` (a guard against what no caller does).

Each room's tests (those that mirror its folder, and those of TESTS_TOO) run once in a copy of the repository, with the
lines that each test runs recorded (coverage contexts). Then each mutant is put into the copy and meets only the tests
that run its statement, those that run least first. It is killed by the first that fails, or if they take too long; it
survives at once if no test runs it. What runs at import (constants, defaults) meets all tests of the room.
"""

from __future__ import annotations

import argparse
import ast
import importlib
import multiprocessing
import os
import random
import re
import shutil
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from coverage import CoverageData

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
# Imported once, before the processes of the mutants are forked: most of what starting one costs.
SLOW_IMPORTS = ("librosa", "matplotlib.pyplot", "mir_eval", "onnxruntime", "partitura", "scipy.signal", "torch")
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
    statement: range  # lines, from 1; of a compound statement those of its head
    before: str
    after: str
    source: str  # of the whole file

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.before}  ->  {self.after}"


def places(tree: ast.AST, statement: ast.stmt | None = None) -> Iterator[tuple[ast.expr, ast.stmt]]:
    """The expressions that can be changed, each with its innermost statement."""
    for child in ast.iter_child_nodes(tree):
        inner = child if isinstance(child, ast.stmt) else statement
        match child:
            case ast.FunctionDef(body=body):
                yield from places(ast.Module(body, []), inner)
            case ast.ClassDef(body=body):
                yield from places(ast.Module([node for node in body if not isinstance(node, ast.AnnAssign)], []), inner)
            case ast.AnnAssign(value=value):
                yield from places(ast.Expr(value), inner) if value is not None else ()
            case ast.arguments() | ast.keyword(arg="strict"):
                pass
            case _:
                if isinstance(child, ast.expr) and inner is not None and changed(child) is not None:
                    yield child, inner
                yield from places(child, inner)


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
        case ast.Constant(int() | float() as value):
            return ast.Constant(value + 1)
    return None


def sample(root: Path, rooms: list[str], count: int, rng: random.Random) -> list[Mutant]:
    """So many mutants of the rooms, each of another place."""
    drawn: list[Mutant] = []
    offers = []
    for room in rooms:
        for path in sorted((root / room).rglob("*.py")):
            source = path.read_text(encoding="utf-8")
            offers += [(path, source, node, statement) for node, statement in places(ast.parse(source))]
    for path, source, node, statement in rng.sample(offers, min(count, len(offers))):
        before = ast.get_source_segment(source, node) or ""
        after = ast.unparse(ast.fix_missing_locations(changed(node) or node))
        lines = source.encode().splitlines(keepends=True)
        first, last = node.lineno - 1, (node.end_lineno or node.lineno) - 1
        head, tail = lines[first][: node.col_offset], lines[last][node.end_col_offset :]
        text = b"".join([*lines[:first], head, f"({after})".encode(), tail, *lines[last + 1 :]]).decode()
        before = " ".join(before.split())
        drawn.append(Mutant(path.relative_to(root), node.lineno, head_lines(statement), before, after, text))
    return drawn


def head_lines(statement: ast.stmt) -> range:
    """The lines of a statement without the statements inside it."""
    body: list[ast.AST] = getattr(statement, "body", None) or getattr(statement, "cases", [])
    end = statement.end_lineno or statement.lineno
    first_inside = (
        getattr(body[0], "lineno", getattr(getattr(body[0], "pattern", None), "lineno", end)) if body else end
    )
    return range(statement.lineno, max(first_inside, statement.lineno + 1) if body else end + 1)


class Covering:
    """Which tests of a room run which lines.

    Raises RuntimeError if a test fails without any mutant: then all mutants would count as killed.
    """

    def __init__(self, copy: Path, room: str) -> None:
        self.copy = copy
        record = copy.parent / f"coverage of {room.replace('/', ' ')}"
        options = [f"--cov={room}", "--cov-context=test", "--cov-report="]
        tests = [f"tests/{room}", *TESTS_TOO.get(room, ())]
        status, printed = run_tests(copy, [*options, *tests], COVERAGE_FILE=str(record))
        if status != 0:
            raise RuntimeError(f"{room}: tests fail without a mutant: {first_failure(printed)}")
        self.lines = CoverageData(str(record))
        self.lines.read()
        of_tests = Counter(
            named.rpartition("|")[0]
            for path in self.lines.measured_files()
            for names in self.lines.contexts_by_lineno(path).values()
            for named in set(names) - {""}
        )
        self.narrow_first = sorted(of_tests, key=lambda name: of_tests[name])

    def tests(self, mutant: Mutant) -> list[str]:
        """The tests that run the statement: one that runs only in a fixture is left to all tests of their file."""
        contexts = self.lines.contexts_by_lineno(str(self.copy / mutant.path))
        running = {name for line in mutant.statement for name in contexts.get(line, [])}
        if "" in running:
            of_file = {name.rpartition("|")[0] for names in contexts.values() for name in names}
            return sorted(self.narrow_first, key=lambda name: name not in of_file)
        named = {name.rpartition("|")[0] for name in running}
        files = {name.partition("::")[0] for name in running if name.endswith("|setup")}
        return [name for name in self.narrow_first if name in named or name.partition("::")[0] in files]


def run_tests(copy: Path, arguments: list[str], patience_s: float | None = None, **more: str) -> tuple[int | None, str]:
    """The exit status of pytest in a process of its own, None if it took longer, and what it printed."""
    printed = copy.parent / "printed.txt"
    process = multiprocessing.get_context("fork").Process(target=pytest_in, args=(copy, printed, arguments, more))
    process.start()
    process.join(patience_s)
    status = process.exitcode
    if status is None:
        process.kill()
        process.join()
    return status, printed.read_text(encoding="utf-8")


def pytest_in(copy: Path, printed: Path, arguments: list[str], more: dict[str, str]) -> None:
    with printed.open("w", encoding="utf-8") as file:
        os.dup2(file.fileno(), 1)
        os.dup2(file.fileno(), 2)
    os.chdir(copy)
    os.environ |= {"PYTHONPATH": str(copy.parent), "PYTHONDONTWRITEBYTECODE": "1"} | more
    sys.dont_write_bytecode = True
    sys.path[0] = str(copy.parent)
    sys.exit(pytest.main(["-x", "-q", "--tb=no", "-p", "no:cacheprovider", *arguments]))


def first_failure(output: str) -> str:
    found = re.search(r"^(?:FAILED|ERROR) (\S+)", output, re.MULTILINE)
    return found[1] if found else output.strip().rpartition("\n")[2]


def killer(mutant: Mutant, copy: Path, tests: list[str], patience_s: float) -> str | None:
    """The test that fails on a copy of the repository with the mutant in it; None where none does."""
    if not tests:
        return None
    target = copy / mutant.path
    original = target.read_text(encoding="utf-8")
    target.write_text(mutant.source, encoding="utf-8")
    try:
        status, printed = run_tests(copy, tests, patience_s)
    finally:
        target.write_text(original, encoding="utf-8")
    if status is None:
        return "time"
    return first_failure(printed) if status != 0 else None


def main() -> None:
    parser = argparse.ArgumentParser(description="Mutation score of a random sample.")
    parser.add_argument("rooms", nargs="*", choices=[*ROOMS, []], metavar="ROOM", help=f"default: {', '.join(ROOMS)}")
    parser.add_argument("--mutants", type=int, default=60, help="how many of each room (60)")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--patience", type=float, default=900.0, metavar="S", help="one that takes longer is killed")
    options = parser.parse_args()
    for module in SLOW_IMPORTS:
        importlib.import_module(module)
    with tempfile.TemporaryDirectory(prefix="mutants-") as folder:
        copy = Path(folder) / "mp3tomidi"
        shutil.copytree(ROOT, copy, ignore=shutil.ignore_patterns(".git", ".venv", "__pycache__", "*.egg-info"))
        (Path(folder) / "shared").symlink_to(ROOT.parent / "shared")
        killed = total = 0
        for room in options.rooms or ROOMS:
            of_room = 0
            covering = Covering(copy, room)
            mutants = sample(copy, [room], options.mutants, random.Random(f"{options.seed} {room}"))
            for mutant in mutants:
                tests = covering.tests(mutant)
                by = killer(mutant, copy, tests, options.patience)
                of_room += by is not None
                print(
                    f"SURVIVES {mutant}, {len(tests)} tests" if by is None else f"killed   {mutant}, by {by}",
                    flush=True,
                )
            killed, total = killed + of_room, total + len(mutants)
            print(f"{room}: {of_room} of {len(mutants)}", flush=True)
        print(f"mutation score {killed / max(total, 1):.2f} ({killed} of {total})")


if __name__ == "__main__":
    main()
