"""Computes a network's activations of a whole recording, window by window."""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from mp3tomidi.transcribe.audio.chunks import in_blocks
from mp3tomidi.transcribe.audio.mono_sound import MonoSound
from mp3tomidi.transcribe.front_end.survey import Survey, survey
from mp3tomidi.transcribe.inference import windows
from mp3tomidi.transcribe.inference.activations import LOWEST_PEAK, Activations, Values, find_peaks
from mp3tomidi.transcribe.inference.engines import Engine
from mp3tomidi.transcribe.inference.timbres import Timbres, joined, pooled
from mp3tomidi.transcribe.inference.windows import Window
from mp3tomidi.transcribe.threads import in_order

SURVEY_BLOCK_S = 10.0
# Values that are kept as they are: 127 MB, 25 minutes of notes. More are halved in size, which moves onsets by 0.1 ms.
MOST_IN_SINGLE_PRECISION = 1 << 25
SILENCE_S = 0.5  # put before a recording: only after silence does what sounds from the first sample on give an onset

Watch = Callable[[Values, int], None]
"""Called after each window with the outputs so far [output, frames, cell] and the number of frames in all."""


class FrameNetwork:
    """A NoteNet or DrumNet, run by an engine over recordings of any length."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.settings = engine.settings.front_end

    def activations(
        self, sound: MonoSound | NDArray[np.float32], watch: Watch | None = None
    ) -> tuple[Activations, Survey]:
        """A NoteNet's activations of mono sound at its rate, and the survey of the sound's level and tuning."""
        outputs, timbres, surveyed = self._run(sound, watch)
        return Activations.of(outputs, self.settings.hop_s, timbres), surveyed

    def outputs(self, sound: MonoSound | NDArray[np.float32], watch: Watch | None = None) -> tuple[Values, Survey]:
        """Any network's outputs [output, frames, cell], and the survey of the sound's level and tuning."""
        outputs, _, surveyed = self._run(sound, watch)
        return outputs, surveyed

    def _run(self, sound: MonoSound | NDArray[np.float32], watch: Watch | None) -> tuple[Values, Timbres, Survey]:
        """As `outputs`; between them the network's last layer around the peaks of its first output."""
        if isinstance(sound, np.ndarray):
            sound = MonoSound.of(sound)
        settings = self.settings
        hop = settings.hop_samples
        surveyed = survey(in_blocks(sound.blocks(), round(SURVEY_BLOCK_S * settings.sample_rate)), settings)
        network = self.engine.tuned(surveyed)
        silent_frames = round(SILENCE_S / settings.hop_s)
        frame_count = silent_frames + -(-surveyed.sample_count // hop)
        context = self.engine.settings.context_frames + max(settings.window_samples) // (2 * hop) + 1
        most_kept = round(self.engine.window_s / settings.hop_s)
        cuts = windows.cut(frame_count, most_kept, context, equal=self.engine.equal_windows)
        output_count, cell_count = self.engine.settings.output_shape
        shape = output_count, frame_count, cell_count
        precision = np.float32 if math.prod(shape) <= MOST_IN_SINGLE_PRECISION else np.float16
        outputs: Values = np.empty(shape, precision)
        timbres: list[Timbres] = []
        blocks = chain([np.zeros(silent_frames * hop, np.float32)], sound.blocks())
        excerpts = windows.excerpts(blocks, [(cut.start * hop, cut.stop * hop) for cut in cuts])
        for cut, (of_cut, layer) in zip(cuts, in_order(network, excerpts, self.engine.threads), strict=True):
            outputs[:, cut.keep_start : cut.keep_stop] = of_cut[
                :, cut.keep_start - cut.start : cut.keep_stop - cut.start
            ]
            if len(layer):
                timbres.append(_timbres(of_cut[0], layer, cut, silent_frames))
            if watch is not None:
                watch(outputs[:, silent_frames : cut.keep_stop], frame_count - silent_frames)
        return outputs[:, silent_frames:], joined(timbres), surveyed


def _timbres(onset: Values, layer: Values, window: Window, silent_frames: int) -> Timbres:
    """Of a window's onset activation [frames, 88] and last layer [channel, frames, 88], where the window is kept."""
    frame, pitch = find_peaks(onset, LOWEST_PEAK)
    kept = (frame >= window.keep_start - window.start) & (frame < window.keep_stop - window.start)
    frame, pitch = frame[kept], pitch[kept]
    return Timbres(frame + window.start - silent_frames, pitch, pooled(layer, frame, pitch))
