"""Finds the torch device of a name and tries it out."""

from __future__ import annotations

import torch

from mp3tomidi.transcribe.errors import DeviceError


def usable_device(name: str) -> torch.device:
    """The device of this name, tried out. Raises DeviceError."""
    try:
        device = torch.device(name)
        torch.zeros(1, device=device)
    except (RuntimeError, AssertionError) as error:
        raise DeviceError(f"device {name!r} is not there or does not work; use --device cpu") from error
    return device
