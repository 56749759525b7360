"""Sound to what the networks see."""
