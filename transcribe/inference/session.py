"""Runs a network's ONNX file on the CPU."""

from __future__ import annotations

import functools
import os
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mp3tomidi.transcribe.errors import WeightsError
from mp3tomidi.transcribe.networks.weight_files import read_weights


class Session:
    """A network that onnxruntime runs: arrays in, arrays out."""

    def __init__(self, folder: Path, name: str) -> None:
        """Raises WeightsError."""
        # From 1.29 on it tells its maker of each use, and keeps an identifier of the machine for that, unless it finds
        # this when it is loaded.
        os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
        import onnxruntime

        path = folder / f"{name}.onnx"
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1  # several windows at a time share less than all threads at one
        options.log_severity_level = 4  # what fails is raised, and need not be printed too
        _share_memory()
        options.add_session_config_entry("session.use_env_allocators", "1")
        content = read_weights(folder, name, "onnx")
        try:
            self._session = onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
        except Exception as error:  # its errors have no common class of their own
            raise WeightsError(f"{path}: the weights are damaged; install them again") from error
        self._inputs = [value.name for value in self._session.get_inputs()]

    @property
    def feature_counts(self) -> list[int]:
        """Of each input [items, features] how many features it takes."""
        return [value.shape[1] for value in self._session.get_inputs()]

    @property
    def output_count(self) -> int:
        return len(self._session.get_outputs())

    def __call__(self, *inputs: NDArray[np.float32]) -> NDArray[np.float32]:
        """The output of a network that has one."""
        (output,) = self.outputs(*inputs)
        return output

    def outputs(self, *inputs: NDArray[np.float32]) -> list[NDArray[np.float32]]:
        """All outputs, in the order of the network."""
        outputs = self._session.run(None, dict(zip(self._inputs, inputs, strict=True)))
        return [np.asarray(output, np.float32) for output in outputs]


@functools.cache
def _share_memory() -> None:
    """Makes one pool of memory for all sessions of this process. Each by itself would keep the most that it has used,
    until the process ends: NoteNet 240 MB, and DrumNet and the classifiers another 100 MB and more.
    """
    import onnxruntime

    memory = onnxruntime.OrtMemoryInfo(
        "Cpu", onnxruntime.OrtAllocatorType.ORT_ARENA_ALLOCATOR, 0, onnxruntime.OrtMemType.DEFAULT
    )
    onnxruntime.create_and_register_allocator(memory, None)
