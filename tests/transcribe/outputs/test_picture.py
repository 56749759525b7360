"""The picture: what is drawn lies where it belongs, and what is heard is seen there."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from pytest_regressions.ndarrays_regression import NDArraysRegressionFixture

from mp3tomidi.transcribe.audio.reading import Audio
from mp3tomidi.transcribe.errors import OutputError
from mp3tomidi.transcribe.events import DrumHit, Note, PedalEvent, Transcription
from mp3tomidi.transcribe.outputs import picture

image = pytest.importorskip("matplotlib.image")

SETTINGS = picture._SETTINGS
FRAMING = (Note(0.1, 0.2, 48, 60), Note(0.1, 0.2, 84, 60))  # so that both pictures show the same pitches


def tone(pitch: float, start_s: float, stop_s: float, duration_s: float) -> Audio:
    time_s = np.arange(round(duration_s * 16_000)) / 16_000
    wave = 0.3 * np.sin(2 * np.pi * 440.0 * 2 ** ((pitch - 69) / 12) * time_s)
    return Audio((wave * ((time_s >= start_s) & (time_s < stop_s))).astype(np.float32), 16_000)


def draw(path: Path, source: Audio, duration_s: float, *notes: Note, **others: object) -> NDArray[np.float32]:
    transcription = Transcription(notes=(*FRAMING, *notes), duration_s=duration_s, **others)  # type: ignore[arg-type]
    picture.write(transcription, source, path)
    return np.asarray(image.imread(path))[..., :3]


def place(pixels: NDArray[np.float32], row_in: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Where the points of a single row lie: seconds / length and pitches above the lowest / range, from 0 to 1."""
    height, width = pixels.shape[:2]
    left = picture.MARGIN_IN / picture.WIDTH_IN
    x = (np.arange(width) / width - left) / (1.0 - 1.3 * left)
    bottom = height / picture.DOTS_PER_INCH - picture.HEAD_IN - row_in
    y = (height - np.arange(height) - bottom * picture.DOTS_PER_INCH) / (row_in * picture.DOTS_PER_INCH)
    return x, y


def test_a_note_is_a_bar_at_its_time_and_pitch(tmp_path: Path) -> None:
    sound = tone(69, 2.0, 5.0, 10.0)
    note = Note(2.0, 5.0, 69, 100)
    with_note, without = (draw(tmp_path / "x.png", sound, 10.0, *notes) for notes in ((note,), ()))
    lowest, highest = 46, 86
    range_ = highest - lowest + 1
    x, y = place(with_note, picture.SEMITONE_IN * range_)
    changed = np.abs(with_note - without).max(axis=2) > 0.05
    changed[: round(0.5 * picture.DOTS_PER_INCH)] = False  # the number of notes above
    rows, columns = np.nonzero(changed)
    assert 10.0 * x[columns.min()] == pytest.approx(2.0, abs=0.02)
    assert 10.0 * x[columns.max()] == pytest.approx(5.0, abs=0.02)
    assert lowest - 0.5 + range_ * y[rows].mean() == pytest.approx(69.0, abs=0.15)


def test_the_pedal_is_a_bar_in_a_lane_below_the_notes(tmp_path: Path) -> None:
    sound = tone(69, 2.0, 5.0, 10.0)
    presses = [(PedalEvent(down_s, True), PedalEvent(up_s, False)) for down_s, up_s in ((2.0, 5.0), (0.1, 0.2))]
    pressed, other = (draw(tmp_path / "x.png", sound, 10.0, pedal=press) for press in presses)
    row_in = picture.SEMITONE_IN * 41 + picture.LANE_IN
    x, y = place(pressed, row_in)
    changed = np.abs(pressed - other).max(axis=2) > 0.3
    rows, columns = np.nonzero(changed & (x > 0.1))
    assert 10.0 * x[columns.min()] == pytest.approx(2.0, abs=0.03)
    assert 10.0 * x[columns.max()] == pytest.approx(5.0, abs=0.03)
    assert 0.0 < row_in * y[rows].min() < row_in * y[rows].max() < picture.LANE_IN


def test_the_tone_is_dark_where_it_sounds(tmp_path: Path) -> None:
    darkness = 1.0 - draw(tmp_path / "x.png", tone(60, 4.0, 7.0, 10.0), 10.0).mean(axis=2)
    range_ = 41
    x, y = place(darkness[..., None], picture.SEMITONE_IN * range_)
    pitch, time_s = 46 - 0.5 + range_ * y, 10.0 * x
    inside = darkness[np.ix_(np.abs(pitch - 60) < 0.3, (time_s > 4.3) & (time_s < 6.7))]
    before = darkness[np.ix_(np.abs(pitch - 62) < 3.0, (time_s > 1.0) & (time_s < 3.5))]
    assert inside.mean() > before.mean() + 0.4


def test_levels_lie_in_their_row_column_and_bin_without_gaps() -> None:
    layout = picture._laid_out(Transcription(notes=FRAMING, duration_s=130.0))
    assert (layout.row_s, layout.row_count) == (19, 7)
    sound = tone(60, 50.0, 51.0, 130.0).samples
    level_db = picture._level_db(np.split(sound, [1000, 500_000]), layout, 0.0)
    row, column, bin_ = np.unravel_index(int(level_db.argmax()), level_db.shape)
    assert layout.row_s * row + column * layout.row_s / level_db.shape[1] == pytest.approx(50.5, abs=0.6)
    assert layout.lowest + (bin_ - 1) / 3 == pytest.approx(60.0)
    assert (level_db[:6] > -201.0).all()
    hundredths = level_db[row, :, bin_].astype(np.float64)
    edges = np.flatnonzero(np.diff((hundredths > hundredths.max() - 6.0).astype(int)))
    assert np.diff(edges) * layout.row_s / level_db.shape[1] == pytest.approx([1.0], abs=0.1)


@pytest.mark.parametrize(
    ("duration_s", "row_s", "row_count"),
    [
        *((0.0, 1, 1), (7.5, 8, 1), (31.5, 11, 3), (600.0, 30, 20), (3600.0, 90, 40), (21_600.0, 540, 40)),
        *((60.0, 15, 4), (60.5, 16, 4), (240.0, 20, 12), (240.5, 27, 9), (1200.0, 30, 40), (1200.5, 31, 39)),
    ],
)
def test_long_recordings_have_several_rows_and_never_too_many(duration_s: float, row_s: int, row_count: int) -> None:
    layout = picture._laid_out(Transcription(duration_s=duration_s))
    assert (layout.row_s, layout.row_count) == (row_s, row_count)
    assert layout.highest - layout.lowest + 1 == picture.FEWEST_PITCHES


HITS = (DrumHit(1.0, 36, 127), DrumHit(3.0, 36, 40), DrumHit(7.0, 49, 127), DrumHit(9.0, 54, 127))


def stroke(pixels: NDArray[np.float32], time_s: float, row_in: float) -> NDArray[np.float64]:
    """How high above a row's bottom, of its height, the coloured points around a time lie; of ten seconds."""
    x, y = place(pixels, row_in)
    coloured = (np.ptp(pixels, axis=2) > 0.3) & (np.abs(10.0 * x - time_s) < 0.05)
    return y[np.nonzero(coloured.any(axis=1))]


@pytest.mark.parametrize("notes", [(), (Note(0.1, 0.2, 48, 60), Note(0.1, 0.2, 84, 60))])
def test_a_hit_is_a_stroke_in_its_lane_the_higher_the_harder(tmp_path: Path, notes: tuple[Note, ...]) -> None:
    """Over the spectrogram, in nine lanes, if there are no notes; else in the three lanes needed, below them."""
    silence = Audio(np.zeros(160_000, np.float32), 16_000)
    picture.write(Transcription(notes=notes, drum_hits=HITS, duration_s=10.0), silence, tmp_path / "x.png")
    pixels = np.asarray(image.imread(tmp_path / "x.png"))[..., :3]
    pitches_in = 41 * picture.SEMITONE_IN if notes else 0.0
    lanes = [0, 0, 1, 2] if notes else [0, 0, 6, 8]
    lane_in = picture.LANE_IN if notes else picture.WIDE_LANE_IN
    row_in = pitches_in + lane_in * (3 if notes else 9)
    for hit, lane in zip(HITS, lanes, strict=True):
        height_in = stroke(pixels, hit.onset_s, row_in) * row_in - lane * lane_in
        assert height_in.min() == pytest.approx(0.0, abs=0.03)
        assert height_in.max() == pytest.approx(0.9 * lane_in * hit.velocity / 127, abs=0.03)


def test_silence_odd_names_and_drums_can_be_drawn(tmp_path: Path) -> None:
    silence = Audio(np.zeros(8000, np.float32), 16_000)
    picture.write(Transcription(duration_s=0.5), silence, tmp_path / "a.png")
    drums = tuple(DrumHit(0.1 * i, key, 90) for i, key in enumerate((36, 38, 42)))
    taller = len(draw(tmp_path / "b.png", silence, 0.5, drum_hits=drums)) - len(draw(tmp_path / "b.png", silence, 0.5))
    assert taller == round(3 * picture.LANE_IN * picture.DOTS_PER_INCH)
    import soundfile

    for name in ("a $b_{ 夜.wav", os.fsdecode(b"\xe9.wav")):  # the second is no text
        odd = tmp_path / name
        soundfile.write(os.fsencode(odd), np.zeros(8000), 16_000, format="WAV")
        picture.write(Transcription(duration_s=0.5), odd, tmp_path / "c.png")
        odd.unlink()
    assert sorted(path.suffix for path in tmp_path.iterdir()) == [".png", ".png", ".png"]
    with pytest.raises(OutputError, match=r"cannot write .*gone/x\.png"):
        picture.write(Transcription(duration_s=0.5), silence, tmp_path / "gone" / "x.png")


def test_a_picture_looks_as_it_did(tmp_path: Path, ndarrays_regression: NDArraysRegressionFixture) -> None:
    """Its mean brightness in fields of ten points; `pytest --force-regen` stores others, where it is drawn anew."""
    sound = Audio(np.concatenate([tone(60, 0.0, 9.0, 9.0).samples, tone(81, 0.0, 10.0, 10.0).samples]), 16_000)
    notes = tuple(
        Note(1.1 * index, 1.1 * index + 0.8, pitch, 10 * index + 5, program)
        for index, (pitch, program) in enumerate(zip(range(52, 88, 3), (0, 24, 32, 40, 56, 73) * 2, strict=True))
    )
    bent = Note(15.0, 17.0, 64, 100, 40, bend=((15.0, 0.0), (17.0, 250.0)))
    pedal = (PedalEvent(3.0, True), PedalEvent(9.5, False), PedalEvent(17.0, True), PedalEvent(18.0, False))
    pixels = draw(tmp_path / "x.png", sound, 63.0, *notes, bent, drum_hits=HITS, pedal=pedal)
    assert pixels.shape[1] == 1700
    fields = pixels[: len(pixels) // 10 * 10].mean(axis=2).reshape(-1, 10, 170, 10).mean(axis=(1, 3))
    size = np.array(pixels.shape[:2])
    ndarrays_regression.check(
        {"fields": fields.astype(np.float16), "size": size}, tolerances={"fields": {"atol": 0.05, "rtol": 0.0}}
    )


def test_note_names() -> None:
    assert [picture.note_name(pitch) for pitch in (21, 60, 61, 70, 108)] == ["A0", "C4", "C♯4", "B♭4", "C8"]


def test_a_bend_is_a_line_at_its_pitch(tmp_path: Path) -> None:
    sound = tone(69, 2.0, 5.0, 10.0)
    steady, bent = Note(2.0, 5.0, 69, 100), Note(2.0, 5.0, 69, 100, bend=((2.0, 300.0), (5.0, 300.0)))
    without, with_bend = (draw(tmp_path / "x.png", sound, 10.0, note) for note in (steady, bent))
    _, y = place(with_bend, picture.SEMITONE_IN * 41)
    rows, _ = np.nonzero(np.abs(with_bend - without).max(axis=2) > 0.05)
    assert 45.5 + 41 * y[rows].mean() == pytest.approx(72.0, abs=0.3)
