"""Makes labelled sound out of instrument samples."""
