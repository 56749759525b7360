"""GenreNet and FCN-4, to which SampleCNNs are compared."""

import librosa
import numpy as np
import pytest
import torch

from mp3tomidi.transcribe.dataclass_parsing import SettingsError
from mp3tomidi.transcribe.networks.fcn4 import BANDS, FRAMES, Fcn4, Fcn4Settings, mel_levels
from mp3tomidi.transcribe.networks.genre_net import GenreNet, GenreNetSettings, log_mel
from mp3tomidi.transcribe.networks.mel_filters import mel_filters

from .learning import learns_two_tones, parameters_without_batch_norm, two_tones

pytestmark = pytest.mark.usefixtures("one_thread")
SMALL_FCN4 = Fcn4Settings(class_count=2, channels=(4, 8, 8, 8), dropout=0.0)


def test_the_genre_network_has_the_size_of_the_tutorial() -> None:
    net = GenreNet(GenreNetSettings()).eval()
    assert parameters_without_batch_norm(net) == 62_282
    assert net(torch.zeros(3, 128, 1024)).shape == (3, 10)


def test_fcn4_has_the_published_size() -> None:
    net = Fcn4(Fcn4Settings()).eval()
    assert parameters_without_batch_norm(net) == 17_359_282
    assert Fcn4Settings().band_pools == (2, 4, 3, 4)
    assert Fcn4Settings().frame_pools == (4, 5, 8, 8)


@pytest.mark.parametrize(("frames", "count"), [(FRAMES, 1), (FRAMES, 3), (2 * FRAMES, 2)])
def test_fcn4_hears_clips_of_its_length_and_longer(frames: int, count: int) -> None:
    with torch.no_grad():
        assert Fcn4(SMALL_FCN4).eval()(torch.zeros(count, BANDS, frames)).shape == (count, 2)


@pytest.mark.parametrize(("frames", "bands"), [(1024, 128), (512, 64)])
def test_the_genre_network_comes_in_other_sizes(frames: int, bands: int) -> None:
    net = GenreNet(GenreNetSettings(class_count=4, frames=frames, bands=bands)).eval()
    assert net(torch.zeros(2, bands, frames)).shape == (2, 4)


def test_mel_bands_are_those_of_librosa() -> None:
    assert np.allclose(
        mel_filters(128, 22_050, 1024), librosa.filters.mel(sr=22_050, n_fft=1024, n_mels=128), atol=1e-6
    )
    sound = np.random.default_rng(0).standard_normal(20_000).astype(np.float32)
    power = librosa.feature.melspectrogram(y=sound, sr=22_050, n_fft=1024, hop_length=512, n_mels=128)
    seen = log_mel(torch.from_numpy(sound)[None], frames=60)[0].numpy()
    assert seen.shape == (128, 60)
    assert np.allclose(seen[:, : power.shape[1]], np.log10(1 + 10 * power), atol=1e-3)
    assert np.allclose(seen[:, power.shape[1] + 1 :], 0)


def test_each_band_is_standardised_by_the_training_set() -> None:
    torch.manual_seed(0)
    net = GenreNet(GenreNetSettings()).eval()
    clips = torch.randn(4, 128, 1024)
    before = net(clips)
    shifted = 5 + 3 * clips
    net.standardise_by(shifted)
    assert torch.allclose(net(shifted), before, atol=0.05)
    assert "mean" in net.state_dict()


@pytest.mark.parametrize("kind", ["genre", "fcn4"])
def test_gradients_reach_every_parameter(kind: str) -> None:
    torch.manual_seed(0)
    net = GenreNet(GenreNetSettings(class_count=2)) if kind == "genre" else Fcn4(SMALL_FCN4)
    net(torch.randn(2, *((128, 1024) if kind == "genre" else (BANDS, FRAMES)))).square().sum().backward()
    for name, value in net.named_parameters():
        assert value.grad is not None, name
        assert torch.isfinite(value.grad).all(), name


def test_the_genre_network_learns_to_tell_two_tones() -> None:
    torch.manual_seed(0)
    net = GenreNet(GenreNetSettings(class_count=2, frames=128, filter_frames=(4, 4, 2)))

    def clips(count: int) -> tuple[torch.Tensor, torch.Tensor]:
        sound, which = two_tones(count, 65_536)
        return log_mel(sound, frames=128), which

    net.standardise_by(clips(8)[0])
    learns_two_tones(net, clips, steps=8)


def test_fcn4_learns_to_tell_two_patterns() -> None:
    torch.manual_seed(0)
    settings = Fcn4Settings(2, channels=(4, 8), band_pools=(4, 4), frame_pools=(4, 4), dropout=0.0)

    def bands(count: int) -> tuple[torch.Tensor, torch.Tensor]:
        """A line in the lower or in the upper half of the bands."""
        which = torch.arange(count) % 2
        seen = 0.1 * torch.randn(count, 16, 32)
        seen[torch.arange(count), 3 + 8 * which] += 1
        return seen, which

    learns_two_tones(Fcn4(settings), bands)


def test_sizes_that_make_no_sense_are_errors() -> None:
    with pytest.raises(SettingsError, match="too few"):
        GenreNetSettings(frames=100)
    with pytest.raises(SettingsError, match="its channels"):
        GenreNetSettings(channels=(32,))
    with pytest.raises(SettingsError, match="pool"):
        Fcn4Settings(channels=(4, 4))


def test_fcn4_sees_levels_of_mel_bands() -> None:
    sound = np.random.default_rng(0).standard_normal(12_800).astype(np.float32)
    power = librosa.feature.melspectrogram(y=sound, sr=16_000, n_fft=512, hop_length=256, n_mels=96)
    seen = mel_levels(torch.from_numpy(sound)[None], 16_000, frames=48)[0].numpy()
    assert np.allclose(seen, np.log10(power[:, :48] + 1e-6), atol=1e-3)
    with pytest.raises(ValueError, match="too few for 60 frames"):
        mel_levels(torch.from_numpy(sound)[None], 16_000, frames=60)


def test_fcn4_tells_a_clip_of_its_length_from_its_embedding() -> None:
    net = Fcn4(SMALL_FCN4).eval()
    levels = torch.randn(3, BANDS, FRAMES)
    with torch.no_grad():
        assert net.embed(levels).shape == (3, 8)
        assert torch.allclose(net.answer(net.embed(levels)), net(levels), atol=1e-6)
