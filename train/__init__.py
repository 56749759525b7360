"""Teaches: labelled sound in, weights out."""
