"""Effects in chains, with probabilities."""
