"""Make examples/song.mp3 and its reference, song_as_played.mid: half a minute of piano, guitar, bass and drums.

    python examples/make_song.py [--soundfont FILE_OR_FOLDER]

The passage, fourteen bars of swing in F, was written for this project and stands below, so that no corpus and
no training run can hold it. It is played with the MIT-licensed FluidR3 soundfont (Debian: fluid-soundfont-gm).
Needs the programs fluidsynth and ffmpeg. The same seed gives the same notes.
"""

from __future__ import annotations

import argparse
import subprocess
import tempfile
from io import BytesIO
from pathlib import Path

import mido
import numpy as np
import pretty_midi
import soundfile

HERE = Path(__file__).resolve().parent
FLUID_R3 = Path("/usr/share/sounds/sf2/FluidR3_GM.sf2")
SEED = 20

BEATS_PER_MINUTE = 112
TICKS_PER_BEAT = 960
BEAT_S = 60 / BEATS_PER_MINUTE
STEPS_PER_BEAT = 3  # swung eighths fall on the first and the third step of a beat
STEPS_PER_BAR = 4 * STEPS_PER_BEAT
STEP_S = BEAT_S / STEPS_PER_BEAT
LEAD_IN_S = 0.25  # written as a bar of an eighth, so that bars and beats lie on the lines of a sequencer
SAMPLE_RATE = 44100
PEAK = 0.89  # of full scale
DURATION_S = 31.5  # a little after the last note
FADE_OUT_S = 1.0

# How loud each bar is, as an offset to every velocity: the song grows to the turn of bar 12, then lies down.
BAR_DYNAMICS = (-10, -8, -6, -2, -4, 0, 2, 6, 8, 6, 10, 14, 2, -6)

# Chord of each bar, or of its two halves, as played by the piano's left hand below a melody or by both hands
# as comping, and by the guitar in quarter notes.
CHORDS = ("F", "Dm", "Gm", "C", "Am", "D", "Gm", "C", "Bb", "Bbm", "Am D", "Gm C", "F", "F")
PIANO_VOICINGS = {
    "F": "A3 D4 G4",
    "Dm": "F3 A3 C4 E4",
    "Gm": "F3 A3 Bb3 D4",
    "C": "E3 Bb3 D4 A4",
    "Am": "G3 B3 C4 E4",
    "D": "F#3 C4 Eb4",
}
PIANO_SHELLS = {"Bb": "D3 A3", "Bbm": "Db3 G3", "Am": "E3 G3", "D": "C3 F#3", "Gm": "F3 Bb3", "C": "E3 Bb3"}
GUITAR_VOICINGS = {
    "Bb": "D4 F4 G4",
    "Bbm": "Db4 F4 G4",
    "Am": "C4 E4 A4",
    "D": "C4 F#4 A4",
    "Gm": "D4 F4 A4",
    "C": "C4 E4 A4",
}
# Comping rhythms: (step, length in steps, accent).
COMPING = (
    ((0, 4, 0), (5, 3, 6)),
    ((2, 2, 4), (6, 4, -4)),
    ((0, 2, 2), (5, 2, 4), (9, 2, -2)),
    ((3, 2, 0), (8, 3, 6)),
)

# Melodies: NAME:STEPS for notes, -:STEPS for rests, one line a bar.
GUITAR_MELODY = (
    "-:2 C4:1 F4:2 G4:1 A4:3 C5:3",
    "D5:5 C5:1 A4:3 F4:3",
    "G4:2 A4:1 Bb4:2 D5:1 F5:3 D5:3",
    "E5:5 C5:1 Bb4:2 G4:1 -:3",
    "-:2 E4:1 G4:2 A4:1 C5:3 E5:3",
    "F#5:2 E5:1 Eb5:2 C5:1 A4:3 F#4:3",
    "G4:3 Bb4:2 D5:1 C5:2 A4:1 Bb4:3",
    "Bb4:2 A4:1 G4:2 E4:1 C5:6",
)
PIANO_MELODY = (
    "-:2 F5:1 D5:2 F5:1 A5:6",
    "G5:2 F5:1 Db5:2 Bb4:1 G4:3 Bb4:3",
    "C5:2 E5:1 G5:3 F#5:2 Eb5:1 C5:3",
    "Bb4:1 C5:1 D5:1 F5:3 E5:1 D5:1 C5:1 Bb4:3",
)
# Both play the last line, the guitar an octave lower.
ENDING_MELODY = ("A5:2 C6:1 D6:2 C6:1 A5:2 F5:1 G5:3", "F5:10")
PIANO_ENDING_CHORDS = ((0, "A3 D4", 5), (9, "Bb3 E4", 2), (STEPS_PER_BAR, "F3 A3 C4 D4", 11))

WALKING_BASS = (
    "F2:3 A2:3 C3:3 Db3:3",
    "D3:3 C3:3 A2:3 Ab2:3",
    "G2:3 Bb2:3 D3:3 Db3:3",
    "C3:3 Bb2:2 C3:1 G2:3 Ab2:3",
    "A2:3 C3:3 E3:3 Eb3:3",
    "D3:3 C3:3 A2:3 Ab2:3",
    "G2:3 Bb2:2 G2:1 D2:3 Db2:3",
    "C2:3 E2:3 G2:3 A2:3",
    "Bb2:3 A2:3 G2:3 F2:3",
    "Bb1:3 Db2:3 F2:3 Ab2:3",
    "A2:3 E2:3 D2:3 F#2:3",
    "G2:3 D2:3 C2:2 C3:1 E2:3",
    "F2:3 A2:3 C3:3 E2:3",
    "F1:10",
)

# Drums: one figure a step, 1 (ghost) to 9 (accent), by General MIDI key.
RIDE, CRASH, PEDAL_HAT, KICK, SNARE, HIGH_TOM, MID_TOM, LOW_TOM = 51, 49, 44, 36, 38, 50, 47, 43
GROOVE = {RIDE: "6..7.56..7.5", PEDAL_HAT: "...5.....5..", KICK: "3.....3....."}
GROOVE_PUSHED = {RIDE: "6..7.56..7.5", PEDAL_HAT: "...5.....5..", KICK: "3....5......", SNARE: "..2.....4..2"}
FILL = {
    RIDE: "6..7.5",
    PEDAL_HAT: "...5.....5..",
    KICK: "3.....5....5",
    SNARE: "......6.4...",
    HIGH_TOM: ".........6..",
}
BIG_FILL = {
    KICK: "5.....4....6",
    SNARE: "6.456.......",
    HIGH_TOM: "......7.5...",
    MID_TOM: ".........7..",
    LOW_TOM: "..........78",
}
STOP_TIME = {KICK: "6....5...6..", SNARE: ".........3.4", RIDE: "6....6...6.."}
LAST_HIT = {CRASH: "6", KICK: "6"}
AFTER_FILL = {**GROOVE, CRASH: "7", RIDE: "...7.56..7.5", KICK: "6.....3....."}
DRUM_BARS = (
    GROOVE,
    GROOVE_PUSHED,
    GROOVE,
    FILL,
    AFTER_FILL,
    GROOVE_PUSHED,
    GROOVE,
    BIG_FILL,
    AFTER_FILL,
    GROOVE_PUSHED,
    GROOVE,
    BIG_FILL,
    STOP_TIME,
    LAST_HIT,
)


class Player:
    """Puts notes into one instrument of the song, a little uneven in time and force, as people play."""

    def __init__(self, program: int, name: str, rng: np.random.Generator, *, is_drum: bool = False) -> None:
        self.instrument = pretty_midi.Instrument(program, is_drum=is_drum, name=name)
        self._rng = rng

    def play(self, step: float, pitch: int, length_steps: float, velocity: float, delay_s: float = 0.0) -> None:
        """Add a note; `step` counts from the first bar, `velocity` is that of a bar of medium loudness."""
        unevenness_s = np.clip(self._rng.normal(0, 0.005), -0.012, 0.012)
        onset_s = LEAD_IN_S + step * STEP_S + delay_s + unevenness_s
        loudness = velocity + BAR_DYNAMICS[int(step // STEPS_PER_BAR)] + self._rng.normal(0, 3)
        self.instrument.notes.append(
            pretty_midi.Note(int(np.clip(round(loudness), 12, 124)), pitch, onset_s, onset_s + length_steps * STEP_S)
        )

    def play_line(self, line: str, first_step: int, velocity: float, *, octaves: int = 0, held: float) -> None:
        """A melody in the notation above; `held` is the sounding share of each note's length."""
        step = first_step
        for word in line.split():
            name, steps = word.split(":")
            if name != "-":
                accent = 5 if (step - first_step) % STEPS_PER_BEAT else 0  # swing leans on the off-beat
                self.play(step, pitch_of(name) + 12 * octaves, int(steps) * held, velocity + accent)
            step += int(steps)

    def play_chord(self, names: str, step: float, length_steps: float, velocity: float, spread_s: float = 0.0) -> None:
        """All notes of a chord, each struck `spread_s` after the one below."""
        for k, name in enumerate(names.split()):
            self.play(step, pitch_of(name), length_steps, velocity, delay_s=k * spread_s)


def pitch_of(name: str) -> int:
    """MIDI pitch of a name such as Db3 (C4 = 60)."""
    return int(pretty_midi.note_name_to_number(name))


def silent_song() -> pretty_midi.PrettyMIDI:
    """Tempo map and bars: an eighth that lasts LEAD_IN_S, then 4/4 at the song's tempo."""
    eighth_ticks = TICKS_PER_BEAT // 2
    track = mido.MidiTrack(
        [
            mido.MetaMessage("time_signature", numerator=1, denominator=8),
            mido.MetaMessage("set_tempo", tempo=round(2e6 * LEAD_IN_S)),
            mido.MetaMessage("time_signature", numerator=4, denominator=4, time=eighth_ticks),
            mido.MetaMessage("set_tempo", tempo=mido.bpm2tempo(BEATS_PER_MINUTE)),
        ]
    )
    content = BytesIO()
    mido.MidiFile(type=1, ticks_per_beat=TICKS_PER_BEAT, tracks=[track]).save(file=content)
    content.seek(0)
    return pretty_midi.PrettyMIDI(content)


def compose(rng: np.random.Generator) -> pretty_midi.PrettyMIDI:
    song = silent_song()
    song.instruments = [
        play_piano(Player(0, "piano", rng)),
        play_guitar(Player(26, "guitar", rng)),
        play_bass(Player(32, "bass", rng)),
        play_drums(Player(0, "drums", rng, is_drum=True)),
    ]
    return song


def play_piano(piano: Player) -> pretty_midi.Instrument:
    comped, sung = len(GUITAR_MELODY), len(PIANO_MELODY)
    for bar in range(comped):
        for step, length, accent in COMPING[bar % len(COMPING)]:
            piano.play_chord(PIANO_VOICINGS[CHORDS[bar]], bar * STEPS_PER_BAR + step, length * 0.9, 67 + accent)
    for bar in range(comped, comped + sung):
        halves = CHORDS[bar].split()
        steps = STEPS_PER_BAR // len(halves)
        for k, chord in enumerate(halves):
            piano.play_chord(PIANO_SHELLS[chord], bar * STEPS_PER_BAR + k * steps, steps * 0.9, 66)
        piano.play_line(PIANO_MELODY[bar - comped], bar * STEPS_PER_BAR, 92, held=0.9)
    ending = (comped + sung) * STEPS_PER_BAR
    for bar, line in enumerate(ENDING_MELODY):
        piano.play_line(line, ending + bar * STEPS_PER_BAR, 88, held=0.92)
    for step, chord, length in PIANO_ENDING_CHORDS:
        piano.play_chord(chord, ending + step, length * 0.9, 72)
    return piano.instrument


def play_guitar(guitar: Player) -> pretty_midi.Instrument:
    for bar, line in enumerate(GUITAR_MELODY):
        guitar.play_line(line, bar * STEPS_PER_BAR, 76, held=0.92)
    first = len(GUITAR_MELODY)
    for bar in range(first, first + len(PIANO_MELODY)):
        halves = CHORDS[bar].split()
        for beat in range(4):
            chord = GUITAR_VOICINGS[halves[beat * len(halves) // 4]]
            step = bar * STEPS_PER_BAR + beat * STEPS_PER_BEAT
            guitar.play_chord(chord, step, 2.0, 60 + 8 * (beat % 2), spread_s=0.009)
    ending = (first + len(PIANO_MELODY)) * STEPS_PER_BAR
    for bar, line in enumerate(ENDING_MELODY):
        guitar.play_line(line, ending + bar * STEPS_PER_BAR, 74, octaves=-1, held=0.92)
    return guitar.instrument


def play_bass(bass: Player) -> pretty_midi.Instrument:
    for bar, line in enumerate(WALKING_BASS):
        bass.play_line(line, bar * STEPS_PER_BAR, 88, held=0.95)
    return bass.instrument


def play_drums(drums: Player) -> pretty_midi.Instrument:
    for bar, pattern in enumerate(DRUM_BARS):
        for key, figures in pattern.items():
            for step, figure in enumerate(figures):
                if figure != ".":
                    drums.play(bar * STEPS_PER_BAR + step, key, 0.8, 14 + 10 * int(figure))
    return drums.instrument


def render(midi: Path, soundfont: Path, mp3: Path) -> None:
    """Play a MIDI file and write it as an mp3 of 128 kbit/s that peaks at PEAK."""
    fonts = [soundfont] if soundfont.is_file() else sorted(soundfont.glob("*.sf[23]"))
    if not fonts:
        raise SystemExit(f"{soundfont}: no soundfont there; install fluid-soundfont-gm or give --soundfont")
    with tempfile.TemporaryDirectory() as folder:
        wav = Path(folder, "song.wav")
        output = ["-F", wav, "-T", "wav", "-r", str(SAMPLE_RATE)]
        subprocess.run(["fluidsynth", "-ni", "-q", "-g", "0.4", *output, *fonts, midi], check=True)
        samples, sample_rate = soundfile.read(wav, frames=int(DURATION_S * SAMPLE_RATE))
        fade = np.clip((len(samples) - np.arange(len(samples))) / (FADE_OUT_S * sample_rate), 0, 1)
        samples *= fade[:, None] * (PEAK / np.abs(samples).max())
        soundfile.write(wav, samples, sample_rate, subtype="PCM_16")
        encoding = ["-codec:a", "libmp3lame", "-b:a", "128k", "-map_metadata", "-1"]
        subprocess.run(["ffmpeg", "-loglevel", "error", "-y", "-i", wav, *encoding, mp3], check=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--soundfont", type=Path, default=FLUID_R3, help="a soundfont, or a folder of its parts")
    arguments = parser.parse_args()
    midi = HERE / "song_as_played.mid"
    compose(np.random.default_rng(SEED)).write(str(midi))
    render(midi, arguments.soundfont, HERE / "song.mp3")


if __name__ == "__main__":
    main()
