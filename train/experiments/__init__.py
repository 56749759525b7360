"""Measures what changes of a recipe are worth: variants trained equally long on equal seeds, and their table."""
