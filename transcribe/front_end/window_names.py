"""The windows that `filters.analysis_window` makes, by name; apart, so that options name them without NumPy."""

WINDOWS = ("hann", "hamming", "dolph-chebyshev")
