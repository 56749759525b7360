import numpy as np
import torch

from mp3tomidi.train.datasets.one_shots import LabelledClips
from mp3tomidi.train.recipe import ClipTraining
from mp3tomidi.train.training.one_shot_training import teach_classifier
from mp3tomidi.transcribe.front_end.clips import ClipFrontEnd
from mp3tomidi.transcribe.networks.settings import ClipSpectrogramNetSettings

SETTINGS = ClipSpectrogramNetSettings(classes=("low", "noise", "high"), clip_frames=24, channels=(4, 8))
TRAINING = ClipTraining(epochs=6, batch_clips=16, learning_rate=2e-2)


def clips(count, seed):
    """Low tones, noise and high tones, each of its own pitch and decay."""
    rng = np.random.default_rng(seed)
    front_end = ClipFrontEnd(SETTINGS)
    label = rng.integers(3, size=count)
    time_s = np.arange(4000) / 16000
    spectrograms = []
    for kind in label:
        hz = rng.uniform(60, 120) if kind == 0 else rng.uniform(2000, 4000)
        sound = rng.standard_normal(4000) if kind == 1 else np.sin(2 * np.pi * hz * time_s)
        spectrograms.append(front_end((sound * np.exp(-time_s / rng.uniform(0.02, 0.1))).astype(np.float32)))
    return LabelledClips(np.stack(spectrograms).astype(np.float16), label)


def test_a_classifier_learns_what_tells_sounds_apart():
    lines = []
    net = teach_classifier(clips(240, 0), SETTINGS, TRAINING, lines.append)
    unheard = clips(90, 1)
    with torch.no_grad():
        guess = net(torch.from_numpy(unheard.spectrograms.astype(np.float32))).argmax(dim=1).numpy()
    assert (guess == unheard.label).mean() > 0.95
    assert len(lines) == 6
    assert "epoch 6 of 6" in lines[-1]


def test_the_same_seed_gives_the_same_classifier():
    training = ClipTraining(epochs=1, batch_clips=16)
    one, other = (teach_classifier(clips(48, 0), SETTINGS, training, lambda _: None) for _ in range(2))
    assert all(torch.equal(a, b) for a, b in zip(one.parameters(), other.parameters(), strict=True))
