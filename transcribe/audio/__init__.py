"""Sound in: files of any kind, in one channel at one rate."""
