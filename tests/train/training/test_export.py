import json
from pathlib import Path

import pytest

from mp3tomidi.train.recipe import ClipRecipe, from_mapping
from mp3tomidi.train.training.export import GROOVES_CREDIT, MIDI_CREDITS, export_decider, midi_credits
from mp3tomidi.transcribe.notes.note_judge import NoteJudge


def test_grooves_are_credited_where_they_are_played() -> None:
    plain = from_mapping({"name": "plain"})
    grooving = from_mapping({"name": "grooving", "data": {"mix": {"groove_share": 0.1}}})
    assert midi_credits(plain) == MIDI_CREDITS
    assert midi_credits(grooving) == [*MIDI_CREDITS, GROOVES_CREDIT]
    assert midi_credits(ClipRecipe("samples")) == []


@pytest.mark.usefixtures("graphs_left_out")
def test_a_card_credits_the_corpora_and_every_bank(tmp_path: Path) -> None:
    for name, credit in {"one": ["CC0-1.0", "nobody"], "two": ["CC BY 4.0", "somebody"]}.items():
        (tmp_path / "banks" / name).mkdir(parents=True)
        (tmp_path / "banks" / name / "manifest.json").write_text(json.dumps({"credits": [credit, MIDI_CREDITS[0]]}))
    recipe = from_mapping({"name": "x", "data": {"banks": [{"name": "one"}, {"name": "two"}]}})
    export_decider(NoteJudge().eval(), recipe, tmp_path, tmp_path / "banks")
    card = json.loads((tmp_path / "note_judge.json").read_text())
    taught_by = [(credit["licence"], credit["attribution"]) for credit in card["taught_by"]]
    assert taught_by == sorted([("CC0-1.0", "nobody"), ("CC BY 4.0", "somebody"), *map(tuple, MIDI_CREDITS)])
