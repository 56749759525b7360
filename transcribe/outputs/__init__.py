"""Writers of transcriptions, one format a file."""
