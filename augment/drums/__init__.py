"""Drums: what a drummer plays, and kits to play it on."""
