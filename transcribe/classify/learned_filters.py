"""Filters of a SampleCNN: input waveforms found by gradient ascent, and their spectra by frequency.

As Lee et al. (2018), "SampleCNN: end-to-end deep convolutional neural networks using very small filters for music
classification" (Applied Sciences 8(1)), look into theirs. Needs torch and matplotlib.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from mp3tomidi.transcribe.errors import OutputError
from mp3tomidi.transcribe.outputs.figures import save_png

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from mp3tomidi.transcribe.networks.sample_cnn import SampleCnn
    from mp3tomidi.transcribe.networks.segment_classifier import SegmentClassifier

SHORTEST_SAMPLES, LONGEST_SAMPLES = 729, 6561  # of the waveforms: a filter's receptive field, within these
STEPS = 40
_STEP = 0.1  # of the waveform's root mean square
_LEVEL = 0.1
_SEED = 1
_SHOWN_WAVEFORMS = 4
_DOTS_PER_INCH = 100


@dataclass(frozen=True)
class LayerResponses:
    """`waveforms` [filter, samples] that a layer's filters respond to most, their `spectra` [filter, bin] in dB below
    each one's strongest bin, and where that lies, `peaks_hz` [filter]; all sorted by it, lowest first."""

    name: str
    waveforms: NDArray[np.float32]
    spectra: NDArray[np.float32]
    peaks_hz: NDArray[np.float64]


def responses(classifier: SegmentClassifier, sample_rate: int) -> list[LayerResponses]:
    """Of each layer of a SampleCNN for sound of this rate (Hz), the first convolution first.

    Raises OutputError for a network whose input is no waveform.
    """
    from mp3tomidi.transcribe.networks.sample_cnn import SampleCnn

    net = classifier.eval().net
    if not isinstance(net, SampleCnn):
        raise OutputError(f"only a SampleCNN has filters over waveforms, and this is a {classifier.settings.kind}")
    names = ["first", *(f"module {number}" for number in range(1, len(net.blocks) + 1))]
    return [_of_layer(net, depth, name, sample_rate) for depth, name in enumerate(names)]


def _of_layer(net: SampleCnn, depth: int, name: str, sample_rate: int) -> LayerResponses:
    import torch

    settings = net.settings
    reach_samples = settings.first_samples * settings.filter_samples**depth
    wanted = min(settings.clip_samples, max(reach_samples, SHORTEST_SAMPLES))
    length = min(-(-wanted // reach_samples) * reach_samples, max(reach_samples, LONGEST_SAMPLES))
    layers = torch.nn.Sequential(net.first, *list(net.blocks)[:depth])
    filters = settings.first_channels if depth == 0 else settings.channels[depth - 1]
    sound = torch.randn(filters, 1, length, generator=torch.Generator().manual_seed(_SEED))
    own = torch.arange(filters)
    for _ in range(STEPS):
        sound = (_LEVEL * sound / sound.square().mean(dim=2, keepdim=True).sqrt().clamp(min=1e-9)).requires_grad_()
        response = layers(sound)[own, own].mean()
        (slope,) = torch.autograd.grad(response, sound)
        size = slope.square().mean(dim=2, keepdim=True).sqrt().clamp(min=1e-12)
        sound = (sound + _STEP * _LEVEL * slope / size).detach()
    waveforms = sound[:, 0].numpy()
    power = np.abs(np.fft.rfft(waveforms * np.hanning(length), axis=1)) ** 2
    spectra = 10.0 * np.log10(power / power.max(axis=1, keepdims=True) + 1e-12)
    peaks_hz = power.argmax(axis=1) * sample_rate / length
    order = np.argsort(peaks_hz, kind="stable")
    return LayerResponses(name, waveforms[order], spectra[order].astype(np.float32), peaks_hz[order])


def draw_filters(layers: list[LayerResponses], sample_rate: int, path: str | os.PathLike[str]) -> None:
    """A column a layer: the spectra of all its filters, sorted by frequency, above some of the waveforms, as a PNG.

    Raises OutputError if it cannot be written.
    """
    save_png(_drawn(layers, sample_rate), path, _DOTS_PER_INCH)


def _drawn(layers: list[LayerResponses], sample_rate: int) -> Figure:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(2.3 * len(layers), 7.0), layout="constrained")
    heights = (6.0, *[1.0] * _SHOWN_WAVEFORMS)
    all_axes = figure.subplots(1 + _SHOWN_WAVEFORMS, len(layers), height_ratios=heights, squeeze=False)
    for (spectrum_axes, *waveform_axes), layer in zip(all_axes.T, layers, strict=True):
        extent = (0.0, float(len(layer.spectra)), 0.0, sample_rate / 2000.0)
        spectrum_axes.imshow(
            layer.spectra.T, origin="lower", aspect="auto", cmap="magma", vmin=-40.0, vmax=0.0, extent=extent
        )
        spectrum_axes.set_title(layer.name, fontsize=9)
        spectrum_axes.tick_params(labelsize=7)
        chosen = np.linspace(0, len(layer.waveforms) - 1, _SHOWN_WAVEFORMS).round().astype(int)
        for axes, index in zip(waveform_axes, chosen, strict=True):
            axes.plot(layer.waveforms[index, :SHORTEST_SAMPLES], linewidth=0.5)
            axes.set_title(f"{layer.peaks_hz[index]:.0f} Hz", fontsize=7)
            axes.set_xticks([])
            axes.set_yticks([])
    all_axes[0][0].set_ylabel("kHz")
    all_axes[0][0].set_xlabel("filters, by frequency", fontsize=7)
    return figure
