"""Activations to notes."""
