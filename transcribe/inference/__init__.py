"""Runs the networks: sound and weights in, activations of every frame and their peaks out."""
