"""`mp3tomidi-augment apply` and `replay`: a folder of sound in, changed copies of it with their labels out."""
