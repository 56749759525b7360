"""Definitions of the networks, one a file, and their weights on disk."""
