"""Teaches segment classifiers: on one's own folders of recordings, or on sound rendered from banks."""
