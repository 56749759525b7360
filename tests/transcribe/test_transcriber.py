"""The way from sound to activations, with an untrained network: what must hold whatever the weights are."""

import shutil
import subprocess
import sys

import numpy as np
import pytest
import soundfile
import torch

from mp3tomidi.transcribe.audio import mono_sound
from mp3tomidi.transcribe.audio.reading import Audio
from mp3tomidi.transcribe.drums import decoding
from mp3tomidi.transcribe.drums.drum_judge import DrumJudge
from mp3tomidi.transcribe.drums.transcriber import DrumTranscriber
from mp3tomidi.transcribe.drums.velocity_net import DrumVelocity
from mp3tomidi.transcribe.errors import DeviceError, WeightsError
from mp3tomidi.transcribe.front_end.filters import LogFrequencySettings
from mp3tomidi.transcribe.inference.engines import TorchEngine
from mp3tomidi.transcribe.inference.frame_network import FrameNetwork
from mp3tomidi.transcribe.inference.timbres import POOLS
from mp3tomidi.transcribe.networks import checkpoint
from mp3tomidi.transcribe.networks.drum_net import DrumNet
from mp3tomidi.transcribe.networks.family_net import FamilyNet
from mp3tomidi.transcribe.networks.note_net import NoteNet
from mp3tomidi.transcribe.networks.settings import DrumNetSettings, FamilyNetSettings, NoteNetSettings
from mp3tomidi.transcribe.notes import velocity
from mp3tomidi.transcribe.notes.note_judge import NoteJudge
from mp3tomidi.transcribe.notes.thresholds import Thresholds
from mp3tomidi.transcribe.transcriber import Transcriber, transcribe

RATE = 16_000


@pytest.fixture(scope="module")
def weights(tmp_path_factory):
    torch.manual_seed(0)
    folder = tmp_path_factory.mktemp("weights")
    drum_net = DrumNet(DrumNetSettings(channels=8))
    drum_judge = DrumJudge()
    for layer in (drum_net.head, drum_judge.first.layers[-1]):
        torch.nn.init.constant_(layer.bias, 1.5)  # so that, untaught, they hear drums
    for net in (NoteNet(NoteNetSettings(channels=8)), NoteJudge(), drum_net, drum_judge, DrumVelocity()):
        checkpoint.save(net.eval(), folder, {})
    velocity.write(dict.fromkeys(velocity.FEATURES, 1.0), folder, {})
    return folder


def song(seconds=25.0, cents=0.0):
    """A few plucked notes and a little noise."""
    rng = np.random.default_rng(0)
    time = np.arange(int(seconds * RATE)) / RATE
    sound = 1e-4 * rng.standard_normal(len(time))
    for start in np.arange(0.3, seconds - 1, 0.5):
        hz = 440 * 2 ** ((rng.integers(48, 80) - 69 + cents / 100) / 12)
        since = np.maximum(time - start, 0)
        sound += 0.2 * (time >= start) * np.exp(-3 * since) * np.sin(2 * np.pi * hz * since)
    return Audio(sound.astype(np.float32), RATE)


def test_windows_stitched_equal_one_pass(weights, monkeypatch):
    network = Transcriber(weights)
    at_once = network.analyse(song()).activations
    monkeypatch.setattr(network.network.engine, "window_s", 10.0)
    in_windows = network.analyse(song()).activations
    assert in_windows.onset.shape == (1250, 88)
    for name in ("onset", "frame", "offset", "velocity"):
        assert np.abs(getattr(in_windows, name) - getattr(at_once, name)).max() < 1e-4


@pytest.mark.parametrize("gain_db", [-30, 6])
def test_the_recordings_level_does_not_matter(weights, gain_db):
    network, sound = Transcriber(weights), song()
    quiet = Audio(sound.samples * np.float32(10 ** (gain_db / 20)), RATE)
    assert np.abs(network.analyse(quiet).activations.onset - network.analyse(sound).activations.onset).max() < 1e-3


@pytest.mark.parametrize("cents", [-40, 0, 25])
def test_the_tuning_is_reported(weights, cents):
    assert Transcriber(weights).transcribe(song(cents=cents)).tuning_cents == pytest.approx(cents, abs=4)


def test_stereo_and_other_rates_are_taken(weights):
    sound = song(3.0)
    stereo = Audio(np.stack([sound.samples, sound.samples]), RATE)
    network = Transcriber(weights)
    assert np.allclose(network.analyse(stereo).activations.onset, network.analyse(sound).activations.onset, atol=1e-5)
    assert network.transcribe(Audio(sound.samples, 8000)).duration_s == pytest.approx(6.0)


def test_what_is_no_number_counts_as_silence(weights):
    sound = song(3.0)
    broken = Audio(sound.samples.copy(), RATE)
    broken.samples[1000], broken.samples[2000] = np.nan, np.inf
    assert np.isfinite(Transcriber(weights).analyse(broken).activations.onset).all()


@pytest.mark.parametrize("seconds", [0.0, 0.001, 0.05])
def test_very_short_sound(weights, seconds):
    sound = Audio(np.full(int(seconds * RATE), 0.1, np.float32), RATE)
    assert Transcriber(weights).transcribe(sound).duration_s == pytest.approx(seconds, abs=1e-3)


def test_torch_says_the_same(weights):
    by_onnx = Transcriber(weights)
    net = checkpoint.load(NoteNet, weights)
    by_torch = FrameNetwork(TorchEngine(net, torch.device("cpu"))).activations(song().samples)[0]
    heard = by_onnx.analyse(song()).activations
    for name in ("onset", "frame", "offset", "velocity"):
        assert np.abs(getattr(heard, name) - getattr(by_torch, name)).max() < 1e-4


def test_a_file_too_long_to_be_held_is_heard_the_same(weights, tmp_path, monkeypatch):
    path = tmp_path / "song.wav"
    soundfile.write(path, song().samples, RATE, subtype="FLOAT")
    held = Transcriber(weights).analyse(path)
    monkeypatch.setattr(mono_sound, "HELD_SAMPLES", RATE)
    read_again = Transcriber(weights).analyse(path)
    assert read_again.duration_s == held.duration_s == 25.0
    assert np.array_equal(read_again.activations.onset, held.activations.onset)


def test_plain_transcription_does_without_torch(weights):
    """In a process of its own, where nothing else has loaded it."""
    code = f"""
import sys, numpy as np
from mp3tomidi.transcribe import Transcriber
from mp3tomidi.transcribe.audio import mono_sound
from mp3tomidi.transcribe.audio.reading import Audio
Transcriber({str(weights)!r}).transcribe(Audio(np.ones(8000, np.float32), 16000))
assert "torch" not in sys.modules
"""
    subprocess.run([sys.executable, "-c", code], check=True)


def test_a_device_that_is_not_there_is_one_line(weights):
    with pytest.raises(DeviceError, match="'nonsense' is not there"):
        Transcriber(weights, device="nonsense")


def test_drums_are_heard_beside_the_notes(weights, monkeypatch):
    """The same by both ways; what is heard of the notes does not depend on it. No hit of these weights is certain."""
    monkeypatch.setattr(decoding, "CERTAIN", 0.0)
    both = Transcriber(weights, drums=True).transcribe(song(5.0))
    alone = DrumTranscriber(weights).transcribe(song(5.0))
    notes = Transcriber(weights, drums=False).transcribe(song(5.0))
    assert len(both.drum_hits) > 3
    assert both.drum_hits == alone.drum_hits
    assert both.notes == notes.notes
    assert notes.drum_hits == alone.notes == ()
    assert both.duration_s == alone.duration_s == 5.0


def test_a_file_is_decoded_once_for_both_networks(weights, tmp_path, monkeypatch):
    path = tmp_path / "song.wav"
    soundfile.write(path, song(3.0).samples, RATE)
    opened = []
    stream = mono_sound.stream
    monkeypatch.setattr(mono_sound, "stream", lambda *a, **k: opened.append(a) or stream(*a, **k))
    assert transcribe(path, weights=weights, drums=True).drum_hits
    assert len(opened) == 1


def test_each_network_hears_sound_at_its_own_rate(weights, monkeypatch):
    given = {}

    def watched(network, name):
        compute = network.outputs if name == "drums" else network.activations

        def heard(sound, watch=None):
            given[name] = sum(map(len, sound.blocks()))
            return compute(sound, watch)

        return heard

    transcriber = Transcriber(weights)
    monkeypatch.setattr(transcriber.network, "activations", watched(transcriber.network, "notes"))
    monkeypatch.setattr(transcriber.drums.network, "outputs", watched(transcriber.drums.network, "drums"))
    assert transcriber.transcribe(song(3.0)).duration_s == 3.0
    assert given == {"notes": 3 * 16_000, "drums": 3 * 32_000}


def test_the_tempo_is_fixed_for_drums_too(weights):
    heard = DrumTranscriber(weights, beats_per_minute=96.0).transcribe(song(3.0))
    assert heard.tempo[-1].beats_per_minute == pytest.approx(96.0)


def test_weights_without_drums_hear_notes_and_refuse_drums(weights, tmp_path):
    shutil.copytree(weights, tmp_path, dirs_exist_ok=True)
    (tmp_path / "drum_net.json").unlink()
    assert Transcriber(tmp_path, drums=False).transcribe(song(3.0)).drum_hits == ()
    with pytest.raises(WeightsError, match=r"holds no network for drums; drums=False does without$"):
        Transcriber(tmp_path, drums=True)
    with pytest.raises(WeightsError, match=r"drum_net\.json"):
        DrumTranscriber(tmp_path)


def test_who_watches_sees_what_is_heard_grow(weights, monkeypatch):
    transcriber = Transcriber(weights)
    monkeypatch.setattr(transcriber.network.engine, "window_s", 10.0)
    seen, drums_seen = [], []
    heard = transcriber.analyse(
        song(),
        lambda values, frames: seen.append((values[0].copy(), frames)),
        lambda values, frames: drums_seen.append((values.shape[1], frames)),
    )
    lengths = [len(onset) for onset, _ in seen]
    assert len(lengths) >= 3
    assert lengths == sorted(set(lengths))
    assert {frames for _, frames in seen} == {lengths[-1]} == {len(heard.activations.onset)}
    for onset, _ in seen:
        np.testing.assert_array_equal(onset, heard.activations.onset[: len(onset)])
    assert drums_seen[-1][0] == drums_seen[-1][1] == len(heard.drums.activations.onset)


@pytest.fixture(scope="module")
def weights_with_families(weights, tmp_path_factory):
    """The same, with a NoteNet of a third, long window, and a FamilyNet for it."""
    folder = shutil.copytree(weights, tmp_path_factory.mktemp("families") / "weights")
    torch.manual_seed(1)
    front_end = LogFrequencySettings(window_samples=(4096, 1024, 8192))
    net = NoteNet(NoteNetSettings(channels=8, family_rolls=True, front_end=front_end))
    torch.nn.init.constant_(net.head.bias, 0.5)  # so that, untaught, it hears notes
    checkpoint.save(net.eval(), folder, {})
    settings = FamilyNetSettings(timbre_count=8 * len(POOLS), hidden=8, channels=8, heads=2)
    checkpoint.save(FamilyNet(settings).eval(), folder, {})
    return folder


def test_timbres_are_kept_around_peaks_alike_by_both_engines(weights_with_families):
    heard = Transcriber(weights_with_families, drums=False).analyse(song(6.0))
    net = checkpoint.load(NoteNet, weights_with_families)
    by_torch = FrameNetwork(TorchEngine(net, torch.device("cpu"))).activations(song(6.0).samples)[0]
    assert np.abs(heard.activations.loudness - by_torch.loudness).max() < 1e-4
    cells = heard.candidates.frame, heard.candidates.key
    assert len(cells[0]) > 20
    timbres = heard.activations.timbres.at(*cells)
    assert timbres.shape == (len(cells[0]), 8 * len(POOLS))
    assert timbres.std() > 0.01
    differences = np.abs(timbres - by_torch.timbres.at(*cells)).max(axis=1)
    assert np.mean(differences < 2e-2) > 0.999  # but for peaks so flat that they lie a frame apart


def test_timbres_are_nearly_the_same_wherever_windows_are_cut(weights_with_families, monkeypatch):
    """Those right at a cut are read from frames whose context is not whole."""
    transcriber = Transcriber(weights_with_families, drums=False)
    heard = transcriber.analyse(song(9.0))
    monkeypatch.setattr(transcriber.network.engine, "window_s", 1.7)
    cells = heard.candidates.frame, heard.candidates.key
    at_once, in_windows = (one.activations.timbres.at(*cells) for one in (heard, transcriber.analyse(song(9.0))))
    assert np.abs(in_windows - at_once).mean() < 1e-2 * at_once.std()


def test_loudness_is_measured_in_the_quickest_view_wherever_that_stands(weights, weights_with_families):
    two_views = Transcriber(weights, drums=False).analyse(song(6.0)).activations.loudness
    three_views = Transcriber(weights_with_families, drums=False).analyse(song(6.0)).activations.loudness
    assert np.abs(two_views - three_views).max() < 1e-3


def test_instruments_restrict_and_a_single_track_merges(weights_with_families, caplog):
    every = {"thresholds": Thresholds(onset=0.0), "drums": False}
    sound = song(6.0)
    free = Transcriber(weights_with_families, **every).transcribe(sound)
    assert free.notes
    only = Transcriber(weights_with_families, **every, instruments=["guitar", "bass"]).transcribe(sound)
    assert {note.program for note in only.notes} <= {25, 30, 33}
    single = Transcriber(weights_with_families, **every, single_track=True).transcribe(sound)
    assert len({note.program for note in single.notes}) == 1
    assert [(n.onset_s, n.pitch) for n in single.notes] == [(n.onset_s, n.pitch) for n in free.notes]
    assert not caplog.records


def test_weights_without_families_say_so_only_when_asked_for_instruments(weights, caplog):
    heard = Transcriber(weights, drums=False).transcribe(song(3.0))
    assert {note.program for note in heard.notes} <= {0}
    assert not caplog.records
    Transcriber(weights, drums=False, instruments=["bass"]).transcribe(song(3.0))
    assert "do not tell instruments apart" in caplog.text


def test_unknown_instruments_and_models_are_refused(weights):
    with pytest.raises(ValueError, match="did you mean guitar"):
        Transcriber(weights, instruments=["gitar"])
    with pytest.raises(WeightsError, match="no model 'huge', only fast and best"):
        Transcriber(model="huge")


def sung_line(seconds=6.0):
    """Vowels of a synthetic voice, one at a time: harmonics under two formants, with a vibrato."""
    time = np.arange(int(seconds * RATE)) / RATE
    pitch = 57 + 2 * np.floor(time / 0.75) % 9 + 0.3 * np.sin(2 * np.pi * 5.5 * time)
    hz = 440.0 * 2 ** ((pitch - 69) / 12)
    phase = 2 * np.pi * np.cumsum(hz) / RATE
    sound = np.zeros(len(time))
    for k in range(1, 15):
        formants = sum(np.exp(-(((k * hz - centre) / 150.0) ** 2)) for centre in (600.0, 1000.0, 2500.0))
        sound += (formants + 0.02) * np.sin(k * phase)
    return Audio((0.1 * sound * (time % 0.75 < 0.7)).astype(np.float32), RATE)


@pytest.mark.parametrize(
    ("thresholds", "remark"),
    [
        (Thresholds(), None),
        (Thresholds(onset=0.5), "with an onset threshold: notes are found one by one"),
        (Thresholds(frame=0.2), "thresholds of frames and offsets do not apply"),
        (Thresholds(min_length_s=0.2), None),
    ],
)
def test_what_thresholds_do_to_a_voice_alone_is_said(thresholds, remark, caplog):
    transcriber = Transcriber(drums=False, instruments=["voice"], thresholds=thresholds)
    analysis = transcriber.analyse(sung_line())
    assert analysis.sung_keys is not None
    assert [line for line in caplog.messages if remark is None or remark not in line] == []
    assert len(caplog.messages) == (remark is not None)


def test_confidences_are_the_judges_probabilities_calibrated(weights_with_families):
    transcriber = Transcriber(weights_with_families, drums=False)
    analysis = transcriber.analyse(song(5.0))
    notes = transcriber.bare_notes(analysis, Thresholds(onset=0.0, min_length_s=0.0))
    assert len(notes) == len(analysis.candidates) > 20
    calibrated = np.sort(analysis.probability.astype(float) ** 1.3)
    assert np.sort([note.confidence for note in notes]) == pytest.approx(calibrated, abs=1e-6)
