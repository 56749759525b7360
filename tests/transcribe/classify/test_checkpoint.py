import numpy as np
import torch

from mp3tomidi.transcribe.classify.checkpoint import load_classifier, save_classifier
from mp3tomidi.transcribe.classify.task import Task, load_task
from mp3tomidi.transcribe.inference.session import Session
from mp3tomidi.transcribe.networks.genre_net import GenreNetSettings
from mp3tomidi.transcribe.networks.segment_classifier import SegmentClassifier, SegmentNetSettings
from mp3tomidi.transcribe.networks.weight_files import shipped_folder


def test_a_network_with_a_spectrogram_says_the_same_by_onnx_and_by_torch(tmp_path):
    """That of waveforms is tested where it is taught."""
    mel = GenreNetSettings(class_count=3, bands=16, frames=64, channels=(4, 4), filter_frames=(4, 4), hidden=5)
    settings = SegmentNetSettings("genre_net", genre_net=mel)
    samples = settings.segment_samples
    task = Task("mel", "three", ("a", "b", "c"), sample_rate=22_050, segment_samples=samples, hop_samples=samples)
    torch.manual_seed(0)
    net = SegmentClassifier(settings)
    net.standardise_by(torch.randn(4, samples))
    save_classifier(net.eval(), task, tmp_path, {})
    sound = torch.randn(3, samples) * torch.tensor([[0.001], [0.1], [1.0]])
    answer, embedding = Session(tmp_path, "classify_mel").outputs(sound.numpy())
    loaded = load_classifier(tmp_path, "mel")
    with torch.no_grad():
        assert np.allclose(answer, torch.softmax(loaded(sound), dim=1), atol=1e-4)
        assert np.allclose(embedding, loaded.embed(sound), atol=1e-3)
    assert np.ptp(embedding) > 0


def test_figures_of_effects_are_the_same_by_onnx_and_by_torch():
    """Of the network that ships: transforms of its length are slow to export."""
    net = load_classifier(shipped_folder(), "effects")
    rng = np.random.default_rng(1)
    sound = rng.standard_normal((3, net.settings.segment_samples)).astype(np.float32)
    sound[1] *= np.exp(-(np.arange(sound.shape[1]) % 8000) / 1000)
    sound[2, 5000:] += 0.5 * sound[2, :-5000]
    answer, embedding = Session(shipped_folder(), "classify_effects").outputs(sound)
    with torch.no_grad():
        assert np.allclose(answer, torch.sigmoid(net(torch.from_numpy(sound))), atol=1e-3)
        assert np.allclose(embedding, net.embed(torch.from_numpy(sound)), atol=1e-2)
    delay = load_task("effects").classes.index("delay")
    assert answer[2, delay] > 0.5 > answer[0, delay]
