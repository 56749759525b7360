"""NoteNet in whole numbers of eight bits: a graph that onnxruntime runs three times as fast as the floats'.

The residual stream and what the blocks' convolutions pass on are held in eight bits, in steps that suit made-up sound
(`calibration`). Only the logarithm at the beginning and the head at the end are of floats.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Sequence

import numpy as np
import onnx
import torch
from torch import Tensor, nn
from torch.nn import functional

from mp3tomidi.transcribe.front_end.filters import LogFrequencySettings
from mp3tomidi.transcribe.front_end.log_frequency import LogFrequencyFrontEnd
from mp3tomidi.transcribe.front_end.normalisation import HARMONICS, RANGE_DB
from mp3tomidi.transcribe.front_end.survey import survey
from mp3tomidi.transcribe.instruments import PITCH_COUNT
from mp3tomidi.transcribe.models.calibration import passages
from mp3tomidi.transcribe.models.eight_bits import Floats, Ranges, Steps, levelling_gain
from mp3tomidi.transcribe.models.folded import FoldedBlock, FoldedNoteNet
from mp3tomidi.transcribe.models.onnx_graph import Graph
from mp3tomidi.transcribe.models.settings import OUTPUTS

# Steps of the logarithm that the network sees: silence, RANGE_DB / 40, is 0, and 255 is 35 dB above a band's level.
SEEN_ZERO = 80
SEEN_STEP = -RANGE_DB / 40.0 / SEEN_ZERO
OUTLIERS = 1e-4  # the share of values at either end that steps need not reach; 1e-3 costs half as much noise again
MARGIN = 1.1  # by how much recordings may go further than made-up sound; rendered mixes do by as much


def quantised(net: FoldedNoteNet) -> onnx.ModelProto:
    """Amplitude [1, view, frames, bin] and level [1, view, bin] to probability [1, output, frames, 88]."""
    front_end = net.settings.front_end
    views, bins = len(front_end.window_samples), front_end.bin_count
    blocks = [block for block in net.blocks if isinstance(block, FoldedBlock)]
    stream, inner, branch = _ranges(net, blocks)
    gain = levelling_gain(*stream)
    stream_steps = [ranges.steps(gain) for ranges in stream]
    graph = Graph()
    stem = SemitoneStem(net)
    x = graph.convolve(stem.seen(graph), stem.weight(), stem.bias(), stem.steps, stream_steps[0])
    for number, block in enumerate(blocks):
        before, after = stream_steps[number : number + 2]
        inside, added = inner[number].steps(levelling_gain(inner[number])), branch[number].steps(gain)
        rectified = graph.rectify(x, before)
        heard = graph.convolve(rectified, _weight(block.time), None, before, inside, block.time.dilation)
        added_q = graph.convolve(heard, _weight(block.pitch), _bias(block.pitch), inside, added, block.pitch.dilation)
        x = graph.add(x, before, added_q, added, after)
    _add_head(graph, net.head, graph.rectify(x, stream_steps[-1]), stream_steps[-1])
    return graph.model(
        "note_net",
        {"amplitude": [1, views, "frames", bins], "level": [1, views, bins]},
        "probability",
        [1, len(OUTPUTS), "frames", PITCH_COUNT],
    )


def _ranges(net: FoldedNoteNet, blocks: Sequence[FoldedBlock]) -> tuple[list[Ranges], list[Ranges], list[Ranges]]:
    """Of the stream before each block and after the last, between each block's convolutions, and of what it adds."""
    stream: list[list[Tensor]] = [[] for _ in range(len(blocks) + 1)]
    inner: list[list[Tensor]] = [[] for _ in blocks]
    branch: list[list[Tensor]] = [[] for _ in blocks]
    with torch.inference_mode():
        for amplitude, level in _calibration(net.settings.front_end):
            x = net.stemmed(amplitude, level)
            stream[0].append(x)
            for number, block in enumerate(blocks):
                inner[number].append(functional.relu(block.time(functional.relu(x))))
                branch[number].append(block.pitch(inner[number][-1]))
                x = x + branch[number][-1]
                stream[number + 1].append(x)
    stream_ranges, inner_ranges, branch_ranges = (
        [_range(torch.cat([part[0].flatten(1) for part in parts], dim=1)) for parts in tensors]
        for tensors in (stream, inner, branch)
    )
    return stream_ranges, inner_ranges, branch_ranges


@functools.cache
def _calibration(settings: LogFrequencySettings) -> list[tuple[Tensor, Tensor]]:
    """Amplitudes and levels of made-up sound."""
    shown = []
    for sound in passages(settings.sample_rate):
        surveyed = survey([sound], settings)
        amplitude = LogFrequencyFrontEnd(settings, tuning_cents=surveyed.tuning_cents)(sound)
        shown.append((torch.from_numpy(amplitude)[None], torch.from_numpy(surveyed.level)[None]))
    return shown


def _range(values: Tensor) -> Ranges:
    """Of values [channel, cell]."""
    ignored = max(1, round(OUTLIERS * values.shape[1]))
    low, high = (
        MARGIN * values.topk(ignored, dim=1, largest=largest).values[:, -1].double().numpy()
        for largest in (False, True)
    )
    return Ranges(np.minimum(low, 0.0), np.maximum(high, 1e-6))


def _weight(convolution: nn.Conv2d) -> Floats:
    return np.asarray(convolution.weight.detach().double().numpy())


def _bias(convolution: nn.Conv2d) -> Floats:
    assert convolution.bias is not None
    return np.asarray(convolution.bias.detach().double().numpy())


class SemitoneStem:
    """The stem as a convolution along time only.

    What it sees is a spectrum whose channels are the bins of a semitone in each view. For most harmonics a partial
    lies a whole number of semitones above the fundamental, so that the harmonic channels of a pitch are the channels
    of a few other semitones, those `reached`; of the others a partial lies across two semitones.
    """

    def __init__(self, net: FoldedNoteNet) -> None:
        front_end = net.settings.front_end
        self.by_view = [part for part in net.stem if isinstance(part, nn.Conv2d)]
        self.bins, self.per_pitch = front_end.bin_count, front_end.bins_per_semitone
        self.silent_below = -net.first_bin % self.per_pitch  # bins that make the lowest key begin a semitone
        offsets = np.array([round(12 * self.per_pitch * math.log2(harmonic)) for harmonic in HARMONICS])
        # Where the partials of the lowest key are [harmonic, bin of a semitone].
        self.places = net.first_bin + self.silent_below + offsets[:, None] + np.arange(self.per_pitch)
        self.reached = sorted(set((self.places // self.per_pitch).flatten().tolist()))
        self.steps = Steps(SEEN_STEP, SEEN_ZERO, np.ones(len(self.reached) * len(self.by_view) * self.per_pitch))

    def seen(self, graph: Graph) -> str:
        """The tensor [1, frames, pitch, semitone reached * view * bin]."""
        views = len(self.by_view)
        used = self.silent_below + self.bins
        semitones = max(-(-used // self.per_pitch), self.reached[-1] + PITCH_COUNT)
        ratio = graph.node("Div", "amplitude", graph.reshape("level", 1, views, 1, self.bins))
        least = graph.constant("least_ratio", 10.0 ** (RANGE_DB / 20.0), np.float32)
        logarithm = graph.node("Log", graph.node("Add", ratio, least))
        step = graph.constant("seen_step", SEEN_STEP * math.log(10.0), np.float32)
        # A ratio of one is in the middle between silence and as much above zero.
        q = graph.node("QuantizeLinear", logarithm, step, graph.zero(2 * SEEN_ZERO))
        silent = [0, 0, 0, self.silent_below, 0, 0, 0, semitones * self.per_pitch - used]
        q = graph.node("Pad", q, graph.constant("silent", silent, np.int64), graph.zero(0))
        q = graph.reshape(q, 1, views, -1, semitones, self.per_pitch)
        q = graph.node("Transpose", q, perm=[0, 2, 3, 1, 4])
        q = graph.reshape(q, 1, -1, semitones, views * self.per_pitch)
        chosen = np.arange(PITCH_COUNT)[:, None] + np.array(self.reached)
        q = graph.node("Gather", q, graph.constant("chosen", chosen.flatten(), np.int64), axis=2)
        return graph.reshape(q, 1, -1, PITCH_COUNT, len(self.steps.gain))

    def weight(self) -> Floats:
        out, harmonics, times, _ = self.by_view[0].weight.shape
        result = np.zeros((out, len(self.reached), len(self.by_view), self.per_pitch, times))
        for view, convolution in enumerate(self.by_view):
            weight = _weight(convolution)
            for harmonic in range(harmonics):
                for bin, place in enumerate(self.places[harmonic]):
                    semitone, of_semitone = divmod(int(place), self.per_pitch)
                    result[:, self.reached.index(semitone), view, of_semitone] += weight[:, harmonic, :, bin]
        return result.reshape(out, -1, times, 1)

    def bias(self) -> Floats:
        return _bias(self.by_view[0])


def _add_head(graph: Graph, head: nn.Conv2d, q: str, steps: Steps) -> None:
    """Probabilities by floats: a product for each tap, shifted by a frame and added up."""
    weight = _weight(head)[..., 0] * steps.of_channels[:, None]
    outputs, channels, taps = weight.shape
    reach = (taps - 1) // 2
    values = graph.node("DequantizeLinear", q, graph.one(), graph.zero(steps.zero))
    matrix = graph.constant("head_weight", weight.transpose(1, 2, 0).reshape(channels, taps * outputs), np.float32)
    pads = graph.constant("head_pads", [0, reach, 0, 0, 0, reach, 0, 0], np.int64)
    products = graph.node("Pad", graph.node("MatMul", values, matrix), pads)
    axes = graph.constant("time_and_output", [1, 3], np.int64)
    total = graph.constant("head_bias", _bias(head), np.float32)
    for tap in range(taps):
        end = tap - 2 * reach or np.iinfo(np.int64).max
        first = graph.constant(f"tap_{tap}", [tap, tap * outputs], np.int64)
        last = graph.constant(f"tap_{tap}_end", [end, (tap + 1) * outputs], np.int64)
        total = graph.node("Add", graph.node("Slice", products, first, last, axes), total)
    graph.node("Transpose", graph.node("Sigmoid", total), perm=[0, 3, 1, 2])
