"""Readers of labelled sound, one a file."""
