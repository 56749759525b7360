import torch

from mp3tomidi.transcribe.networks.note_net import NoteNet
from mp3tomidi.transcribe.networks.settings import OUTPUTS, NoteNetSettings

SMALL = NoteNetSettings(channels=8)


def net():
    torch.manual_seed(0)
    return NoteNet(SMALL).eval()


def amplitude(frames=120):
    return torch.rand(1, 2, frames, 336, generator=torch.Generator().manual_seed(1))


def test_its_shape():
    with torch.no_grad():
        assert net()(amplitude()).shape == (1, len(OUTPUTS), 120, 88)


def test_a_semitone_up_gives_the_same_a_semitone_up():
    torch.manual_seed(0)
    model = NoteNet(NoteNetSettings(channels=8, time_dilations=(1, 2), pitch_dilations=(1, 12))).eval()
    shown, level = amplitude(), torch.ones(1, 2, 336)
    with torch.no_grad():
        low = model(shown, level)
        high = model(torch.roll(shown, 3, dims=3), level)
    inner = slice(20, 45)  # the network reaches 13 keys, and their highest partials must be on the spectrogram
    assert torch.allclose(high[..., 1:][..., inner], low[..., :-1][..., inner], atol=1e-5)
    assert not torch.allclose(high[..., inner], low[..., inner], atol=1e-2)


def test_nothing_reaches_further_than_its_context(reach_frames):
    before, after = reach_frames(net(), amplitude(200), torch.ones(1, 2, 336))
    assert max(before, after) <= SMALL.context_frames
    assert before + after > SMALL.context_frames  # and it does use it
