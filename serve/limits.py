"""Limits of uploads, requests and stored recordings."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of everything that comes from outside; the defaults suit one person's own machine."""

    upload_bytes: int = 512 << 20
    upload_s: float = 600.0
    """From the first byte of an upload to its last."""
    uploads_at_once: int = 4
    """Further ones wait, unread, for their turn."""
    recordings: int = 1000
    """Kept at once; more are refused until some are deleted."""
    jobs: int = 1
    """Recordings transcribed at once; each uses all cores already."""
    job_s: float = 3600.0
    """After so long a job is stopped."""
    body_bytes: int = 16 << 20
    """Of a request that is no upload."""
    step_events: int = 100_000
    """Notes and hits in one edit. How many edits a recording has is bounded by the disk only."""
    background_jobs: int = 1
    """Jobs on data sets, runs and classifiers at once, beside the recordings."""
    kept_jobs: int = 2000
    question_s: float = 120.0
    """The longest that a preview or a classification may take."""
    listeners: int = 64
    """Streams of server-sent events open at once."""
