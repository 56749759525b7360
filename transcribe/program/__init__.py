"""The commands `mp3tomidi` and `mp3tomidi-drums`."""
