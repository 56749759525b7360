"""Packs: what was packed here trains elsewhere, on the same batches up to the sound's rounding."""

import os
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path

import numpy as np
import pytest
import torch

from mp3tomidi.augment.banks.bank import Bank
from mp3tomidi.augment.music import corpora
from mp3tomidi.augment.sources.measure import measure_note
from mp3tomidi.augment.sources.source import DEFAULT_SAMPLE_RATE as SAMPLE_RATE
from mp3tomidi.train.cli import main
from mp3tomidi.train.packs import pack as packing
from mp3tomidi.train.packs.pack import PackError, pack, segment_lengths
from mp3tomidi.train.packs.thinning import shares
from mp3tomidi.train.packs.unpack import unpack
from mp3tomidi.train.recipe import NoteRecipe
from mp3tomidi.train.training.loop import new_trainer
from mp3tomidi.train.training_commands import mixes_for
from mp3tomidi.transcribe.errors import OutputError

PART_BYTES = 250_000


@pytest.fixture(scope="module")
def small_pieces(tmp_path_factory: pytest.TempPathFactory):
    """Pieces of ten seconds, so that a minute of sound has several; the source as it is now."""
    source = packing._source()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(packing, "_source", lambda: source)
        patch.setattr(packing, "PIECE_SAMPLES", 160_000)
        patch.setattr(packing, "LONGEST_SEGMENT_SAMPLES", 8_000)
        yield


@pytest.fixture(scope="module")
def parts(small_pieces, tiny_recipe_file: Path, tiny_banks: Path, tmp_path_factory: pytest.TempPathFactory):
    out = tmp_path_factory.mktemp("pack")
    return pack(tiny_recipe_file, out / "tiny", banks=tiny_banks, data=tiny_banks, part_bytes=PART_BYTES)


def untar(parts: list[Path], folder: Path) -> None:
    for part in parts:
        with tarfile.open(part) as tar:
            tar.extractall(folder, filter="data")


@pytest.fixture(scope="module")
def elsewhere(parts: list[Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("elsewhere")
    untar(parts[::-1], folder)
    unpack(folder, workers=1)
    return folder


def test_parts_are_no_larger_than_asked_for_and_nothing_else_is_left(parts: list[Path]) -> None:
    assert len(parts) > 3
    assert [part.name for part in parts] == [f"part-{number:03d}.tar" for number in range(len(parts))]
    assert all(part.stat().st_size <= PART_BYTES for part in parts)
    assert sorted(parts[0].parent.iterdir()) == parts


def test_the_same_pack_is_made_again_byte_for_byte(
    parts: list[Path], tiny_recipe_file: Path, tiny_banks: Path, tmp_path: Path
) -> None:
    again = pack(tiny_recipe_file, tmp_path, banks=tiny_banks, data=tiny_banks, part_bytes=PART_BYTES)
    assert [part.read_bytes() for part in again] == [part.read_bytes() for part in parts]


def test_everything_but_the_sound_is_the_same(elsewhere: Path, tiny_banks: Path) -> None:
    names = sorted(path.name for path in (tiny_banks / "sines").iterdir())
    assert sorted(path.name for path in (elsewhere / "banks" / "sines").iterdir()) == names
    for name in (f"sines/{name}" for name in names if name != packing.SOUND_NAME):
        assert (elsewhere / "banks" / name).read_bytes() == (tiny_banks / name).read_bytes(), name
    cache = corpora.CACHE_NAME
    assert (elsewhere / "banks" / cache).read_bytes() == (tiny_banks / cache).read_bytes()


def test_grooves_are_packed_where_there_are_any(
    small_pieces, tiny_recipe_file: Path, tiny_banks: Path, tmp_path: Path
) -> None:
    banks = tmp_path / "banks"
    shutil.copytree(tiny_banks, banks)
    (banks / corpora.GROOVES_CACHE_NAME).write_bytes((tiny_banks / corpora.CACHE_NAME).read_bytes())
    untar(pack(tiny_recipe_file, tmp_path / "pack", banks=banks, data=banks, part_bytes=PART_BYTES), tmp_path / "there")
    unpack(tmp_path / "there", workers=1)
    packed = tmp_path / "there" / "banks" / corpora.GROOVES_CACHE_NAME
    assert packed.read_bytes() == (banks / corpora.GROOVES_CACHE_NAME).read_bytes()


def test_the_sound_keeps_onsets_levels_and_a_distance_to_its_rounding(elsewhere: Path, tiny_banks: Path) -> None:
    here, there = Bank.open(tiny_banks / "sines"), Bank.open(elsewhere / "banks" / "sines")
    assert len(there.samples) == len(here.samples)
    pieces = [(n["start"], n["length"], n["release_samples"]) for n in here.notes]
    pieces += [(p["start"], p["length"], p["length"]) for p in here.phrases]
    for start, length, release in pieces:
        one, other = (np.asarray(b.samples[start : start + length], np.float32) for b in (here, there))
        before, after = (measure_note(sound, int(release), SAMPLE_RATE) for sound in (one, other))
        assert before is not None
        assert after is not None
        assert after.onset_samples == before.onset_samples
        assert abs(20 * np.log10(after.level / before.level)) < 0.02
        assert 10 * np.log10(np.mean(one**2) / np.mean((one - other) ** 2)) > 35


def test_batches_are_the_same_up_to_the_rounding(elsewhere: Path, tiny_banks: Path, tiny_recipe: NoteRecipe) -> None:
    trainers = [new_trainer(tiny_recipe, "cpu") for _ in range(2)]
    folders = (tiny_banks, elsewhere / "banks")
    here, there = (mixes_for(tiny_recipe, f, f, t) for f, t in zip(folders, trainers, strict=True))
    for index in range(4):
        one, other = here[index], there[index]
        assert one.labels.notes.tobytes() == other.labels.notes.tobytes()
        assert one.labels.drum_hits.tobytes() == other.labels.drum_hits.tobytes()
        assert one.drawn.to_json() == other.drawn.to_json()
        error = (one.sound - other.sound).square().mean() / one.sound.square().mean()
        assert 10 * torch.log10(error) < -35
        losses = [trainer.step(batch)["loss"] for trainer, batch in zip(trainers, (one, other), strict=True)]
        assert losses[1] == pytest.approx(losses[0], rel=0.02)


def test_it_trains_from_its_own_source_without_midi_font_and_scoring_libraries(elsewhere: Path) -> None:
    code = """
import sys
for name in ("symusic", "mir_eval", "nnAudio", "pretty_midi", "mido", "soxr", "librosa", "sox", "safetensors",
             "soundfile", "av", "tqdm"):
    sys.modules[name] = None  # importing it fails
import mp3tomidi.train.cli as cli
assert cli.__file__.startswith(sys.argv[1]), cli.__file__
sys.exit(cli.main(["run", "recipe.toml", "--banks", "banks", "--steps", "2", "--workers", "0"]))
"""
    command = [sys.executable, "-c", code, str(elsewhere)]
    environment = {**os.environ, "PYTHONPATH": "source", "OMP_NUM_THREADS": "1"}
    result = subprocess.run(command, cwd=elsewhere, env=environment, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
    assert (elsewhere / "runs" / "tiny" / "state.pt").exists()


def test_the_source_is_whole_and_brings_no_weights(elsewhere: Path) -> None:
    source = elsewhere / "source" / "mp3tomidi"
    assert (source / "__init__.py").read_bytes() == (Path(__file__).parents[3] / "__init__.py").read_bytes()
    for package in ("transcribe", "augment", "train"):
        here = Path(__file__).parents[3] / package
        for path in here.rglob("*.py"):
            assert (source / package / path.relative_to(here)).read_bytes() == path.read_bytes(), path
    assert not list(source.rglob("*.safetensors"))
    assert not (source / "transcribe" / "weights").exists()


def test_the_readme_names_the_commands(elsewhere: Path, parts: list[Path]) -> None:
    readme = (elsewhere / "README.txt").read_text()
    assert f"in {len(parts)} parts" in readme
    assert "mp3tomidi.train.cli unpack ." in readme
    assert "mp3tomidi.train.cli run recipe.toml --banks banks" in readme


def test_unpacking_goes_on_where_it_was_stopped(parts: list[Path], tmp_path: Path, elsewhere: Path) -> None:
    untar(parts, tmp_path)
    index = packing.read_index((tmp_path / packing.INDEX_NAME).read_text())
    sound = next(file for file in index if file.path.endswith(packing.SOUND_NAME))
    assert len(sound.pieces) > 4
    damaged = tmp_path / "pieces" / sound.pieces[3].name
    whole = damaged.read_bytes()
    damaged.write_bytes(whole[:-1] + b"?")
    with pytest.raises(PackError, match=rf"{damaged.name}: damaged; unpack part-\d+.tar again"):
        unpack(tmp_path, workers=1)
    with pytest.raises(Exception, match="no finished bank"):
        Bank.open(tmp_path / "banks" / "sines")
    journal = tmp_path / (sound.path + ".done")
    done = journal.read_text().split()
    assert 0 < len(done) < len(sound.pieces)
    damaged.write_bytes(whole)
    for entry in done:  # these are not needed any more
        (tmp_path / "pieces" / entry.split("@")[0]).write_bytes(b"gone")
    unpack(tmp_path, workers=2)
    assert (tmp_path / sound.path).read_bytes() == (elsewhere / sound.path).read_bytes()
    assert not journal.exists()
    Bank.open(tmp_path / "banks" / "sines")
    assert unpack(tmp_path, workers=1) == [tmp_path / file.path for file in index]  # nothing left to do


def test_missing_parts_are_named(parts: list[Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    untar([*parts[:-3], parts[-1]], tmp_path)
    assert main(["unpack", str(tmp_path)]) == 1
    error = capsys.readouterr().err
    missing = ", ".join(part.name for part in parts[-3:-1])
    assert error == f"mp3tomidi-train: {tmp_path}: pieces are missing; unpack {missing} here\n"
    assert main(["unpack", str(tmp_path / "none")]) == 1
    assert "unpack all part-*.tar" in capsys.readouterr().err


def test_packing_goes_on_where_it_was_stopped_and_never_over_a_pack(
    small_pieces,
    parts: list[Path],
    tiny_recipe_file: Path,
    tiny_banks: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    words = ["pack", str(tiny_recipe_file), str(tmp_path), "--banks", str(tiny_banks), "--data", str(tiny_banks)]
    encode, calls = packing.pieces.encode_sound, []

    def stop_at_the_third(samples, lengths, **settings):
        calls.append(len(samples))
        if len(calls) == 3:
            raise KeyboardInterrupt
        return encode(samples, lengths, **settings)

    monkeypatch.setattr(packing.pieces, "encode_sound", stop_at_the_third)
    assert main([*words, "--part-mb", "0.25"]) == 130
    assert main([*words, "--part-mb", "0.25"]) == 0
    whole = Bank.open(tiny_banks / "sines")
    assert sum(calls) - calls[2] == len(whole.samples)  # each piece once, but the third twice
    assert [p.read_bytes() for p in sorted(tmp_path.glob("*.tar"))] == [p.read_bytes() for p in parts]
    capsys.readouterr()
    assert main(words) == 1
    assert "holds a pack already" in capsys.readouterr().err


def test_too_small_parts_and_a_file_in_the_way_are_errors(
    small_pieces, tiny_recipe_file: Path, tiny_banks: Path, tmp_path: Path
) -> None:
    with pytest.raises(OutputError, match="allow larger parts"):
        pack(tiny_recipe_file, tmp_path / "out", banks=tiny_banks, data=tiny_banks, part_bytes=50_000)
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="choose another folder"):
        pack(tiny_recipe_file, tmp_path / "file", banks=tiny_banks, data=tiny_banks, part_bytes=PART_BYTES)


def test_segments_are_the_notes_and_cuts_of_the_phrases(small_pieces, tiny_banks: Path) -> None:
    bank = Bank.open(tiny_banks / "sines")
    lengths = segment_lengths(bank)
    starts = np.cumsum(lengths) - lengths
    assert lengths.sum() == len(bank.samples)
    assert lengths.max() <= packing.LONGEST_SEGMENT_SAMPLES
    assert set(bank.notes["start"].tolist()) | set(bank.phrases["start"].tolist()) <= set(starts.tolist())


def test_a_pack_of_a_given_size_has_fewer_instruments_in_vorbis(
    small_pieces, tiny_recipe_file: Path, tiny_banks: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(packing, "_source", dict)  # it is much larger than this bank
    whole = Bank.open(tiny_banks / "sines")
    total_bytes = 140_000 + sum(path.stat().st_size for path in tiny_banks.glob("*.npz"))
    made = pack(
        tiny_recipe_file,
        tmp_path / "small",
        banks=tiny_banks,
        data=tiny_banks,
        part_bytes=PART_BYTES,
        total_bytes=total_bytes,
    )
    assert sum(part.stat().st_size for part in made) <= total_bytes
    untar(made, tmp_path)
    unpack(tmp_path, workers=1)
    kept = Bank.open(tmp_path / "banks" / "sines")
    assert 1 <= len(kept.instruments) < len(whole.instruments)
    by_name = {each.name: each for each in whole.instruments}
    for instrument in kept.instruments:
        rows, were = kept.notes[instrument.note_slice], whole.notes[by_name[instrument.name].note_slice]
        assert (rows["pitch"] == were["pitch"]).all()
        for row, was in zip(rows, were, strict=True):
            sound = np.asarray(kept.samples[row["start"] :][: row["length"]], np.float32)
            exact = np.asarray(whole.samples[was["start"] :][: was["length"]], np.float32)
            assert np.square(sound - exact).mean() < 0.02 * np.square(exact).mean()


def test_large_banks_give_way_to_small_ones() -> None:
    assert shares({"large": 1000, "small": 100, "middle": 400}, 700) == {"small": 1.0, "middle": 0.75, "large": 0.3}
    assert shares({"large": 1000, "small": 100}, 2000) == {"small": 1.0, "large": 1.0}
