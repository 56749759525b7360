"""Kinds of instruments are told by a layer on a FamilyNet that says of families what it said before."""

from itertools import chain
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from torch import nn

from mp3tomidi.train.judges import instrument_kinds
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


def test_the_layer_fits_standardised_notes_and_is_kept_for_notes_as_they_are(monkeypatch: pytest.MonkeyPatch) -> None:
    """The first four of 20 passages are held out, and notes of no kind are left out."""
    net, some, lines, fitted = a_net(), passages(20), [], []
    monkeypatch.setattr(instrument_kinds, "_fit", lambda *given: fitted.append(given))
    teach_kinds(net, some, FamilyTraining(held_out_share=0.2), lines.append)
    ((layer, standardised, kind),) = fitted
    kinds = np.concatenate([passage.kind for passage in some[4:]])
    assert kind.tolist() == kinds[kinds != NO_KIND].tolist()
    assert standardised.mean(dim=0).numpy() == pytest.approx(0.0, abs=1e-4)
    deviation = standardised.std(dim=0)
    assert (deviation < 1.0).all()
    assert (deviation > 0.98).all()
    seen = torch.cat([instrument_kinds._features(net, passage) for passage in some[4:]])[kinds != NO_KIND]
    assert torch.allclose(net.kinds(seen), layer(standardised), atol=1e-4)
    counted = [np.bincount(p.kind[p.kind != NO_KIND], minlength=len(KINDS)) >= 6 for p in some[:4]]
    counts = np.sum(counted, axis=0)
    assert 0 < counts.sum() <= 8
    for index, name in enumerate(kind.name for kind in KINDS):
        assert f" % of {counts[index]}" in lines[0].split(f"{name} ")[1].split(",")[0]


def test_notes_look_at_those_near_them_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    net, whole = a_net(), passages(1)[0].only(np.array([4, 0, 3, 1, 2]))
    monkeypatch.setattr(instrument_kinds, "NOTES_AT_ONCE", 3)
    seen = instrument_kinds._features(net, whole)
    for rows in ([1, 3, 4], [2, 0]):
        part = whole.only(np.array(rows))
        timbre, place = (torch.from_numpy(values.astype(np.float32))[None] for values in (part.timbre, part.place))
        with torch.no_grad():
            x = net.of_notes(timbre, place)
            assert torch.allclose(seen[rows, :16], x[0], atol=1e-5)
            assert torch.allclose(seen[rows, 16:], net.attended(x, place)[0], atol=1e-5)


def test_every_note_is_gone_through_in_every_epoch_and_rare_kinds_weigh_more(
    steps: list[SimpleNamespace], monkeypatch: pytest.MonkeyPatch
) -> None:
    kind = torch.tensor([3] * 16 + [4] * 4 + [0] * 5)
    taught, weights = [], []

    def loss(logits: torch.Tensor, some: torch.Tensor, weight: torch.Tensor) -> torch.Tensor:
        taught.append(some.tolist())
        weights.append(weight)
        return logits.logsumexp(dim=-1).mean()

    monkeypatch.setattr(instrument_kinds, "cross_entropy", loss)
    monkeypatch.setattr(instrument_kinds, "BATCH_NOTES", 10)
    instrument_kinds._fit(nn.Linear(2, len(KINDS)), torch.zeros(25, 2), kind)
    epochs = instrument_kinds.EPOCHS
    assert [len(some) for some in taught] == [9, 8, 8] * epochs
    for epoch in range(epochs):
        assert sorted(chain.from_iterable(taught[3 * epoch : 3 * epoch + 3])) == sorted(kind.tolist())
    assert weights[0][:5].tolist() == pytest.approx([5**-0.5, 1.0, 1.0, 0.25, 0.5])
    rates = [step.rate for step in steps]
    assert 0 < np.argmax(rates) < len(rates) - 1 == 3 * epochs - 1
    assert max(rates) == pytest.approx(instrument_kinds.LEARNING_RATE, rel=0.01)
    assert rates[-1] < 1e-6


def test_a_note_is_compared_with_the_kinds_of_its_family() -> None:
    logits = torch.arange(2.0 * len(KINDS)).reshape(2, -1)
    organ, distorted = (int(KIND_OF_PROGRAM[program]) for program in (16, DISTORTED))
    compared = instrument_kinds._within_family(logits, torch.tensor([organ, distorted]))
    assert compared[0, :3].tolist() == logits[0, :3].tolist()
    assert compared[1, 3:5].tolist() == logits[1, 3:5].tolist()
    assert (compared[0, 3:] < -1000).all()
    assert (compared[1, [0, 1, 2, 5, 6, 7, 8, 9, 10, 11]] < -1000).all()


def test_kinds_are_counted_by_passage_where_six_notes_play_them(monkeypatch: pytest.MonkeyPatch) -> None:
    """Distorted guitars are right in one passage, with an unclear note, and wrong in the other; clean ones are right.
    Five notes of an organ are too few.
    """
    clean, distorted, organ = (int(KIND_OF_PROGRAM[program]) for program in (CLEAN, DISTORTED, 16))

    def of(kind: list[int], told: list[int], surely: list[float]) -> Passage:
        logits = np.zeros((len(kind), len(KINDS)))
        logits[np.arange(len(kind)), told] = surely
        return Passage(logits.astype(np.float16), np.zeros((len(kind), 3), np.float32), np.zeros(0), np.array(kind))

    monkeypatch.setattr(instrument_kinds, "_features", lambda _, p: torch.from_numpy(p.timbre.astype(np.float32)))
    some = [
        of([distorted] * 7 + [NO_KIND] * 9, [distorted] * 6 + [clean] * 10, [1.0] * 6 + [4.0] + [9.0] * 9),
        of([distorted] * 6, [clean] * 6, [1.0] * 6),
        of([clean] * 6 + [organ] * 5, [clean] * 6 + [organ] * 5, [1.0] * 11),
    ]
    report = instrument_kinds._shares_right(SimpleNamespace(kinds=lambda seen: seen), some)  # type: ignore[arg-type]
    assert report.startswith("kinds right: electric piano 0 % of 0, mallets 0 % of 0, organ 0 % of 0, ")
    assert "clean guitar 100 % of 1, distorted guitar 50 % of 2, " in report


def test_every_program_has_a_place_in_the_tables() -> None:
    assert len(FAMILY_OF_PROGRAM) == len(KIND_OF_PROGRAM) == 128
    assert FAMILY_OF_PROGRAM[127] < 0
    assert [index for index, kind in enumerate(KIND_OF_PROGRAM) if kind == KIND_OF_PROGRAM[DISTORTED]] == [29, 30]


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
