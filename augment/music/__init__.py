"""What is played: passages from MIDI corpora and written music."""
