"""The command `mp3tomidi`."""
