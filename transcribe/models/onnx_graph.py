"""An ONNX graph that grows operator by operator, with convolutions of eight-bit whole numbers.

Tensors of whole numbers lie as [1, frames, pitch, channel], the order that onnxruntime is quick in. Its operator for
that comes with it, not with ONNX (domain com.microsoft, in all its versions since 1.11).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import onnx
from onnx import helper, numpy_helper

from mp3tomidi.transcribe.models.eight_bits import Floats, Steps, whole_weights

OPSET, IR_VERSION = 18, 9
_OWN = "com.microsoft"

Shapes = dict[str, list[int | str]]


@dataclass
class Graph:
    """The methods add operators and return the names of the tensors that these make."""

    nodes: list[onnx.NodeProto] = field(default_factory=list)
    constants: dict[str, onnx.TensorProto] = field(default_factory=dict)

    def constant(self, name: str, value: Any, kind: type[np.generic]) -> str:
        self.constants[name] = numpy_helper.from_array(np.array(value, kind), name)
        return name

    def node(self, kind: str, *inputs: str, domain: str = "", **attributes: Any) -> str:
        output = f"{kind}_{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, list(inputs), [output], output, domain=domain, **attributes))
        return output

    def reshape(self, tensor: str, *shape: int) -> str:
        return self.node("Reshape", tensor, self.constant(f"shape_{len(self.nodes)}", shape, np.int64))

    def zero(self, value: int) -> str:
        return self.constant(f"zero_{value}", value, np.uint8)

    def one(self) -> str:
        return self.constant("one", 1.0, np.float32)

    def rectify(self, q: str, steps: Steps) -> str:
        """Negative values become zero."""
        return self.node("Clip", q, self.zero(steps.zero))

    def add(self, q: str, steps: Steps, other: str, other_steps: Steps, made: Steps) -> str:
        """The sum of two tensors of one gain."""
        step, other_step, made_step = (
            self.constant(f"step_{len(self.nodes)}_{number}", of.step, np.float32)
            for number, of in enumerate((steps, other_steps, made))
        )
        zero, other_zero, made_zero = (self.zero(of.zero) for of in (steps, other_steps, made))
        operands = (q, step, zero, other, other_step, other_zero, made_step, made_zero)
        return self.node("QLinearAdd", *operands, domain=_OWN)

    def convolve(
        self,
        q: str,
        weight: Floats,
        bias: Floats | None,
        read: Steps,
        made: Steps,
        dilation: tuple[int, ...] = (1, 1),
    ) -> str:
        """A convolution [out, in, time, pitch] that keeps the size; where made.zero is 0, it also rectifies."""
        name = f"convolution_{len(self.nodes)}"
        # Steps go into the weights, so that the operator's own scales are all one but those of the weights.
        scaled = weight * read.of_channels[:, None, None] / made.of_channels[:, None, None, None]
        whole, worth = whole_weights(scaled)
        shift = np.zeros(len(weight)) if bias is None else bias / made.of_channels
        kernel = weight.shape[2:]
        pads = [(taps - 1) // 2 * step for taps, step in zip(kernel, dilation, strict=True)]
        return self.node(
            "QLinearConv",
            q,
            self.one(),
            self.zero(read.zero),
            self.constant(f"{name}_weight", whole, np.int8),
            self.constant(f"{name}_worth", worth, np.float32),
            self.constant(f"zeros_{len(weight)}", np.zeros(len(weight)), np.int8),
            self.one(),
            self.zero(made.zero),
            self.constant(f"{name}_bias", np.rint(shift / worth), np.int32),
            domain=_OWN,
            channels_last=1,
            kernel_shape=list(kernel),
            dilations=list(dilation),
            pads=pads + pads,
            strides=[1, 1],
        )

    def model(self, name: str, inputs: Shapes, output: str, shape: list[int | str]) -> onnx.ModelProto:
        """The graph as a model of floats whose output, so called, is the last operator's."""
        self.nodes[-1].output[0] = output
        described = [
            helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, shape)
            for name, shape in (*inputs.items(), (output, shape))
        ]
        graph = helper.make_graph(self.nodes, name, described[:-1], described[-1:], list(self.constants.values()))
        opsets = [helper.make_opsetid("", OPSET), helper.make_opsetid(_OWN, 1)]
        return helper.make_model(graph, opset_imports=opsets, ir_version=IR_VERSION, producer_name="mp3tomidi")
