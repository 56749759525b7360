"""Networks at work: from weights and sound to activations."""
