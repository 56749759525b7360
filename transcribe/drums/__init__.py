"""Drum hits: which pieces are told apart, and where they are struck."""
