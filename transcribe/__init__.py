"""Hears: sound in, a `Transcription` out."""
