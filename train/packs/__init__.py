"""A recipe and all that it needs, in parts for a machine that has nothing."""
