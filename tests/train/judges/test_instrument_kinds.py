"""Kinds of instruments are told by a layer on a FamilyNet that says of families what it said before."""

import numpy as np
import pytest
import torch

from mp3tomidi.train.judges.instrument_kinds import teach_kinds
from mp3tomidi.train.judges.passages import FAMILY_OF_PROGRAM, KIND_OF_PROGRAM, NO_KIND, Passage
from mp3tomidi.train.recipe import FamilyTraining
from mp3tomidi.transcribe.instruments import FAMILIES, KINDS, PROGRAM_OF_FAMILY, PROGRAMS
from mp3tomidi.transcribe.networks.family_net import FamilyNet, OfOnePassage
from mp3tomidi.transcribe.networks.settings import FamilyNetSettings

SETTINGS = FamilyNetSettings(timbre_count=10, hidden=32, channels=16, heads=2)
CLEAN, DISTORTED, PIANO = 25, 30, 0


def passages(count: int) -> list[Passage]:
    """Clean and distorted guitars, three to one, told apart by a number of their timbre; pianos, which have no kind."""
    rng = np.random.default_rng(0)
    made = []
    for _ in range(count):
        program = np.repeat(rng.choice([CLEAN, CLEAN, CLEAN, DISTORTED, PIANO], 2), 8)
        timbre = rng.standard_normal((16, SETTINGS.timbre_count))
        timbre[:, 3] += np.where(program == DISTORTED, 3.0, -3.0)
        place = np.stack([np.sort(rng.uniform(0, 6, 16)), rng.integers(40, 80, 16), np.full(16, -1.0)], axis=1)
        of_family, of_kind = FAMILY_OF_PROGRAM[program], KIND_OF_PROGRAM[program]
        made.append(Passage(timbre.astype(np.float16), place.astype(np.float32), of_family, of_kind))
    return made


def a_net() -> FamilyNet:
    torch.manual_seed(0)
    return FamilyNet(SETTINGS).eval()


def test_kinds_are_learned_and_families_stay_as_they_are() -> None:
    net, lines = a_net(), []
    some = torch.randn(9, SETTINGS.timbre_count), torch.rand(9, 3)
    with torch.no_grad():
        families, kinds = OfOnePassage(net)(*some)
    teach_kinds(net, passages(800), FamilyTraining(), lines.append)
    with torch.no_grad():
        still, taught = OfOnePassage(net)(*some)
    assert torch.equal(still, families)
    assert not torch.allclose(taught, kinds)
    (line,) = lines
    assert "organ 0 % of 0" in line
    for kind in ("clean guitar", "distorted guitar"):
        right, of = line.split(f"{kind} ")[1].split(",")[0].split(" % of ")
        assert int(right) > 80
        assert int(of) > 5


def test_pianos_alone_teach_no_kinds() -> None:
    lines: list[str] = []
    pianos = [Passage(p.timbre, p.place, np.zeros(16, np.intp), np.full(16, NO_KIND)) for p in passages(4)]
    teach_kinds(a_net(), pianos, FamilyTraining(), lines.append)
    assert lines == ["no notes of known kinds"]


@pytest.mark.parametrize(("program", "name"), [(CLEAN, "clean guitar"), (29, "distorted guitar"), (20, "organ")])
def test_a_program_is_of_one_kind(program: int, name: str) -> None:
    assert KINDS[KIND_OF_PROGRAM[program]].name == name


def test_kinds_are_of_the_family_of_their_programs() -> None:
    assert KIND_OF_PROGRAM[PIANO] == NO_KIND
    for kind in KINDS:
        assert kind.program in kind.programs
        assert {PROGRAMS[program].family for program in kind.programs} == {kind.family}
    told = [program for kind in KINDS for program in kind.programs]
    assert len(told) == len(set(told))
    of_families = {PROGRAM_OF_FAMILY[kind.family] for kind in KINDS}
    assert of_families <= {kind.program for kind in KINDS}  # what was written of these families is one of their kinds
    assert all(FAMILIES[FAMILY_OF_PROGRAM[kind.program]] == kind.family for kind in KINDS)
