"""Who plays each note, from rolls written by hand."""

import numpy as np
import pytest
from numpy.typing import NDArray

from mp3tomidi.transcribe.events import Note
from mp3tomidi.transcribe.inference.activations import FAMILY_BLOCK_FRAMES, Activations
from mp3tomidi.transcribe.instruments import FAMILIES, PROGRAM_OF_FAMILY, families_named
from mp3tomidi.transcribe.notes import families
from mp3tomidi.transcribe.notes.families import decide, log_probabilities, with_families

HOP_S = 0.02
BLOCK_S = HOP_S * FAMILY_BLOCK_FRAMES


def activations_of(notes: list[Note], players: list[str], sure: float = 0.8) -> Activations:
    """Rolls in which each note's player sounds while the note lasts, and nobody else."""
    frames = 10 + round(max(note.offset_s for note in notes) / HOP_S)
    rolls = np.full((len(FAMILIES), -(-frames // FAMILY_BLOCK_FRAMES), 88), 0.01, np.float32)
    for note, player in zip(notes, players, strict=True):
        first, last = round(note.onset_s / BLOCK_S), round(note.offset_s / BLOCK_S)
        rolls[FAMILIES.index(player), first:last, note.pitch - 21] = sure
    empty = np.zeros((frames, 88), np.float32)
    return Activations(empty, empty, empty, empty, empty, HOP_S, rolls)


def line(pitch: int, count: int = 20) -> list[Note]:
    return [Note(0.5 * i, 0.5 * i + 0.4, pitch + (0, 2, 4, 5)[i % 4], 64) for i in range(count)]


def likely(player: str, probability: float = 0.6) -> NDArray[np.float64]:
    """Log probabilities of one note [FAMILIES]."""
    rest = (1.0 - probability) / (len(FAMILIES) - 1)
    return np.log([probability if family == player else rest for family in FAMILIES])


def programs(notes: list[Note]) -> list[int]:
    return [note.program for note in notes]


def test_two_players_are_told_apart() -> None:
    bass, piano = line(36), line(72)
    players = ["bass"] * len(bass) + ["piano"] * len(piano)
    heard = with_families([*bass, *piano], activations_of([*bass, *piano], players))
    assert programs(heard) == [PROGRAM_OF_FAMILY[player] for player in players]
    assert [(note.onset_s, note.pitch) for note in heard] == [(note.onset_s, note.pitch) for note in [*bass, *piano]]


def test_a_note_is_read_while_it_lasts_and_no_longer_than_a_second() -> None:
    long = [Note(0.0, 4.0, 60, 64)]
    heard = activations_of(long, ["strings"])
    assert heard.families is not None
    heard.families[FAMILIES.index("strings"), 12:] = 0.0
    heard.families[FAMILIES.index("winds"), 12:] = 1.0
    assert FAMILIES[log_probabilities(long, heard)[0].argmax()] == "strings"


def test_a_family_that_was_seldom_taught_needs_less_to_be_believed() -> None:
    """What a network says of a rare family is small for that reason alone."""
    note = [Note(0.0, 0.5, 60, 64)]
    rolls = np.full((len(FAMILIES), 30, 88), 0.01, np.float32)
    rolls[FAMILIES.index("piano")], rolls[FAMILIES.index("synth")] = 0.3, 0.2
    empty = np.zeros((30, 88), np.float32)
    read = log_probabilities(note, Activations(empty, empty, empty, empty, empty, HOP_S, rolls))
    assert FAMILIES[read[0].argmax()] == "synth"
    assert np.exp(read).sum() == pytest.approx(1.0)


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


def test_there_are_six_families_at_most() -> None:
    notes = [Note(100.0 * i, 100.0 * i + 0.4, 60, 64) for i in range(80)]
    read = np.array([likely(FAMILIES[i // 10]) for i in range(80)])
    assert len(set(decide(read, notes).tolist())) == families.MOST_FAMILIES


def test_only_families_that_are_allowed_play() -> None:
    notes = line(60, 40)
    heard = activations_of(notes, ["strings"] * 40)
    assert set(programs(with_families(notes, heard, ("guitar", "bass")))) <= {25, 33}


def test_notes_stay_as_they_are_where_the_network_tells_no_families() -> None:
    empty = np.zeros((30, 88), np.float32)
    notes = line(60)
    assert with_families(notes, Activations(empty, empty, empty, empty, empty, HOP_S)) == notes
    assert with_families([], activations_of(notes, ["piano"] * len(notes))) == []


def test_families_are_named_in_any_order_and_case() -> None:
    assert families_named([" Bass", "piano", "bass"]) == ("piano", "bass")


@pytest.mark.parametrize(
    ("names", "said"),
    [(["pinao"], "'pinao'.*did you mean piano"), (["xyz"], "'xyz'.*there are piano"), ([""], "no instrument")],
)
def test_an_unknown_family_is_refused_with_the_nearest(names: list[str], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        families_named(names)
