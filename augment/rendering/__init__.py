"""Songs x instruments -> mixes, stems, MIDI files and labels on disk: `mp3tomidi-augment render`."""
