"""Errors of the API, with their HTTP status."""

from __future__ import annotations


class RefusalError(Exception):
    """A request that is answered with an HTTP status and one sentence that says what to do."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
