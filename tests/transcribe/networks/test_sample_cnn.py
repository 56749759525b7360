"""SampleCNN: as published, in every size, and able to learn."""

import pytest
import torch

from mp3tomidi.transcribe.dataclass_parsing import SettingsError, parse
from mp3tomidi.transcribe.networks.sample_cnn import SampleCnn, SqueezeExcitation
from mp3tomidi.transcribe.networks.sample_cnn_settings import (
    BLOCKS,
    SampleCnnSettings,
    one_shots,
    published,
)

from .learning import learns_two_tones, parameters_without_batch_norm, two_tones

pytestmark = pytest.mark.usefixtures("one_thread")
TINY = {"class_count": 2, "first_channels": 8, "channels": (8, 8, 12, 12, 16)}


def test_the_published_network_has_the_published_size() -> None:
    net = SampleCnn(SampleCnnSettings())
    assert net.settings.clip_samples == 59_049
    assert parameters_without_batch_norm(net) == 1_863_986
    weights = sum(value.numel() for value in net.parameters() if value.ndim > 1)
    assert weights == 1_860_992  # the others are biases


def test_the_published_network_is_layer_for_layer_that_of_the_paper() -> None:
    net = SampleCnn(SampleCnnSettings()).eval()
    lengths = []
    with torch.no_grad():
        features = net.first(torch.zeros(1, 1, 59_049))
        lengths.append(tuple(features.shape[1:]))
        for block in net.blocks:
            features = block(features)
            lengths.append(tuple(features.shape[1:]))
        assert net.last(features).shape == (1, 512, 1)
    assert lengths == [
        (128, 19_683),
        (128, 6_561),
        (128, 2_187),
        (256, 729),
        (256, 243),
        (256, 81),
        (256, 27),
        (256, 9),
        (256, 3),
        (512, 1),
    ]


@pytest.mark.parametrize(
    ("settings", "samples"),
    [
        (published(2, 13), 16_384),
        (published(3, 8), 19_683),
        (published(4, 6), 16_384),
        (published(5, 5), 15_625),
        (published(3, 7, first_samples=27), 59_049),
        (
            SampleCnnSettings(class_count=3, first_samples=8, filter_samples=5, channels=(64, 64, 128, 256)),
            5_000,
        ),
        (one_shots(13), 19_683),
        (one_shots(13, "rese"), 19_683),
    ],
    ids=lambda value: str(value) if isinstance(value, int) else "",
)
def test_other_sizes_hear_as_much_as_they_say(settings: SampleCnnSettings, samples: int) -> None:
    assert settings.clip_samples == samples
    with torch.no_grad():
        assert SampleCnn(settings).eval()(torch.zeros(2, samples)).shape == (2, settings.class_count)


def test_the_published_sizes_have_the_default_among_them() -> None:
    assert published(3, 9) == SampleCnnSettings()
    assert parse(SampleCnnSettings, {"channels": [128, 512]}, "").clip_samples == 27


@pytest.mark.parametrize("block", BLOCKS)
def test_gradients_reach_every_parameter(block: str) -> None:
    torch.manual_seed(0)
    net = SampleCnn(SampleCnnSettings(block=block, **TINY))
    net(torch.randn(4, net.settings.clip_samples)).square().sum().backward()
    for name, value in net.named_parameters():
        assert value.grad is not None, name
        assert torch.isfinite(value.grad).all(), name
        if "weight" in name:
            assert value.grad.abs().max() > 0, name


def test_squeeze_and_excitation_weights_channels_alike_at_all_times() -> None:
    torch.manual_seed(0)
    features = torch.rand(2, 6, 9) + 0.1
    weights = SqueezeExcitation(6, 16.0)(features) / features
    assert torch.allclose(weights, weights[:, :, :1].expand_as(weights), atol=1e-6)
    assert ((weights > 0) & (weights < 1)).all()


@pytest.mark.parametrize("block", BLOCKS)
def test_it_learns_to_tell_two_tones(block: str) -> None:
    torch.manual_seed(0)
    net = SampleCnn(SampleCnnSettings(block=block, dropout=0.0, squeeze_ratio=2.0, **TINY))
    learns_two_tones(net, lambda count: two_tones(count, net.settings.clip_samples))


@pytest.mark.parametrize(
    "wrong",
    [{"block": "dense"}, {"channels": ()}, {"filter_samples": 1}, {"dropout": 1.0}, {"class_count": 0}],
    ids=str,
)
def test_sizes_that_make_no_sense_are_errors(wrong: dict[str, object]) -> None:
    with pytest.raises(SettingsError):
        SampleCnnSettings(**wrong)  # type: ignore[arg-type]


def test_what_was_not_published_or_is_of_another_length_is_an_error() -> None:
    with pytest.raises(SettingsError, match=r"6\^5"):
        published(6, 5)
    with pytest.raises(ValueError, match="729"):
        SampleCnn(SampleCnnSettings(**TINY))(torch.zeros(1, 700))
