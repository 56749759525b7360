"""Serves: the local page where recordings become notes, and the JSON API under it. See docs/serve.md."""
