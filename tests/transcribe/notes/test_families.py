"""Who plays each note, from probabilities written by hand."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from mp3tomidi.transcribe.errors import WeightsError
from mp3tomidi.transcribe.events import Note
from mp3tomidi.transcribe.inference.activations import Activations
from mp3tomidi.transcribe.inference.timbres import Timbres
from mp3tomidi.transcribe.instruments import FAMILIES, KINDS, PROGRAM_OF_FAMILY, SOLO_VOICE, families_named
from mp3tomidi.transcribe.networks import checkpoint
from mp3tomidi.transcribe.networks.family_net import FamilyNet
from mp3tomidi.transcribe.networks.registry import FAMILY_NET, NOTE_JUDGE
from mp3tomidi.transcribe.networks.settings import FamilyNetSettings
from mp3tomidi.transcribe.notes import families, timbre_groups
from mp3tomidi.transcribe.notes.families import FamilyReader, decide, is_solo, program_of
from mp3tomidi.transcribe.notes.note_judge import NoteJudge

HOP_S = 0.02
SETTINGS = FamilyNetSettings(timbre_count=len(FAMILIES), hidden=16, channels=8, heads=2)


def likely_of(players: list[str]) -> NDArray[np.float64]:
    """Log probabilities of notes that are clearly these players' [notes, FAMILIES]."""
    return np.array([likely(player) for player in players])


def line(pitch: int, count: int = 20) -> list[Note]:
    return [Note(0.5 * i, 0.5 * i + 0.4, pitch + (0, 2, 4, 5)[i % 4], 64) for i in range(count)]


def likely(player: str, probability: float = 0.6) -> NDArray[np.float64]:
    """Log probabilities of one note [FAMILIES]."""
    rest = (1.0 - probability) / (len(FAMILIES) - 1)
    return np.log([probability if family == player else rest for family in FAMILIES])


def programs(notes: list[Note]) -> list[int]:
    return [note.program for note in notes]


def usual_kinds(count: int) -> NDArray[np.float64]:
    """Logits [notes, KINDS] of the kinds whose programs stand for their families."""
    return np.tile([float(kind.program in PROGRAM_OF_FAMILY.values()) for kind in KINDS], (count, 1))


def saying(reader: FamilyReader, monkeypatch: pytest.MonkeyPatch, likely: NDArray[np.float64]) -> FamilyReader:
    """A reader whose network says this of the notes."""
    monkeypatch.setattr(reader, "_read", lambda notes, timbre: (likely, usual_kinds(len(likely))))
    return reader


@pytest.fixture(scope="module")
def reader(tmp_path_factory: pytest.TempPathFactory) -> FamilyReader:
    folder = tmp_path_factory.mktemp("weights")
    torch.manual_seed(0)
    checkpoint.save(FamilyNet(SETTINGS).eval(), folder, {})
    return FamilyReader(folder)


def heard_by(notes: list[Note]) -> Activations:
    """With a timbre of its own at each note's onset."""
    frame = np.array([round(note.onset_s / HOP_S) for note in notes], np.intp)
    pitch = np.array([note.pitch - 21 for note in notes], np.intp)
    values = np.random.default_rng(0).standard_normal((len(notes), SETTINGS.timbre_count)).astype(np.float16)
    empty = np.zeros((10, 88), np.float32)
    return Activations(empty, empty, empty, empty, empty, HOP_S, Timbres(frame, pitch, values))


def test_two_players_are_told_apart(reader: FamilyReader, monkeypatch: pytest.MonkeyPatch) -> None:
    notes = [*line(36), *line(72)]
    players = ["bass"] * 20 + ["piano"] * 20
    heard = saying(reader, monkeypatch, likely_of(players)).with_families(notes, heard_by(notes))
    assert programs(heard) == [PROGRAM_OF_FAMILY[player] for player in players]
    assert [(note.onset_s, note.pitch) for note in heard] == [(note.onset_s, note.pitch) for note in notes]
    assert reader.with_families([], heard_by([])) == []


def test_what_sounds_like_the_notes_of_a_family_is_given_to_it(
    reader: FamilyReader, monkeypatch: pytest.MonkeyPatch
) -> None:
    # far apart in time and pitch, so that only the timbre says where the unsure notes go
    notes = [Note(20.0 * i, 20.0 * i + 0.4, 40 + (37 * i) % 40, 64) for i in range(80)]
    players = ["strings", "winds"] * 40
    read = likely_of(players)
    read[:12] = np.log(1.0 / len(FAMILIES))
    heard = heard_by(notes)
    heard.timbres.values[::2, 3] += 4.0
    read_by = saying(reader, monkeypatch, read)
    assert programs(read_by.with_families(notes, heard)) == [PROGRAM_OF_FAMILY[player] for player in players]
    monkeypatch.setattr(timbre_groups, "FEWEST_NOTES", 81)
    assert programs(read_by.with_families(notes, heard))[1] != PROGRAM_OF_FAMILY["winds"]


def test_probabilities_add_up_and_follow_the_notes_whatever_their_order(reader: FamilyReader) -> None:
    notes = line(60, 30)
    read = reader.log_probabilities(notes, heard_by(notes))
    assert read.shape == (30, len(FAMILIES))
    assert np.exp(read).sum(axis=1) == pytest.approx(1.0)
    assert np.ptp(read[:, 0]) > 1e-3
    assert np.allclose(reader.log_probabilities(notes[::-1], heard_by(notes)), read[::-1], atol=1e-5)
    assert reader.log_probabilities([], heard_by([])).shape == (0, len(FAMILIES))


@pytest.mark.parametrize("count", [1, 64, 65, 128, 129, 500])
def test_every_note_of_a_long_recording_is_read(
    reader: FamilyReader, monkeypatch: pytest.MonkeyPatch, count: int
) -> None:
    passages: list[int] = []
    answer = reader._network.outputs

    def recorded(timbre: NDArray[np.float32], place: NDArray[np.float32]) -> list[NDArray[np.float32]]:
        passages.append(len(place))
        return answer(timbre, place)

    monkeypatch.setattr(reader._network, "outputs", recorded)
    notes = line(60, count)
    read = reader.log_probabilities(notes, heard_by(notes))
    assert np.exp(read).sum(axis=1) == pytest.approx(1.0)
    assert read.min(axis=1).max() < np.log(1.0 / len(FAMILIES))
    assert max(passages) <= families.PASSAGE_NOTES
    assert sum(passages) >= count


def test_an_unsure_note_goes_where_its_neighbours_are() -> None:
    notes = line(60)
    players = ["winds"] * len(notes)
    read = np.array([likely(player) for player in players])
    read[7] = likely("strings", 0.3)
    lower = line(40)
    read = np.concatenate([read, [likely("bass")] * len(lower)])
    chosen = [FAMILIES[family] for family in decide(read, [*notes, *lower])]
    assert chosen == ["winds"] * len(notes) + ["bass"] * len(lower)


def test_neighbours_are_found_whatever_the_notes_order_and_however_many_they_are(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rng = np.random.default_rng(4)
    notes = [
        Note(start, start + 0.3, int(pitch), 64)
        for start, pitch in zip(rng.uniform(0, 300, 700), rng.integers(30, 90, 700), strict=True)
    ]
    read = np.log(rng.dirichlet(np.ones(len(FAMILIES)), 700))
    at_once = families._of_neighbours(read, notes)
    monkeypatch.setattr(families, "_NOTES_AT_ONCE", 60)
    order = rng.permutation(700)
    in_parts = families._of_neighbours(read[order], [notes[i] for i in order])
    assert np.allclose(in_parts, at_once[order])


def test_a_lone_note_has_nobody_to_follow() -> None:
    assert (families._of_neighbours(np.log([[0.5] + [0.5 / 7] * 7]), line(60, 1)) == 0.0).all()


def test_a_family_that_is_hardly_there_is_merged() -> None:
    notes = [*line(60, 60), *line(40, 40), Note(60.0, 60.4, 90, 64)]
    read = np.array([likely("piano")] * 60 + [likely("bass")] * 40 + [likely("synth")])
    chosen = {FAMILIES[family] for family in decide(read, notes)}
    assert chosen == {"piano", "bass"}


def test_one_that_plays_nearly_everything_plays_alone() -> None:
    notes = [*line(60, 90), *(Note(100.0 + i, 100.4 + i, 95, 64) for i in range(10))]
    read = np.array([likely("piano")] * 90 + [likely("keys")] * 10)
    assert {FAMILIES[family] for family in decide(read, notes)} == {"piano"}


def test_a_second_instrument_is_not_swallowed_but_scattered_notes_are() -> None:
    notes = [*line(60, 80), *(Note(100.0 + i, 100.4 + i, 35, 64) for i in range(20))]
    bass = [likely("piano", 0.95)] * 80 + [likely("bass", 0.95)] * 20
    assert {FAMILIES[family] for family in decide(np.array(bass), notes)} == {"piano", "bass"}
    scattered = [likely("piano", 0.95)] * 80 + [likely(FAMILIES[1 + i % 4], 0.95) for i in range(20)]
    assert {FAMILIES[family] for family in decide(np.array(scattered), notes)} == {"piano"}


def test_there_are_six_families_at_most() -> None:
    notes = [Note(100.0 * i, 100.0 * i + 0.4, 60, 64) for i in range(80)]
    read = np.array([likely(FAMILIES[i // 10]) for i in range(80)])
    assert len(set(decide(read, notes).tolist())) == families.MOST_FAMILIES


def test_only_families_that_are_allowed_play(reader: FamilyReader, monkeypatch: pytest.MonkeyPatch) -> None:
    notes = line(60, 40)
    read_by = saying(reader, monkeypatch, likely_of(["strings"] * 40))
    heard = read_by.with_families(notes, heard_by(notes), ("guitar", "bass"))
    assert set(programs(heard)) <= {25, 33}


def test_families_are_named_in_any_order_and_case() -> None:
    assert families_named([" Bass", "piano", "bass"]) == ("piano", "bass")


@pytest.mark.parametrize(
    ("names", "said"),
    [(["pinao"], "'pinao'.*did you mean piano"), (["xyz"], "'xyz'.*there are piano"), ([""], "no instrument")],
)
def test_an_unknown_family_is_refused_with_the_nearest(names: list[str], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        families_named(names)


@pytest.mark.parametrize(("name", "family"), [("Trumpet", "winds"), ("electric piano", "keys"), ("organ", "keys")])
def test_an_instrument_is_told_its_family(name: str, family: str) -> None:
    with pytest.raises(ValueError, match=f"but one of the {family}; families are piano, keys"):
        families_named([name])


def test_the_kind_of_a_family_is_that_of_most_of_its_evidence() -> None:
    """Four notes are clearly distorted, six rather clean; what other families would be says nothing."""
    index = {kind.name: number for number, kind in enumerate(KINDS)}
    kinds = np.zeros((10, len(KINDS)))
    kinds[:4, index["distorted guitar"]], kinds[4:, index["clean guitar"]] = 5.0, 2.0
    kinds[:, index["organ"]] = 9.0
    assert program_of("guitar", kinds) == 30
    assert program_of("guitar", kinds[2:]) == 25
    assert program_of("keys", kinds) == 16
    assert program_of("piano", kinds) == PROGRAM_OF_FAMILY["piano"]
    assert program_of("guitar", kinds[:0]) == PROGRAM_OF_FAMILY["guitar"]


def test_notes_get_the_program_of_their_kind(reader: FamilyReader, monkeypatch: pytest.MonkeyPatch) -> None:
    notes = [*line(36), *line(72)]
    kinds = np.array([[4.0 * (kind.name in ("organ", "plucked strings")) for kind in KINDS]] * len(notes))
    read = likely_of(["bass"] * 20 + ["keys"] * 20)
    monkeypatch.setattr(reader, "_read", lambda notes, timbre: (read, kinds))
    heard = reader.with_families(notes, heard_by(notes))
    assert programs(heard) == [PROGRAM_OF_FAMILY["bass"]] * 20 + [16] * 20


def test_a_network_of_families_alone_is_refused(tmp_path: Path) -> None:
    checkpoint.save(NoteJudge().eval(), tmp_path, {}, replace(NOTE_JUDGE, name=FAMILY_NET.name))
    with pytest.raises(WeightsError, match="teach it again"):
        FamilyReader(tmp_path)


@pytest.mark.parametrize(
    ("overlap_s", "one_singer"),
    [(0.0, True), (0.04, True), (0.2, False)],
    ids=["one after the other", "ends heard late", "two at once"],
)
def test_one_voice_is_named_as_a_singer_two_at_once_as_a_choir(
    reader: FamilyReader, monkeypatch: pytest.MonkeyPatch, overlap_s: float, one_singer: bool
) -> None:
    sung = [Note(0.5 * i, 0.5 * (i + 1) + overlap_s, 60 + 2 * (i % 3), 64) for i in range(20)]
    saying(reader, monkeypatch, likely_of(["voice"] * 20))
    assert is_solo(sung) is one_singer
    choir = PROGRAM_OF_FAMILY["voice"]
    assert set(programs(reader.with_families(sung, heard_by(sung)))) == {SOLO_VOICE if one_singer else choir}


def test_a_singer_over_chords_is_one(reader: FamilyReader, monkeypatch: pytest.MonkeyPatch) -> None:
    sung = line(67)
    chords = [replace(note, pitch=pitch, offset_s=note.onset_s + 1.0) for note in line(48) for pitch in (48, 52, 55)]
    saying(reader, monkeypatch, likely_of(["voice"] * 20 + ["piano"] * 60))
    notes = [*sung, *chords]
    named = reader.with_families(notes, heard_by(notes))
    assert programs(named) == [SOLO_VOICE] * 20 + [PROGRAM_OF_FAMILY["piano"]] * 60


@pytest.mark.parametrize(
    ("doubt", "opinion", "named"),
    [(0.5, "guitar", "guitar"), (0.5, "winds", "winds"), (2.0, "guitar", "winds")],
    ids=["in doubt", "in doubt and confirmed", "sure"],
)
def test_of_who_plays_alone_another_network_is_asked_where_the_first_is_in_doubt(
    reader: FamilyReader, monkeypatch: pytest.MonkeyPatch, doubt: float, opinion: str, named: str
) -> None:
    notes = line(60)
    read = np.full((len(notes), len(FAMILIES)), -8.0)
    read[:, FAMILIES.index("winds")], read[:, FAMILIES.index("guitar")] = -0.5, -0.5 - doubt
    asked: list[None] = []

    def say() -> NDArray[np.float64]:
        asked.append(None)
        return likely(opinion, 0.9)

    heard = saying(reader, monkeypatch, read).with_families(notes, heard_by(notes), second_opinion=say)
    assert set(programs(heard)) == {PROGRAM_OF_FAMILY[named]}
    assert len(asked) == (doubt < families.SOLO_DOUBT)


def test_of_two_players_and_of_those_not_allowed_no_other_network_decides(
    reader: FamilyReader, monkeypatch: pytest.MonkeyPatch
) -> None:
    def never() -> NDArray[np.float64]:
        raise AssertionError("was asked")

    notes = [*line(36), *line(72)]
    read = likely_of(["bass"] * 20 + ["piano"] * 20)
    two = saying(reader, monkeypatch, read).with_families(notes, heard_by(notes), second_opinion=never)
    assert len(set(programs(two))) == 2
    unsure = saying(reader, monkeypatch, np.log(np.full((20, len(FAMILIES)), 1 / len(FAMILIES))))
    for allowed in (["winds", "piano"], ["winds"]):
        heard = unsure.with_families(line(60), heard_by(line(60)), allowed, lambda: likely("guitar", 0.9))
        assert set(programs(heard)) <= {PROGRAM_OF_FAMILY[family] for family in allowed}
