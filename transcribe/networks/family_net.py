"""FamilyNet: which family of instruments plays each note, and which kind of it, from NoteNet's last layer at its onset.

A note alone says little in a dense mix, so that the notes of a passage look at each other: self-attention (Vaswani et
al. 2017), weighed by how far apart two notes begin and lie. It has no order and no length of its own.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from mp3tomidi.transcribe.instruments import FAMILIES, KINDS
from mp3tomidi.transcribe.networks.settings import FamilyNetSettings

FARTHEST_S = 8.0  # notes that begin further apart are equally far apart
TOGETHER_S = 0.04  # notes that begin within it are struck together
_RELATION_COUNT = 6
_PAIR_CHANNELS = 16
_EXCLUDED = -1e4


class FamilyNet(nn.Module):
    """The timbre and the place of notes to the logits of their families [passage, note, FAMILIES].

    `timbre` [passage, note, timbre_count] is what `inference.timbres` keeps of each, `place` [passage, note, 3] its
    onset in s, its MIDI pitch and the logarithm of its length in s. `there` [passage, note] is False for what only
    fills a passage up to the longest one.
    """

    def __init__(self, settings: FamilyNetSettings | None = None) -> None:
        super().__init__()
        self.settings = settings = settings or FamilyNetSettings()
        self.mean: Tensor
        self.deviation: Tensor
        self.register_buffer("mean", torch.zeros(settings.timbre_count))
        self.register_buffer("deviation", torch.ones(settings.timbre_count))
        self.note = nn.Sequential(
            nn.Linear(settings.timbre_count + 2, settings.hidden),
            nn.GELU(),
            nn.Dropout(settings.dropout),
            nn.Linear(settings.hidden, settings.channels),
        )
        self.layers = nn.ModuleList(AttentionLayer(settings) for _ in range(settings.layers))
        self.norm = nn.LayerNorm(settings.channels)
        self.head = nn.Linear(settings.channels, len(FAMILIES))
        self.alone = nn.Linear(settings.channels, len(FAMILIES))
        self.kinds = nn.Linear(2 * settings.channels, len(KINDS))

    def forward(self, timbre: Tensor, place: Tensor, there: Tensor | None = None) -> Tensor:
        x = self.of_notes(timbre, place)
        return self.in_company(x, place, there)

    def of_notes(self, timbre: Tensor, place: Tensor) -> Tensor:
        """Embedding of each note by its own timbre [passage, note, channel]."""
        standard = (timbre - self.mean) / self.deviation
        result: Tensor = self.note(torch.cat([standard, place[..., 1:2] / 64.0 - 1.0, place[..., 2:]], dim=-1))
        return result

    def in_company(self, x: Tensor, place: Tensor, there: Tensor | None = None) -> Tensor:
        """The logits of notes that look at each other."""
        result: Tensor = self.head(self.attended(x, place, there))
        return result

    def attended(self, x: Tensor, place: Tensor, there: Tensor | None = None) -> Tensor:
        """What each note is among the others [passage, note, channel]."""
        relations = _relations(place)
        for layer in self.layers:
            x = layer(x, relations, there)
        result: Tensor = self.norm(x)
        return result


class OfOnePassage(nn.Module):
    """Timbre [note, timbre_count] and place [note, 3] of one passage to the logits of families [note, FAMILIES], and to
    those of kinds [note, KINDS], which compare the kinds of one family.
    """

    def __init__(self, net: FamilyNet) -> None:
        super().__init__()
        self.net = net

    def forward(self, timbre: Tensor, place: Tensor) -> tuple[Tensor, Tensor]:
        x = self.net.of_notes(timbre[None], place[None])
        attended = self.net.attended(x, place[None])
        return self.net.head(attended)[0], self.net.kinds(torch.cat([x, attended], dim=-1))[0]


class AttentionLayer(nn.Module):
    """Pre-normalised self-attention, and a perceptron; what relates two notes is added to how much they attend."""

    def __init__(self, settings: FamilyNetSettings) -> None:
        super().__init__()
        channels, self.heads = settings.channels, settings.heads
        self.norm = nn.LayerNorm(channels)
        self.query_key_value = nn.Linear(channels, 3 * channels)
        self.pair = nn.Sequential(
            nn.Linear(_RELATION_COUNT, _PAIR_CHANNELS), nn.GELU(), nn.Linear(_PAIR_CHANNELS, self.heads)
        )
        self.joined = nn.Linear(channels, channels)
        self.inner = nn.Sequential(
            nn.LayerNorm(channels),
            nn.Linear(channels, 2 * channels),
            nn.GELU(),
            nn.Dropout(settings.dropout / 2),
            nn.Linear(2 * channels, channels),
        )

    def forward(self, x: Tensor, relations: Tensor, there: Tensor | None) -> Tensor:
        split = self.query_key_value(self.norm(x)).unflatten(-1, (3, self.heads, -1))
        query, key, value = split.permute(2, 0, 3, 1, 4).unbind(0)
        bias = self.pair(relations).permute(0, 3, 1, 2)
        if there is not None:
            bias = bias + torch.where(there, 0.0, _EXCLUDED)[:, None, None, :]
        attention = torch.softmax(query @ key.transpose(-1, -2) / query.shape[-1] ** 0.5 + bias, dim=-1)
        x = x + self.joined((attention @ value).permute(0, 2, 1, 3).contiguous().flatten(2))
        result: Tensor = x + self.inner(x)
        return result


def _relations(place: Tensor) -> Tensor:
    """How each two notes lie to each other [passage, note, note, _RELATION_COUNT]."""
    apart_s = (place[:, :, None, 0] - place[:, None, :, 0]).abs()
    interval = place[:, :, None, 1] - place[:, None, :, 1]
    octaves = interval / 12.0
    return torch.stack(
        [
            apart_s.clamp(max=FARTHEST_S) / 4.0,
            (apart_s < TOGETHER_S).to(octaves),
            octaves,
            octaves.abs(),
            (interval == 0).to(octaves),
            (octaves == octaves.round()).to(octaves),
        ],
        dim=-1,
    )
