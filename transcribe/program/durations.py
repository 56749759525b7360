"""Durations in words: 9.5 s, 12:01 min, 3:04:05 h."""

from __future__ import annotations


def in_words(seconds: float) -> str:
    """Tenths of a second below 100 s, seconds above."""
    if seconds < 100:
        return f"{seconds:.1f} s"
    minutes, s = divmod(round(seconds), 60)
    hours, m = divmod(minutes, 60)
    return f"{hours}:{m:02}:{s:02} h" if hours else f"{m}:{s:02} min"
