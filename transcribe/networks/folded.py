"""NoteNet without its batch normalisations: the same function in fewer passes over memory, to be run only.

It gives OUTPUTS and the last layer, which FamilyNet reads; rolls of families are for training only.

A pre-activated block sees relu(a x + b), with the scale a and the shift b of its normalisation. Where a > 0, that is
a relu(x + b / a): the scale goes into the weights of the convolution that follows, and the shift into the residual
stream, which then is x + b / a. From block to block the shift changes, by the bias of the block's last convolution.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from mp3tomidi.transcribe.front_end.normalisation import HARMONICS, harmonic_channels, normalised_log
from mp3tomidi.transcribe.instruments import PITCH_COUNT
from mp3tomidi.transcribe.networks.note_net import Block, NoteNet
from mp3tomidi.transcribe.networks.settings import OUTPUTS

LEAST_SCALE = 1e-3  # below, shifts would be so large that float32 cannot hold what they are added to


class FoldedBlock(nn.Module):
    """Residual block without normalisation: one convolution along time, one along pitch."""

    def __init__(self, block: Block, scale: Tensor, shift_change: Tensor) -> None:
        super().__init__()
        self.time = _convolution(block.time.weight * scale[:, None, None], None, dilation=(block.time.dilation, 1))
        self.pitch = _convolution(block.pitch.weight, shift_change, dilation=(1, block.pitch.dilation))

    def forward(self, x: Tensor) -> Tensor:
        branch: Tensor = self.pitch(functional.relu(self.time(functional.relu(x))))
        return x + branch


class FoldedNoteNet(nn.Module):
    """NoteNet for inference: amplitudes and levels to the logits of OUTPUTS, and the last layer; see there for
    the shapes.

    Raises ValueError for a network that cannot be folded; see `can_be_folded`.
    """

    def __init__(self, net: NoteNet) -> None:
        super().__init__()
        if not can_be_folded(net):
            raise ValueError("a normalisation of the network has scales that are not positive")
        self.settings = net.settings
        self.first_bin = net.first_bin
        scales, biases = zip(*map(_scale_and_bias, _norms(net)), strict=True)
        shifts = [bias / scale for scale, bias in zip(scales, biases, strict=True)]
        per_view = len(HARMONICS)
        with torch.no_grad():
            # A convolution for each view: of so few channels at a time onnxruntime takes them as they lie.
            self.stem = nn.ModuleList(
                _convolution(
                    weight,
                    net.stem.bias + shifts[0] if view == 0 and net.stem.bias is not None else None,
                    stride=net.stem.stride,
                    padding=net.stem.padding,
                )
                for view, weight in enumerate(torch.split(net.stem.weight, per_view, dim=1))
            )
            self.blocks = nn.Sequential(
                *(
                    FoldedBlock(block, scale, after - before)
                    for block, scale, before, after in zip(_blocks(net), scales, shifts, shifts[1:], strict=False)
                )
            )
            # Its scale is left in the layer, where FamilyNet takes it out by standardising.
            weight, bias = _of_outputs(net.head)
            self.head = _convolution(weight * scales[-1][:, None, None], bias, padding=(1, 0))
        self.eval()

    def forward(self, amplitude: Tensor, level: Tensor) -> tuple[Tensor, Tensor]:
        views = normalised_log(amplitude, level)
        per_pitch = self.settings.front_end.bins_per_semitone
        x = torch.zeros(())
        for view, convolution in enumerate(self.stem):
            harmonics = harmonic_channels(views[:, view : view + 1], per_pitch, self.first_bin, PITCH_COUNT * per_pitch)
            x = convolution(harmonics) if view == 0 else x + convolution(harmonics)
        layer = functional.relu(self.blocks(x))
        return self.head(layer), layer


class UnfoldedNoteNet(nn.Module):
    """The same of a NoteNet that cannot be folded."""

    def __init__(self, net: NoteNet) -> None:
        super().__init__()
        self.net = net

    def forward(self, amplitude: Tensor, level: Tensor) -> tuple[Tensor, Tensor]:
        layer = self.net.last_layer(amplitude, level)
        weight, bias = _of_outputs(self.net.head)
        return functional.conv2d(layer, weight, bias, padding=(1, 0)), layer


def _of_outputs(head: nn.Conv2d) -> tuple[Tensor, Tensor]:
    """The weights and the bias of OUTPUTS alone."""
    assert head.bias is not None
    return head.weight[: len(OUTPUTS)], head.bias[: len(OUTPUTS)]


def can_be_folded(net: NoteNet) -> bool:
    """Whether all scales of the network's normalisations are positive, as those of taught ones are in practice."""
    return all(bool((_scale_and_bias(norm)[0] > LEAST_SCALE).all()) for norm in _norms(net))


def folded_where_possible(net: NoteNet) -> nn.Module:
    """The NoteNet for inference, its batch normalisations folded into convolutions where that is possible."""
    return FoldedNoteNet(net) if can_be_folded(net) else UnfoldedNoteNet(net)


def _norms(net: NoteNet) -> list[nn.BatchNorm2d]:
    return [*(block.norm for block in _blocks(net)), net.norm]


def _blocks(net: NoteNet) -> list[Block]:
    return [block for block in net.blocks if isinstance(block, Block)]


def _scale_and_bias(norm: nn.BatchNorm2d) -> tuple[Tensor, Tensor]:
    """What a normalisation in use multiplies each channel by, and what it adds then."""
    assert norm.running_mean is not None and norm.running_var is not None
    scale = norm.weight.detach() / torch.sqrt(norm.running_var + norm.eps)
    return scale, norm.bias.detach() - norm.running_mean * scale


def _convolution(
    weight: Tensor,
    bias: Tensor | None,
    *,
    stride: tuple[int, ...] = (1, 1),
    padding: tuple[int, ...] | str | None = None,
    dilation: tuple[int, int] = (1, 1),
) -> nn.Conv2d:
    """A convolution with these weights [out, in, time, pitch]; padded to keep the size by default."""
    out_channels, in_channels, *kernel = weight.shape
    if padding is None:
        padding = tuple((taps - 1) // 2 * step for taps, step in zip(kernel, dilation, strict=True))
    made = nn.Conv2d(
        in_channels,
        out_channels,
        tuple(kernel),  # type: ignore[arg-type]
        stride,  # type: ignore[arg-type]
        padding,  # type: ignore[arg-type]
        dilation,
        bias=bias is not None,
    )
    made.weight = nn.Parameter(weight.detach().clone())
    if bias is not None:
        made.bias = nn.Parameter(bias.detach().clone())
    return made
