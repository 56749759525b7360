"""Sung lines: syllables of speech engines, sung by a synthesizer."""
