"""Trains networks: the loop, targets and losses, several processes, and the weights that come of it."""
