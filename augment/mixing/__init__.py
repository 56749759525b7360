"""Passages and instruments to labelled mixes."""
