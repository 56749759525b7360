"""`mp3tomidi-augment look`: what is drawn and written, of sounds and folders, and what is said about what is wrong."""

import shutil
from pathlib import Path

import numpy as np
import pytest
import soundfile

from mp3tomidi.augment import cli
from mp3tomidi.augment.labels import Labels
from mp3tomidi.augment.pictures import folder_picture, sound_picture
from mp3tomidi.augment.pictures.excerpt import read_excerpt
from mp3tomidi.augment.pictures.settings import AnalysisSettings
from mp3tomidi.augment.pictures.survey import Surveyed, spread, survey

image = pytest.importorskip("matplotlib.image")
FigureCanvasAgg = pytest.importorskip("matplotlib.backends.backend_agg").FigureCanvasAgg

RATE = 16_000


def write_tone(
    path: Path, hz: float = 440.0, duration_s: float = 1.0, amplitude: float = 0.5, channels: int = 1
) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    tone = amplitude * np.sin(2 * np.pi * hz * np.arange(round(duration_s * RATE)) / RATE)
    soundfile.write(path, np.repeat(tone[:, None], channels, axis=1), RATE, subtype="FLOAT")
    return path


def look(*arguments: object) -> int:
    return cli.main(["look", *map(str, arguments)])


def pixels_of(path: Path) -> np.ndarray:
    return np.asarray(image.imread(path))[..., :3]


def is_note_colour(pixels: np.ndarray) -> np.ndarray:
    wanted = np.array([int(sound_picture.NOTE_COLOUR[at : at + 2], 16) / 255 for at in (1, 3, 5)])
    return np.abs(pixels - wanted).max(axis=2) < 0.1


def test_a_note_is_outlined_where_its_tone_sounds(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    sound = write_tone(tmp_path / "a.wav", 440.0)
    options = ("--panels", "constant-q", "--size", 1024)
    assert look(sound, "-o", tmp_path / "bare.png", *options) == 0
    assert capsys.readouterr().out == f"{tmp_path / 'bare.png'}\n"
    (tmp_path / "a.notes.tsv").write_text("0.25\t0.75\t69\t80\n")
    assert look(sound, "-o", tmp_path / "noted.png", *options) == 0
    bare, noted = pixels_of(tmp_path / "bare.png"), pixels_of(tmp_path / "noted.png")
    assert not is_note_colour(bare).any()
    rows, columns = np.nonzero(is_note_colour(noted))
    bright = bare.sum(axis=2) * (np.ptp(bare, axis=2) > 0.05)  # of the spectrogram, not of the paper
    inside = bright[:, columns.min() : columns.max()]
    assert abs(int(inside.mean(axis=1).argmax()) - (rows.min() + rows.max()) / 2) <= 2  # the tone lies in the box
    assert rows.max() - rows.min() < 12


def test_drum_hits_stand_in_lanes_of_their_own(tmp_path: Path) -> None:
    sound = write_tone(tmp_path / "a.wav", channels=2)
    assert look(sound, "--panels", "waveform") == 0
    (tmp_path / "a.drums.tsv").write_text("0.25\tKD\n0.5\tSD\n0.75\tHH\n")
    assert look(sound, "--panels", "waveform", "--overwrite") == 0
    with_lanes = pixels_of(tmp_path / "a.look.png")
    assert len(with_lanes) > 1.4 * sound_picture.DOTS_PER_INCH * (sound_picture.PANEL_IN["waveform"] + 0.5)


@pytest.mark.parametrize(
    ("name", "duration_s", "amplitude", "frequency"),
    [
        ("a $b.wav", 0.001, 0.5, "linear"),
        ("silent.wav", 0.3, 0.0, "linear"),
        ("silent.wav", 0.3, 0.0, "log"),
        ("three.wav", 1.0, 0.5, "log"),
    ],
)
def test_all_panels_of_short_silent_and_long_sounds_can_be_drawn(
    tmp_path: Path, name: str, duration_s: float, amplitude: float, frequency: str
) -> None:
    write_tone(tmp_path / name, duration_s=duration_s, amplitude=amplitude, channels=3 if duration_s > 0.5 else 1)
    excerpt = read_excerpt(tmp_path / name, duration_s=0.5)
    assert excerpt.more_follows == (duration_s > 0.5)
    settings = AnalysisSettings("dolph-chebyshev", 256, 64, frequency)
    sound_picture.write(excerpt, tmp_path / "x.png", settings)
    assert pixels_of(tmp_path / "x.png").shape[1] == 1600


def test_an_excerpt_is_where_it_was_asked_for(tmp_path: Path) -> None:
    ramp = np.arange(20 * RATE) / (20 * RATE)
    soundfile.write(tmp_path / "a.wav", ramp, RATE, subtype="FLOAT")
    excerpt = read_excerpt(tmp_path / "a.wav", start_s=7.5, duration_s=4.0)
    assert excerpt.samples.shape == (1, 4 * RATE)
    assert excerpt.samples[0, 0] == pytest.approx(7.5 / 20)
    assert excerpt.more_follows
    assert not read_excerpt(tmp_path / "a.wav", start_s=16.0, duration_s=4.0).more_follows
    assert read_excerpt(tmp_path / "a.wav", start_s=19.0, duration_s=4.0).samples.shape == (1, RATE)


@pytest.mark.parametrize("kind", ["spectrum", "mel", "constant_q", "log_frequency"])
def test_an_excerpt_looks_like_the_same_part_of_the_whole(tmp_path: Path, kind: str) -> None:
    """Also at its edges, where windows reach beyond it."""
    noise = 0.1 * np.random.default_rng(0).standard_normal(6 * RATE).astype(np.float32)
    soundfile.write(tmp_path / "a.wav", noise, RATE, subtype="FLOAT")
    settings = AnalysisSettings(hop_samples=400)  # a fortieth of a second
    whole = getattr(read_excerpt(tmp_path / "a.wav").analysis(settings), kind)
    part = getattr(read_excerpt(tmp_path / "a.wav", start_s=2.5, duration_s=1.0).analysis(settings), kind)
    assert part.shape == (40, whole.shape[1])
    np.testing.assert_allclose(part, whole[100:140], atol=1e-6)


def test_arrays_of_a_sound(tmp_path: Path) -> None:
    sound = write_tone(tmp_path / "a.wav", 1000.0, 2.0)
    (tmp_path / "a.notes.tsv").write_text("0.25\t0.75\t83\t80\n")
    assert look(sound, "--export", "npz", "--window", "dolph", "--size", 1024, "--hop", 256, "--start", 0.5) == 0
    with np.load(tmp_path / "a.look.npz") as arrays:
        frames = len(arrays["time_s"])
        assert frames == 94
        assert arrays["time_s"][0] == 0.5
        assert arrays["window"] == "dolph-chebyshev"
        assert arrays["spectrum_hz"][arrays["spectrum"][frames // 2].argmax()] == 1000.0
        assert arrays["spectrum"][frames // 2].max() == pytest.approx(0.5, rel=1e-3)
        assert arrays["spectrum_hz"][arrays["peak_spectrum"].argmax()] == 1000.0
        assert arrays["mfcc"].shape == (frames, 20)
        assert len(arrays["constant_q"]) == len(arrays["mel"]) == frames
        assert arrays["notes"]["pitch"].tolist() == [83]
        assert "log_frequency" not in arrays


def test_a_folder_is_surveyed_and_what_cannot_be_read_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "set"
    for index in range(3):
        write_tone(folder / "flute" / f"{index}.wav", amplitude=0.1)
    loud = write_tone(folder / "kick" / "deep" / "a.flac.wav", 60.0, 0.2, 0.8, channels=2)
    loud.with_name("a.flac.drums.tsv").write_text("0.0\tKD\n")
    (folder / "flute" / "1.notes.tsv").write_text("0\t1\t69\t80\n")
    (folder / "broken.wav").write_bytes(b"RIFF")
    (folder / ".hidden.wav").write_bytes(b"RIFF")
    assert look(folder) == look(folder, "--export", "npz") == 1
    error = capsys.readouterr().err
    assert error.count("broken.wav") == 2
    assert "1 of 5 sounds could not be read" in error
    assert pixels_of(tmp_path / "set.look.png").shape[1] == 1600
    with np.load(tmp_path / "set.look.npz") as rows:
        assert rows["class_name"].tolist() == ["flute"] * 3 + ["kick/deep"]
        assert rows["duration_s"].tolist() == [1.0, 1.0, 1.0, 0.2]
        np.testing.assert_allclose(rows["rms"], np.array([0.1, 0.1, 0.1, 0.8]) / np.sqrt(2), rtol=1e-3)
        np.testing.assert_allclose(rows["peak"], [0.1, 0.1, 0.1, 0.8], rtol=1e-3)
        assert rows["channels"].tolist() == [1, 1, 1, 2]
        assert rows["notes"]["clip"].tolist() == [1]
        assert rows["drum_hits"]["clip"].tolist() == [3]


def test_the_sheet_shows_all_classes_evenly() -> None:
    sounds = [
        Surveyed(Path(f"{name}{index}"), name, 1.0, RATE, 1, 1.0, 1.0, Labels())
        for name, count in (("a", 50), ("b", 2), ("c", 50))
        for index in range(count)
    ]
    shown = [sound.path.name for sound in spread(sounds, 8)]
    assert shown == ["a0", "a24", "a49", "b0", "b1", "c0", "c24", "c49"]
    assert len(spread(sounds, 1000)) == 102


@pytest.mark.skipif(shutil.which("sox") is None, reason="needs the program sox")
def test_sox_draws_the_tone_where_it_is(tmp_path: Path) -> None:
    sound = write_tone(tmp_path / "a.wav", 2000.0, 2.0)
    assert look(sound, "--engine", "sox", "--window", "hamming", "--size", 512, "--hop", 128) == 0
    pixels = pixels_of(tmp_path / "a.look.png")[40:-60, 70:-120]  # without axes and legend
    assert 257 - 40 < len(pixels) < 400
    bright = pixels.sum(axis=2).mean(axis=1)
    assert bright.max() > 4 * np.median(bright)


@pytest.mark.parametrize("labelled", [False, True])
@pytest.mark.parametrize("class_name", ["a", "electric guitar with a long name"])
def test_a_folder_s_histograms_fill_their_row_and_show_what_there_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, labelled: bool, class_name: str
) -> None:
    write_tone(tmp_path / "set" / class_name / "x.wav")
    if labelled:
        (tmp_path / "set" / class_name / "x.notes.tsv").write_text("0.25\t0.75\t69\t80\n")
        (tmp_path / "set" / class_name / "x.drums.tsv").write_text("0.5\tKD\n")
    drawn = []
    monkeypatch.setattr(folder_picture, "save_png", lambda figure, *_: drawn.append(figure))
    folder_picture.write(survey(tmp_path / "set", [tmp_path / "set" / class_name / "x.wav"]), tmp_path / "set.png")
    figure = drawn[0]
    figure.canvas = FigureCanvasAgg(figure)
    histograms = [axes for axes in figure.axes if axes.get_title() in ("duration", "level", "pitch", "class", "drums")]
    names = [axes.get_title() for axes in histograms]
    assert names == (["duration", "level", "pitch", "class", "drums"] if labelled else ["duration", "level", "class"])
    boxes = [axes.get_tightbbox(figure.canvas.get_renderer()) for axes in histograms]
    edges = [0.0, *(edge for box in boxes for edge in (box.x0, box.x1)), figure.bbox.width]
    gaps_in = (np.array(edges[1::2]) - np.array(edges[::2])) / figure.dpi
    assert gaps_in.min() >= 0.0
    assert gaps_in.max() < 0.75


def test_a_missing_sox_is_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert look(write_tone(tmp_path / "a.wav"), "--engine", "sox") == 1
    error = capsys.readouterr().err
    assert "apt install sox" in error
    assert error.count("\n") == 1


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["--window", "square"], "there are hann"),
        (["--size", "7"], "an even number"),
        (["--hop", "0"], "a hop of 0"),
        (["--panels", "mel,smell"], "'smell' is no panel"),
        (["--duration", "-1"], "--duration"),
        (["--rate", "7"], "4000 to 768000"),
        (["-o", "a.jpg"], ".png or .npz"),
        (["-o", "a.png", "--export", "npz"], "must end in .npz"),
        (["--engine", "sox", "--frequency", "log"], "linear"),
        (["--engine", "sox", "--size", "4096"], "126 to 2398"),
    ],
)
def test_wrong_usage_is_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], options: list[str], says: str
) -> None:
    with pytest.raises(SystemExit) as stopped:
        look(write_tone(tmp_path / "a.wav"), *options)
    assert stopped.value.code == 2
    error = capsys.readouterr().err
    assert says in error
    assert error.count("\n") == 1


def test_results_are_kept_and_missing_sounds_are_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    sound = write_tone(tmp_path / "a.wav")
    (tmp_path / "a.look.png").write_text("mine")
    assert look(sound, "--panels", "mel") == 1
    assert "--overwrite" in capsys.readouterr().err
    assert (tmp_path / "a.look.png").read_text() == "mine"
    assert look(tmp_path / "b.wav", "-o", tmp_path / "b.png") == 1
    assert "no such file" in capsys.readouterr().err
    assert look(sound, "--start", "5", "-o", tmp_path / "b.png") == 1
    assert "nothing at 5 s" in capsys.readouterr().err
    (tmp_path / "empty").mkdir()
    assert look(tmp_path / "empty") == 1
    assert "no sound" in capsys.readouterr().err
    assert not (tmp_path / "b.png").exists()
