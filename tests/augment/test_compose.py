import subprocess
import sys

import numpy as np
import pytest
import torch

from mp3tomidi.augment import Compose, Labels, Step, any_order
from mp3tomidi.augment.labels import NOTE
from mp3tomidi.augment.recipe import RecipeError
from mp3tomidi.transcribe.errors import AudioError

RATE = 22050


def sound(*shape: int) -> np.ndarray:
    return (0.1 * np.random.default_rng(0).normal(size=shape)).astype(np.float32)


def one_note(clips: int) -> Labels:
    notes = np.zeros(clips, NOTE)
    notes["clip"], notes["onset_s"], notes["offset_s"], notes["pitch"] = np.arange(clips), 0.4, 0.8, 60
    return Labels(notes)


@pytest.mark.parametrize("shape", [(RATE,), (2, RATE), (3, 1, RATE)])
def test_sound_comes_back_as_it_was_given(shape: tuple[int, ...]) -> None:
    augment = Compose([Step("chorus"), Step("reverb", rt60_s=(0.3, 0.4)), Step("filter", share=0.5)])
    x = sound(*shape)
    y = augment(x, RATE, seed=1)
    assert isinstance(y, np.ndarray)
    assert (y.shape, y.dtype) == (shape, np.float32)
    assert not np.array_equal(x, y)
    z = augment(torch.from_numpy(x), RATE, seed=1)
    assert isinstance(z, torch.Tensor)
    np.testing.assert_array_equal(z.numpy(), y)
    np.testing.assert_array_equal(x, sound(*shape))


def test_one_seed_is_one_result() -> None:
    augment, x = Compose("heavy"), sound(RATE)
    same = [augment(x, RATE, seed=5).tobytes() for _ in range(2)]
    assert same[0] == same[1] == Compose("heavy")(x, RATE, seed=5).tobytes()
    assert same[0] != augment(x, RATE, seed=6).tobytes()
    rng = np.random.default_rng(5)
    assert augment(x, RATE, seed=rng).tobytes() == same[0]
    assert augment(x, RATE, seed=rng).tobytes() != same[0]


def test_labels_move_with_each_clip_of_a_batch() -> None:
    augment = Compose([any_order(Step("detune", cents=(20.0, 50.0)), Step("gain"))])
    x = sound(8, 1, RATE)
    _, moved = augment(x, RATE, one_note(8), seed=0)
    drawn = augment.chain(RATE).draw(np.random.default_rng(0), 8)
    cents = [
        params.cents[0]  # type: ignore[attr-defined]
        for clip in range(8)
        for _, params in drawn.effects(clip)
        if type(params).__name__ == "DetuneParams"
    ]
    np.testing.assert_allclose(moved.notes["onset_s"], 0.4 * 2.0 ** (-np.array(cents) / 1200.0))


def test_labels_are_made_of_rows() -> None:
    labels = Labels.of_notes([(0.5, 1.0, 60, 90), (1.0, 1.5, 64, 0)])
    _, moved = Compose([Step("speed", semitones=12)])(sound(2 * RATE), RATE, labels, seed=0)
    assert moved.notes[["onset_s", "offset_s", "pitch", "velocity"]].tolist() == [
        (0.25, 0.5, 72, 90),
        (0.5, 0.75, 76, 0),
    ]
    hits = Labels.of_drum_hits([(0.5, 36, 100)])
    _, moved = Compose([Step("speed", semitones=12)])(sound(2 * RATE), RATE, hits, seed=0)
    assert moved.drum_hits[["onset_s", "key", "velocity"]].tolist() == [(0.25, 36, 100)]
    assert len(Labels.of_notes([]).notes) == len(Labels.of_drum_hits([]).drum_hits) == 0


@pytest.mark.parametrize(
    "samples", [np.zeros(0, np.float32), np.zeros((1, 1, 1, 5), np.float32), np.zeros(5, np.int16), np.float32(1.0)]
)
def test_what_is_no_sound_is_refused(samples: np.ndarray) -> None:
    with pytest.raises(AudioError, match=r"give floating point numbers"):
        Compose([Step("gain")])(samples, RATE, seed=0)


def test_a_step_that_is_none_is_refused() -> None:
    with pytest.raises(RecipeError, match="did you mean 'chorus'"):
        Step("choruss")
    with pytest.raises(RecipeError, match="out of range"):
        Step("chorus", wet=2.0)


def test_importing_the_package_does_not_import_torch() -> None:
    code = "import sys, mp3tomidi.augment as a; assert 'Compose' in dir(a); print('torch' in sys.modules)"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "False"


def test_one_file_may_change_its_length_and_a_batch_keeps_it() -> None:
    augment = Compose([Step("speed", semitones=(4, 4)), Step("reverb", 0.5)])
    length = round(RATE / 2.0 ** (4 / 12))
    y, moved = augment(sound(2, RATE), RATE, one_note(1), seed=1)
    assert y.shape == (2, length)
    np.testing.assert_allclose(moved.notes["onset_s"], 0.4 / 2.0 ** (4 / 12))
    y, moved = augment(sound(3, 1, RATE), RATE, one_note(3), seed=1)
    assert y.shape == (3, 1, RATE)
    assert np.abs(y[:, :, length:]).max() == 0.0
    assert moved.notes["clip"].tolist() == [0, 1, 2]
    slower = Compose([Step("speed", semitones=(-12, -12))])
    late = one_note(3)
    late.notes["onset_s"] = [0.2, 0.6, 0.4]
    y, moved = slower(sound(3, 1, RATE), RATE, late, seed=1)
    assert y.shape == (3, 1, RATE)
    assert moved.notes["clip"].tolist() == [0, 2]  # what begins after the end is gone


def test_what_soundfile_reads_is_to_be_transposed():
    with pytest.raises(AudioError, match="transpose"):
        Compose("studio")(np.zeros((44_100, 2), np.float32), 44_100, seed=1)
