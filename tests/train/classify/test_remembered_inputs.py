"""Inputs are computed once for each segment, in whichever batch it comes again."""

import torch

from mp3tomidi.train.classify.remembered_inputs import RememberedInputs


def test_inputs_are_computed_once_and_come_in_the_order_of_the_batch():
    asked = []

    def inputs_of(sound: torch.Tensor) -> torch.Tensor:
        asked.append(len(sound))
        return sound.sum(dim=1, keepdim=True)

    sound = torch.randn(6, 50)
    once = RememberedInputs(inputs_of)
    for rows in ([0, 1, 2], [2, 5, 0], [5, 1]):
        assert torch.equal(once(sound[rows]), sound[rows].sum(dim=1, keepdim=True))
    assert asked == [3, 1]
