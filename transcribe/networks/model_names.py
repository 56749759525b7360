"""Names of the sizes in which the networks for notes are shipped: known without NumPy."""

FAST, BEST = MODELS = "fast", "best"
