"""Sources of rendered sound, one a file."""
