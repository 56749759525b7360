"""Note material: passages from MIDI corpora and written music."""
