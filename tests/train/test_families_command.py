"""FamilyNet is taught and exported: from the recipe to instruments in a transcription."""

import json
from pathlib import Path

import numpy as np
import torch

from mp3tomidi.train.cli import main
from mp3tomidi.transcribe.audio.reading import Audio
from mp3tomidi.transcribe.inference.timbres import POOLS
from mp3tomidi.transcribe.instruments import KINDS, PROGRAM_OF_FAMILY
from mp3tomidi.transcribe.networks import checkpoint
from mp3tomidi.transcribe.networks.note_net import NoteNet
from mp3tomidi.transcribe.networks.settings import NoteNetSettings
from mp3tomidi.transcribe.notes import velocity
from mp3tomidi.transcribe.notes.note_judge import NoteJudge
from mp3tomidi.transcribe.notes.thresholds import Thresholds
from mp3tomidi.transcribe.transcriber import Transcriber

TINY = """
name = "tiny_families"
kind = "family_net"

[[data.banks]]
name = "sines"

[data.mix]
duration_s = 2.0

[network]
hidden = 8
channels = 8
heads = 2

[training]
clips = 12
epochs = 2
batch_passages = 4
"""


def test_from_the_recipe_to_instruments(tmp_path: Path, tiny_banks: Path) -> None:
    weights, recipe = tmp_path / "weights", tmp_path / "tiny.toml"
    recipe.write_text(TINY)
    torch.manual_seed(0)
    net = NoteNet(NoteNetSettings(channels=8, time_dilations=(1, 2), pitch_dilations=(1, 12)))
    torch.nn.init.constant_(net.head.bias, 0.5)  # so that, untaught, it hears notes
    for one in (net, NoteJudge()):
        checkpoint.save(one.eval(), weights, {})
    velocity.write(dict.fromkeys(velocity.FEATURES, 1.0), weights, {})
    sound = Audio(np.random.default_rng(0).normal(0.0, 0.1, 16_000).astype(np.float32), 16_000)
    every_note = {"thresholds": Thresholds(onset=0.0), "drums": False}
    before = Transcriber(weights, **every_note).transcribe(sound)
    assert {note.program for note in before.notes} == {0}

    assert main(["families", str(recipe), str(weights), "--banks", str(tiny_banks)]) == 0

    card = json.loads((weights / "family_net.json").read_text())
    assert card["settings"]["timbre_count"] == 8 * len(POOLS)
    assert card["recipe"]["name"] == "tiny_families"
    assert card["taught_by"]
    after = Transcriber(weights, **every_note).transcribe(sound)
    assert {note.program for note in after.notes} <= {*PROGRAM_OF_FAMILY.values(), *(kind.program for kind in KINDS)}
    assert [(note.onset_s, note.pitch) for note in after.notes] == [(note.onset_s, note.pitch) for note in before.notes]
    only = Transcriber(weights, **every_note, instruments=["winds"]).transcribe(sound)
    (program,) = {note.program for note in only.notes}
    assert program in {kind.program for kind in KINDS if kind.family == "winds"}


def test_another_kind_of_recipe_is_refused(tmp_path: Path, tiny_banks: Path, tiny_recipe_file: Path, capsys) -> None:  # type: ignore[no-untyped-def]
    assert main(["families", str(tiny_recipe_file), str(tmp_path), "--banks", str(tiny_banks)]) != 0
    assert "family_net" in capsys.readouterr().err
