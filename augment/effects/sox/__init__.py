"""Effects computed by the program SoX: `engine = "sox"` on a step. One file an effect, of the effect's name.

SoX's `pitch` is left out: its overlap-add moves onsets by -50 to +13 ms (12 notes a shift, -4 to 4 semitones), and with
segments of 20 ms instead of 82, low notes come out several semitones off.
"""
