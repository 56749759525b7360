"""What a transcription can be written as, one writer a file."""
