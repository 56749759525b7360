"""Notes rendered once, checked and kept, and their players."""
