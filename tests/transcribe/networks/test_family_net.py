import numpy as np
import torch

from mp3tomidi.transcribe.instruments import FAMILIES
from mp3tomidi.transcribe.networks.family_net import FamilyNet
from mp3tomidi.transcribe.networks.settings import FamilyNetSettings

SETTINGS = FamilyNetSettings(timbre_count=10, hidden=16, channels=8, heads=2)


def a_passage(notes, seed=0):
    """Timbre and place of some notes."""
    rng = np.random.default_rng(seed)
    place = np.stack([np.sort(rng.uniform(0, 12, notes)), rng.integers(30, 90, notes), rng.normal(-1, 0.5, notes)], 1)
    timbre = rng.standard_normal((notes, SETTINGS.timbre_count))
    return (torch.from_numpy(array[None].astype(np.float32)) for array in (timbre, place))


def a_net():
    torch.manual_seed(0)
    return FamilyNet(SETTINGS).eval()


def test_every_note_has_logits_of_all_families():
    assert a_net()(*a_passage(7)).shape == (1, 7, len(FAMILIES))


def test_what_only_fills_a_passage_changes_nothing():
    net = a_net()
    timbre, place = a_passage(9)
    there = torch.arange(9)[None] < 6
    with torch.no_grad():
        filled = net(timbre, place, there)[:, :6]
        assert torch.allclose(filled, net(timbre[:, :6], place[:, :6]), atol=1e-5)
        assert not torch.allclose(filled, net(timbre, place)[:, :6], atol=1e-4)


def test_only_how_far_notes_are_apart_in_time_matters():
    net = a_net()
    timbre, place = a_passage(9)
    with torch.no_grad():
        later = net(timbre, place + torch.tensor([64.0, 0.0, 0.0]))
        assert torch.allclose(later, net(timbre, place), atol=1e-3)
        higher = net(timbre, place + torch.tensor([0.0, 12.0, 0.0]))
        assert not torch.allclose(higher, net(timbre, place), atol=1e-3)


def test_notes_are_told_whatever_their_order():
    net = a_net()
    timbre, place = a_passage(12)
    order = torch.from_numpy(np.random.default_rng(1).permutation(12))
    with torch.no_grad():
        assert torch.allclose(net(timbre[:, order], place[:, order]), net(timbre, place)[:, order], atol=1e-5)
