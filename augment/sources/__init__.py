"""Where sound comes from, one source a file."""
