"""Drum hits: which pieces are distinguished, and where they are struck."""
