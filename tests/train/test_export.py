from mp3tomidi.train.export import GROOVES_CREDIT, MIDI_CREDITS, midi_credits
from mp3tomidi.train.recipe import ClipRecipe, from_mapping


def test_grooves_are_credited_where_they_are_played() -> None:
    plain = from_mapping({"name": "plain"})
    grooving = from_mapping({"name": "grooving", "data": {"mix": {"groove_share": 0.1}}})
    assert midi_credits(plain) == MIDI_CREDITS
    assert midi_credits(grooving) == [*MIDI_CREDITS, GROOVES_CREDIT]
    assert midi_credits(ClipRecipe("samples")) == []
