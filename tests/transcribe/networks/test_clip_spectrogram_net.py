import numpy as np
import pytest
import torch

from mp3tomidi.transcribe.errors import WeightsError
from mp3tomidi.transcribe.front_end.clips import ClipFrontEnd
from mp3tomidi.transcribe.inference.clip_classifier import ClipClassifier
from mp3tomidi.transcribe.networks import checkpoint
from mp3tomidi.transcribe.networks.clip_spectrogram_net import ClipSpectrogramNet
from mp3tomidi.transcribe.networks.registry import ONE_SHOTS
from mp3tomidi.transcribe.networks.settings import ClipSpectrogramNetSettings

SETTINGS = ClipSpectrogramNetSettings(classes=("low", "middle", "high"), clip_frames=40, channels=(4, 6, 8))


@pytest.fixture(scope="module")
def weights(tmp_path_factory):
    torch.manual_seed(0)
    folder = tmp_path_factory.mktemp("weights")
    checkpoint.save(ClipSpectrogramNet(SETTINGS).eval(), folder, {})
    return folder


@pytest.mark.parametrize("count", [0, 1, 40])
def test_without_torch_the_network_says_the_same(weights, count):
    rng = np.random.default_rng(count)
    sounds = [rng.standard_normal(5000).astype(np.float32) for _ in range(count)]
    classifier = ClipClassifier(weights, ONE_SHOTS)
    assert classifier.settings == SETTINGS
    said = classifier(sounds)
    assert said.shape == (count, 3)
    if count:
        seen = torch.from_numpy(np.stack([ClipFrontEnd(SETTINGS)(sound) for sound in sounds]))
        with torch.no_grad():
            expected = torch.softmax(checkpoint.load(ClipSpectrogramNet, weights)(seen), dim=1).numpy()
        assert np.allclose(said, expected, atol=1e-5)
        assert np.allclose(said.sum(axis=1), 1.0, atol=1e-5)


def test_a_clip_says_the_same_among_others(weights):
    rng = np.random.default_rng(1)
    sounds = [rng.standard_normal(3000).astype(np.float32) for _ in range(5)]
    classifier = ClipClassifier(weights, ONE_SHOTS)
    assert np.allclose(classifier(sounds)[3], classifier(sounds[3:4])[0], atol=1e-5)


def test_a_damaged_card_is_one_line(weights, tmp_path):
    for path in weights.iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes().replace(b'"clip_frames": 40', b'"clip_frames": "x"'))
    with pytest.raises(WeightsError, match=r"one_shots\.json: the card is damaged"):
        ClipClassifier(tmp_path, ONE_SHOTS)
