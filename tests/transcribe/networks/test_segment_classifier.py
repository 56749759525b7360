import pytest
import torch

from mp3tomidi.transcribe.dataclass_parsing import SettingsError
from mp3tomidi.transcribe.networks.attention_pooling import AttentionPooling, AttentionPoolingSettings
from mp3tomidi.transcribe.networks.genre_net import GenreNetSettings
from mp3tomidi.transcribe.networks.sample_cnn_settings import SampleCnnSettings
from mp3tomidi.transcribe.networks.segment_classifier import SegmentClassifier, SegmentNetSettings, levelled

SMALL_CNN = SampleCnnSettings(first_samples=3, first_channels=4, channels=(4, 4, 6))
SMALL_MEL = GenreNetSettings(bands=16, frames=64, channels=(4, 4), filter_frames=(4, 4), hidden=5)


@pytest.mark.parametrize("kind", ["sample_cnn", "genre_net", "rhythm_net"])
def test_both_kinds_bring_sound_to_logits_by_embeddings_whatever_its_level(kind):
    settings = SegmentNetSettings(kind, SMALL_CNN, SMALL_MEL).for_classes(3)
    torch.manual_seed(0)
    net = SegmentClassifier(settings).eval()
    sound = torch.randn(2, settings.segment_samples) * 0.1
    embedding = net.embed(sound)
    assert embedding.shape == (2, settings.embedding_size)
    assert torch.equal(net.answer(embedding), net(sound))
    assert net(sound).shape == (2, 3)
    assert torch.allclose(net(0.01 * sound), net(sound), atol=1e-4)


def test_silence_stays_silent():
    assert levelled(torch.zeros(1, 8)).tolist() == [[0.0] * 8]
    with pytest.raises(SettingsError, match="kind must be one of"):
        SegmentNetSettings("perceptron")


def test_what_fills_a_recording_up_changes_nothing():
    torch.manual_seed(0)
    net = AttentionPooling(AttentionPoolingSettings(4, 3, 2)).eval()
    embedding, facts = torch.randn(1, 5, 4), torch.rand(1, 5, 3)
    alone = net(embedding[:, :3], facts[:, :3], torch.ones(1, 3))
    filled = net(embedding, facts, torch.tensor([[1.0, 1.0, 1.0, 0.0, 0.0]]))
    assert torch.allclose(alone, filled, atol=1e-6)
    assert not torch.allclose(alone, net(embedding, facts, torch.ones(1, 5)), atol=1e-3)
