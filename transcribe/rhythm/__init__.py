"""Beats, tempo and bars, and notes on their grid."""
