import pytest
import torch

from mp3tomidi.transcribe.networks.axis_conv import AxisConv


@pytest.mark.parametrize("axis", ["time", "pitch"])
@pytest.mark.parametrize("dilation", [1, 4, 12])
def test_the_gradients_are_autograds(axis, dilation):
    torch.manual_seed(0)
    conv = AxisConv(5, axis, dilation, initial_scale=0.3)
    x = torch.randn(2, 5, 40, 30).to(memory_format=torch.channels_last).requires_grad_()
    padding, dilations = ((dilation, 0), (dilation, 1)) if axis == "time" else ((0, dilation), (1, dilation))
    weights = torch.randn(2, 5, 40, 30)

    ours = conv(x)
    ours_x, ours_w = torch.autograd.grad((ours * weights).sum(), (x, conv.weight))
    theirs = torch.conv2d(x, conv.weight, None, 1, padding, dilations)
    theirs_x, theirs_w = torch.autograd.grad((theirs * weights).sum(), (x, conv.weight))

    assert torch.allclose(ours, theirs, atol=1e-5)
    assert torch.allclose(ours_x, theirs_x, atol=1e-5)
    assert torch.allclose(ours_w, theirs_w, rtol=1e-4, atol=1e-4)


def test_it_reads_three_cells_a_dilation_apart():
    conv = AxisConv(1, "time", 4, initial_scale=1.0)
    x = torch.zeros(1, 1, 20, 3)
    x[0, 0, 10, 1] = 1.0
    with torch.no_grad():
        conv.weight.copy_(torch.tensor([1.0, 2.0, 3.0]).reshape(1, 1, 3, 1))
        y = conv(x)[0, 0]
    assert {(int(t), int(p)): float(y[t, p]) for t, p in y.nonzero()} == {(14, 1): 1.0, (10, 1): 2.0, (6, 1): 3.0}
