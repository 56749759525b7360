import numpy as np
import pytest
import torch

from mp3tomidi.transcribe.classify.checkpoint import save_classifier
from mp3tomidi.transcribe.classify.learned_filters import responses
from mp3tomidi.transcribe.classify.task import Task
from mp3tomidi.transcribe.errors import OutputError
from mp3tomidi.transcribe.networks.sample_cnn_settings import SampleCnnSettings
from mp3tomidi.transcribe.networks.segment_classifier import SegmentClassifier, SegmentNetSettings
from mp3tomidi.transcribe.program.classify_cli import main

RATE = 16_000
SMALL = SampleCnnSettings(class_count=2, first_samples=16, first_channels=3, channels=(4, 5), dropout=0.0)


@pytest.fixture(scope="module")
def net():
    """One whose first filters are sines of 3, 1 and 2 kHz."""
    torch.manual_seed(0)
    net = SegmentClassifier(SegmentNetSettings(sample_cnn=SMALL))
    sines = torch.stack([torch.sin(2 * np.pi * hz / RATE * torch.arange(16)) for hz in (3000, 1000, 2000)])
    with torch.no_grad():
        net.net.first[0].weight.copy_(sines[:, None])
    return net.eval()


def test_filters_respond_to_their_own_frequency_and_are_sorted_by_it(net):
    first, *modules = responses(net, RATE)
    assert first.peaks_hz == pytest.approx([1000, 2000, 3000], abs=60)
    assert [layer.name for layer in modules] == ["module 1", "module 2"]
    assert [len(layer.waveforms) for layer in modules] == [4, 5]
    for layer in (first, *modules):
        assert (np.diff(layer.peaks_hz) >= 0).all()
        assert layer.spectra.max(axis=1) == pytest.approx(0.0, abs=1e-4)


def test_a_network_over_mel_bands_has_none():
    with pytest.raises(OutputError, match="only a SampleCNN"):
        responses(SegmentClassifier(SegmentNetSettings("genre_net")), RATE)


def test_the_command_draws_them(net, tmp_path, capfd):
    task = Task("tones", "which", ("a", "b"), sample_rate=RATE, segment_samples=144, hop_samples=144)
    save_classifier(net, task, tmp_path, {})
    words = ["filters", "--task", "tones", "--weights", str(tmp_path), "-o", str(tmp_path / "out" / "filters.png")]
    assert main(words) == 0
    assert (tmp_path / "out" / "filters.png").read_bytes().startswith(b"\x89PNG")
    assert main(words) == 1
    assert "exists already" in capfd.readouterr().err
