"""Weights made by hand, with known answers: how strong 500 Hz and 2 kHz are in segments of 0.1 s."""

import hashlib
import json
from pathlib import Path

import numpy as np
import onnx
import pytest
import soundfile
from onnx import TensorProto, helper, numpy_helper

RATE, SEGMENT = 8000, 800
LOW_HZ, HIGH_HZ = 500, 2000


def sine(hz: float, seconds: float, amplitude: float = 0.5) -> np.ndarray:
    return (amplitude * np.sin(2 * np.pi * hz * np.arange(round(seconds * RATE)) / RATE)).astype(np.float32)


def write_weights(folder: Path, *, answer: str = "one", name: str = "pitch") -> Path:
    """The amplitudes of both are the embedding; twenty times them, through softmax or as they are, the answer."""
    probes = np.stack([2.0 / SEGMENT * sine(hz, SEGMENT / RATE, 1.0) for hz in (LOW_HZ, HIGH_HZ)], axis=1)
    constants = [numpy_helper.from_array(probes, "probes"), numpy_helper.from_array(np.float32(20.0), "twenty")]
    one = [
        helper.make_node("Mul", ["embedding", "twenty"], ["logits"]),
        helper.make_node("Softmax", ["logits"], ["answer"], axis=1),
    ]
    nodes = [
        helper.make_node("MatMul", ["sound", "probes"], ["amplitudes"]),
        helper.make_node("Abs", ["amplitudes"], ["embedding"]),
        *(one if answer == "one" else [helper.make_node("Min", ["embedding"], ["answer"])]),
    ]
    sizes = {"sound": SEGMENT, "answer": 2, "embedding": 2}
    sound, said, embedding = (
        helper.make_tensor_value_info(key, TensorProto.FLOAT, ["segments", size]) for key, size in sizes.items()
    )
    graph = helper.make_graph(nodes, "pitch", [sound], [said, embedding], constants)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)
    folder.mkdir(parents=True, exist_ok=True)
    onnx.save(model, folder / f"classify_{name}.onnx")
    task = {"name": name, "about": "how high", "classes": ["low", "high"], "answer": answer, "sample_rate": RATE}
    task |= {"segment_samples": SEGMENT, "hop_samples": SEGMENT}
    digest = hashlib.sha256((folder / f"classify_{name}.onnx").read_bytes()).hexdigest()
    card = {"format": 1, "network": f"classify_{name}", "task": task, "sha256": {"onnx": digest}}
    (folder / f"classify_{name}.json").write_text(json.dumps(card))
    return folder


@pytest.fixture(scope="session")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Weights of the task "pitch", whose classes exclude each other. Not to be written to."""
    return write_weights(tmp_path_factory.mktemp("weights"))


@pytest.fixture(scope="session")
def weights_of_many(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Weights of the task "pitch", whose classes may both hold; the amplitude is the probability."""
    return write_weights(tmp_path_factory.mktemp("many"), answer="many")


@pytest.fixture
def music(tmp_path: Path) -> Path:
    """A folder with low.wav, high.wav and, in a sub-folder, turning.wav: low, silence, and twice as much high."""
    folder = tmp_path / "music"
    (folder / "more").mkdir(parents=True)
    soundfile.write(folder / "low.wav", sine(LOW_HZ, 1.0, 0.6), RATE, subtype="FLOAT")
    soundfile.write(folder / "high.wav", sine(HIGH_HZ, 1.0), RATE, subtype="FLOAT")
    turning = np.concatenate([sine(LOW_HZ, 0.2), np.zeros(1600, np.float32), sine(HIGH_HZ, 0.4)])
    soundfile.write(folder / "more" / "turning.wav", turning, RATE, subtype="FLOAT")
    return folder
