"""What the shipped DrumNet makes of drums whose times are known exactly, on kits that it was not taught with."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path

import mir_eval
import numpy as np
import pretty_midi
import pytest

from mp3tomidi.augment.heldout import is_held_out_kit
from mp3tomidi.augment.sources.drum_machines import DrumMachines
from mp3tomidi.augment.sources.source import DEFAULT_SAMPLE_RATE as SAMPLE_RATE
from mp3tomidi.transcribe import Audio, DrumHit, DrumTranscriber, Transcriber
from mp3tomidi.transcribe.audio.reading import read
from mp3tomidi.transcribe.drum_kit import DRUM_PIECES, PIECE_OF_KEY, DrumPiece
from mp3tomidi.transcribe.outputs import midi

FONT = Path(pretty_midi.__file__).parent / "TimGM6mb.sf2"
KITS = ("TimGM6mb", "machine-909/4")
KICK, SNARE, LOW_TOM, HIGH_TOM, CLOSED_HAT, OPEN_HAT, CRASH, RIDE = (piece.written_key for piece in DRUM_PIECES)
AFTER_S = 8.0
ROLL_STROKE_S = 60.0 / 160 / 8  # 1/32 at 160 beats a minute
METAL_ROLL_STROKE_S = 0.08  # of hats and rides, whose strokes ring into each other

Hit = tuple[float, int, int]  # onset_s, key, velocity
Play = Callable[[Sequence[Hit]], Audio]
HearHits = Callable[[Sequence[Hit]], list[DrumHit]]
Hear = Callable[[Audio], tuple[DrumHit, ...]]


def fluidsynth(notes: Sequence[tuple[float, float, int, int]], program: int, folder: Path, *, drums: bool) -> Audio:
    """What a font sounds like that has (onset_s, offset_s, pitch, velocity) played on it, dry."""
    score = pretty_midi.PrettyMIDI(resolution=960)
    score.instruments.append(pretty_midi.Instrument(program, is_drum=drums))
    score.instruments[0].notes = [pretty_midi.Note(velocity, pitch, on, off) for on, off, pitch, velocity in notes]
    score.write(str(folder / "played.mid"))
    sound = folder / "played.wav"
    command = ["fluidsynth", "-ni", "-q", "-R", "0", "-C", "0", "-g", "0.6", "-F", sound, FONT, folder / "played.mid"]
    subprocess.run(command, check=True, capture_output=True)
    return read(sound)


def machine(name: str) -> Play:
    """Plays a drum machine: of each key the stroke of the nearest velocity, as loud as the velocity says."""
    (kit,) = (instrument for instrument in DrumMachines().instruments() if instrument.name == name)
    strokes = list(kit.notes)

    def play(hits: Sequence[Hit]) -> Audio:
        sound = np.zeros(round((max(onset_s for onset_s, _, _ in hits) + 2.0) * SAMPLE_RATE), np.float32)
        for onset_s, key, velocity in hits:
            nearest = min((s for s in strokes if s.pitch == key), key=lambda s: abs(s.velocity - velocity))
            wave = nearest.samples * np.float32(10 ** (0.25 * (velocity - nearest.velocity) / 20))
            at = round(onset_s * SAMPLE_RATE)
            wave = wave[: len(sound) - at]
            sound[at : at + len(wave)] += wave
        return Audio(sound, SAMPLE_RATE)

    return play


@pytest.fixture(scope="module", params=KITS)
def play(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Play:
    assert is_held_out_kit(request.param)
    if request.param != "TimGM6mb":
        return machine(request.param)
    folder = tmp_path_factory.mktemp("font")
    return lambda hits: fluidsynth([(on, on + 0.1, key, velocity) for on, key, velocity in hits], 0, folder, drums=True)


@pytest.fixture(scope="module")
def hear() -> Hear:
    transcriber = DrumTranscriber()
    return lambda sound: transcriber.transcribe(sound).drum_hits


def groove() -> list[Hit]:
    """Eight bars of rock at 112 beats a minute by somebody who is human, with fills on the toms."""
    rng = np.random.default_rng(0)
    beat_s, hits = 60.0 / 112, []
    for bar in range(8):
        fill = bar in (3, 7)
        time_keeper = RIDE if bar >= 4 else CLOSED_HAT
        played = [(0.0, KICK, 105), (1.0, SNARE, 110), (2.5, KICK, 95)]
        played += [] if fill else [(2.0, KICK, 100), (3.0, SNARE, 112)]
        played += [(eighth / 2, time_keeper, 85 if eighth % 2 else 100) for eighth in range(4 if fill else 7)]
        played += [] if fill or time_keeper == RIDE else [(3.5, OPEN_HAT, 95)]
        if fill:
            drums = (SNARE, SNARE, HIGH_TOM, HIGH_TOM, LOW_TOM, LOW_TOM, LOW_TOM, SNARE)
            played += [(2.0 + sixteenth / 4, key, 80 + 4 * sixteenth) for sixteenth, key in enumerate(drums)]
        if bar in (0, 4):
            played.append((0.0, CRASH, 115))
        hits += [
            (0.5 + (4 * bar + at) * beat_s + rng.normal(0.0, 0.005), key, velocity) for at, key, velocity in played
        ]
    return sorted(hits)


def matched(played: Sequence[Hit], heard: Sequence[DrumHit], reach_s: float = 0.05) -> list[tuple[Hit, DrumHit]]:
    """Played and heard hits of one piece within a reach of each other, each once."""
    pairs: list[tuple[Hit, DrumHit]] = []
    for piece in range(len(DRUM_PIECES)):
        ours = [hit for hit in played if PIECE_OF_KEY[hit[1]] == piece]
        theirs = [hit for hit in heard if PIECE_OF_KEY[hit.key] == piece]
        times = np.array([hit[0] for hit in ours]), np.array([hit.onset_s for hit in theirs])
        if ours and theirs:
            pairs += [(ours[i], theirs[j]) for i, j in mir_eval.util.match_events(*times, reach_s)]
    return pairs


def test_a_groove_comes_out_hit_by_hit(play: Play, hear: Hear) -> None:
    played = groove()
    heard = hear(play(played))
    pairs = matched(played, heard)
    assert len(pairs) > 0.6 * len(played)  # the ride of the 909 is taken for its crash and its hats
    assert len(pairs) > 0.6 * len(heard)
    errors_s = np.array([hit.onset_s - onset_s for (onset_s, _, _), hit in pairs])
    assert np.abs(errors_s).mean() < 0.01
    velocities = np.array([(velocity, hit.velocity) for (_, _, velocity), hit in pairs])
    assert np.corrcoef(velocities.T)[0, 1] > 0.4  # they lie close together here


@pytest.fixture(scope="module")
def hear_after_groove(play: Play, hear: Hear) -> HearHits:
    """What is heard from AFTER_S on, after three bars of the groove: a kit is known by its other pieces."""
    before = [hit for hit in groove() if hit[0] < AFTER_S - 1.2]
    return lambda hits: [hit for hit in hear(play([*before, *hits])) if hit.onset_s > AFTER_S - 0.1]


@pytest.mark.parametrize("piece", DRUM_PIECES, ids=lambda piece: piece.name)
def test_one_hit_never_gives_two(piece: DrumPiece, hear_after_groove: HearHits) -> None:
    played = [
        (AFTER_S + 1.2 * index, piece.written_key, velocity) for index, velocity in enumerate((120, 100, 80, 60, 110))
    ]
    times_s = [hit.onset_s for hit in hear_after_groove(played) if hit.key == piece.written_key]
    most = 2 if piece.name == "crash" else 1  # a synthesised one sounds on as if it were struck again
    for onset_s, _, _ in played:
        assert sum(onset_s - 0.1 < time_s < onset_s + 1.1 for time_s in times_s) <= most


def resolved(strokes_s: Sequence[float], heard: Sequence[DrumHit]) -> int:
    """How many strokes, at least 30 ms apart, have a hit of their own, on whatever piece."""
    heard_s = np.array([hit.onset_s for hit in heard])
    return sum(bool(np.any(np.abs(heard_s - time_s) < 0.015)) for time_s in strokes_s)


@pytest.mark.parametrize("key", [KICK, SNARE])
def test_how_hard_a_drum_is_struck_is_heard(key: int, play: Play, hear_after_groove: HearHits) -> None:
    """Strokes of any velocity, every second one with a hat."""
    drawn = np.random.default_rng(key).integers(35, 127, 40)
    strokes = [(AFTER_S + 0.45 * index, key, int(velocity)) for index, velocity in enumerate(drawn)]
    hats = [(onset_s, CLOSED_HAT, 90) for onset_s, _, _ in strokes[::2]]
    pairs = matched(strokes, [hit for hit in hear_after_groove(sorted([*strokes, *hats])) if hit.key == key])
    assert len(pairs) > 0.8 * len(strokes)
    velocities = np.array([(velocity, hit.velocity) for (_, _, velocity), hit in pairs])
    assert np.corrcoef(velocities.T)[0, 1] > 0.93  # by DrumNet alone .77 to .93


@pytest.mark.parametrize("key", [SNARE, HIGH_TOM, LOW_TOM])
def test_a_flam_gives_two_hits(key: int, hear_after_groove: HearHits) -> None:
    strokes_s = [AFTER_S + 0.9 * index + late_s for index in range(6) for late_s in (0.0, 0.03)]
    heard = hear_after_groove([(time_s, key, 110 if index % 2 else 75) for index, time_s in enumerate(strokes_s)])
    assert resolved(strokes_s, heard) >= 10


@pytest.mark.parametrize("key", [SNARE, HIGH_TOM, LOW_TOM, CLOSED_HAT, RIDE])
def test_a_fast_roll_is_resolved(key: int, hear_after_groove: HearHits) -> None:
    stroke_s = METAL_ROLL_STROKE_S if key in (CLOSED_HAT, RIDE) else ROLL_STROKE_S
    strokes_s = [AFTER_S + stroke_s * index for index in range(32)]
    heard = hear_after_groove([(time_s, key, 85 if index % 8 else 100) for index, time_s in enumerate(strokes_s)])
    assert resolved(strokes_s, heard) >= 29
    assert sum(hit.key == key for hit in heard) <= 34


@pytest.mark.parametrize("program", [0, 24, 73], ids=["piano", "guitar", "flute"])
def test_a_song_without_drums_has_no_drum_track(program: int, tmp_path: Path) -> None:
    rng = np.random.default_rng(program)
    pitches = rng.integers(60, 84, 60)
    notes = [(0.5 + 0.3 * i, 0.9 + 0.3 * i, int(p), int(rng.integers(50, 115))) for i, p in enumerate(pitches)]
    heard = Transcriber().transcribe(fluidsynth(notes, program, tmp_path, drums=False))
    assert len(heard.notes) > 40
    assert heard.drum_hits == ()
    assert "drums" not in [track.name for track in midi.to_midi(heard).tracks]
