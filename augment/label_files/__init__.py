"""Files of labels that lie beside sound, one kind a file: read, moved with the sound, and written as the same kind."""
