import numpy as np
import pytest
import soundfile
import torch

from mp3tomidi.augment.banks.bank import Bank
from mp3tomidi.augment.effects.chains.training import effect_shares, training_chain
from mp3tomidi.augment.labels import NOTE, Labels, empty_drum_hits
from mp3tomidi.augment.mixing.mix_settings import MixSettings
from mp3tomidi.augment.mixing.mixer import Mixer
from mp3tomidi.augment.music.passages import Passages
from mp3tomidi.train.datasets.recorded_segments import RecordedSegments, batches_in_order
from mp3tomidi.train.datasets.rendered_segments import RenderedSegments
from mp3tomidi.train.datasets.segment_targets import (
    EFFECT_CLASSES,
    EffectTargets,
    FamilyTargets,
    ProgramTargets,
    effects_chain,
    sounding_families,
)
from mp3tomidi.train.datasets.sound_cache import SoundCache
from mp3tomidi.train.recipe import RecipeError


def recorded(sounds, **settings):
    targets = np.eye(len(sounds), dtype=np.float32)
    given = {"segment_samples": 10, "per_recording": 3, "batch_segments": 4, "seed": 1} | settings
    return RecordedSegments([s.astype(np.float16) for s in sounds], targets, None, **given)


def test_an_epoch_draws_as_many_segments_of_each_recording():
    source = recorded([np.full(50, 0.25), np.full(60, -0.5)])
    batches = [source.batch(index) for index in range(source.epoch_batches)]
    assert [len(sound) for sound, _ in batches] == [4, 2]
    sound, target = (torch.cat(part) for part in zip(*batches, strict=True))
    assert target.sum(dim=0).tolist() == [3.0, 3.0]
    assert ((sound[:, 0] == 0.25) == (target[:, 0] == 1)).all()


def test_silence_is_passed_over_and_short_sound_filled_up():
    half_silent = np.concatenate([np.zeros(30), np.ones(30)])
    drawn = torch.cat([recorded([half_silent, np.ones(4)], per_recording=40, batch_segments=80).batch(0)[0]])
    target = recorded([half_silent, np.ones(4)], per_recording=40, batch_segments=80).batch(0)[1]
    long, short = drawn[target[:, 0] == 1], drawn[target[:, 1] == 1]
    assert (long.abs().sum(dim=1) > 0).float().mean() > 0.9
    assert short.sum(dim=1).tolist() == [4.0] * 40


def test_all_of_a_recording_that_sounds_is_measured_on():
    sounds = [np.concatenate([np.ones(20), np.zeros(20)]).astype(np.float16), np.ones(15, np.float16)]
    batches = list(batches_in_order(sounds, np.eye(2, dtype=np.float32), 10, 3))
    target = torch.cat([target for _, target in batches])
    assert target.sum(dim=0).tolist() == [2.0, 2.0]


def test_a_family_counts_where_it_sounds_long_enough():
    notes = np.array(
        [(0, -1.0, 0.2, 60, 90, 0), (0, 0.5, 0.6, 62, 90, 0), (0, 1.9, 9.0, 40, 90, 33), (0, 0.0, 0.3, 60, 90, 56)],
        NOTE,
    )
    assert sounding_families(notes, ("piano", "bass", "winds"), 0.0, 2.0).tolist() == [1.0, 0.0, 1.0]


@pytest.fixture
def rendered(tiny_banks):
    mixer = Mixer(
        [Bank.open(tiny_banks / "sines")],
        Passages.open(tiny_banks, tiny_banks),
        MixSettings(duration_s=0.5, part_weights=(1.0,), empty_share=0.0, family_weights={"piano": 1.0, "bass": 1.0}),
    )
    chain = training_chain(16_000, effect_shares())

    def make(**more):
        return RenderedSegments(
            mixer,
            chain,
            FamilyTargets(("piano", "bass")),
            seed=1,
            batch_segments=3,
            round_batches=2,
            **{"uses": 2} | more,
        )

    return make


def test_rendered_batches_depend_on_their_index_only(rendered):
    one, other = rendered(), rendered()
    sounds = [one.batch(index)[0] for index in range(5)]
    assert torch.equal(other.batch(4)[0], sounds[4])
    assert torch.equal(other.batch(1)[0], sounds[1])


def test_a_round_is_used_again_with_other_effects(rendered):
    source = rendered()
    targets = [source.batch(index)[1] for index in range(8)]
    dry = source._dry.copy()
    first, second = (torch.cat(targets[at : at + 2]).sum(dim=0).tolist() for at in (0, 2))
    assert first == second  # the same mixes
    source.batch(0)
    assert not np.array_equal(dry, source._dry)  # of another round


def test_effects_change_as_often_as_is_wished(rendered):
    source = rendered()
    source.uses, source.uses_an_effect = 4, 2
    uses = [torch.cat([source.batch(2 * use + batch)[0] for batch in range(2)]) for use in range(4)]
    sums = [sorted(sound.double().square().sum(dim=1).tolist()) for sound in uses]
    assert sums[0] == sums[1]  # the same sound in another order
    assert sums[2] == sums[3]
    assert sums[0] != sums[2]


def test_after_some_rounds_the_first_comes_again(rendered):
    source = rendered(rounds=2, uses=1, uses_an_effect=9)
    sums = [source.batch(index)[0].double().square().sum().item() for index in range(8)]
    assert sum(sums[:2]) == pytest.approx(sum(sums[4:6]))
    assert sum(sums[2:4]) == pytest.approx(sum(sums[6:8]))
    assert sum(sums[:2]) != pytest.approx(sum(sums[2:4]))


def test_rounds_are_kept_and_a_damaged_one_made_anew(rendered, tmp_path, monkeypatch):
    first = rendered(cache=tmp_path)
    sound, target = first.batch(0)
    (kept,) = tmp_path.iterdir()
    again = rendered(cache=tmp_path)
    with monkeypatch.context() as patched:
        patched.setattr(again.mixer, "clip", None)  # nothing is rendered
        assert torch.equal(again.batch(0)[0], sound)
        assert torch.equal(again.batch(0)[1], target)
    kept.write_bytes(kept.read_bytes()[:200])
    assert torch.equal(rendered(cache=tmp_path).batch(0)[0], sound)


def test_sound_is_kept_and_a_damaged_file_made_anew(tmp_path):
    path = tmp_path / "a.wav"
    soundfile.write(path, np.sin(np.arange(8000) / 5), 8000)
    cache = SoundCache(tmp_path / "cache", 4000)
    sound = cache.sound(path).copy()
    assert (sound.dtype, sound.shape) == (np.float16, (4000,))
    (kept,) = (tmp_path / "cache").iterdir()
    kept.write_bytes(kept.read_bytes()[:40])
    assert np.array_equal(cache.sound(path), sound)
    soundfile.write(path, np.zeros(4000), 8000)  # another recording under the same name
    assert cache.sound(path).tolist() == [0.0] * 2000


def test_singing_is_the_family_voice_and_what_is_no_family_is_refused():
    assert FamilyTargets(("singing",)).families == ("voice",)
    with pytest.raises(RecipeError, match="jazz: neither an instrument family nor an effect"):
        FamilyTargets(("piano", "jazz"))


def test_a_program_counts_where_it_sounds_long_enough_and_what_is_none_is_refused():
    notes = np.array([(0, 0.0, 0.2, 60, 80, 40), (0, 0.5, 1.0, 62, 80, 42), (0, 0.5, 1.0, 64, 80, 42)], NOTE)
    targets = ProgramTargets(("violin", "cello", "viola"))
    assert targets.of_mix(Labels(notes, empty_drum_hits()), 0.0, 1.0).tolist() == [0.0, 1.0, 0.0]
    with pytest.raises(RecipeError, match="kazoo: no General MIDI program"):
        ProgramTargets(("violin", "kazoo"))


def test_a_segment_is_the_end_of_a_mix(rendered):
    whole, end = rendered().batch(0)[0], rendered(lead_s=0.2).batch(0)[0]
    assert end.shape == (3, 8000 - 3200)
    assert torch.equal(end, whole[:, 3200:])


def test_effects_are_told_by_what_was_drawn():
    chain = effects_chain(16_000)
    drawn = chain.draw(np.random.default_rng(1), 400)
    targets = EffectTargets(EFFECT_CLASSES).with_effects(np.zeros((400, 6), np.float32), drawn)
    assert (targets.mean(axis=0) > 0.15).all()
    assert not (targets[:, 0] * targets[:, 1]).any()  # one room only
    for clip in range(40):
        params = {type(settings).__name__: settings for _, settings in drawn.effects(clip)}
        told = dict(zip(EFFECT_CLASSES, targets[clip], strict=True))
        assert told["chorus"] == ("ChorusParams" in params)
        assert told["delay"] == ("EchoParams" in params)
        assert told["distortion"] == ("DistortionParams" in params)
        assert told["filter"] == ("FilterParams" in params)
        rt60_s = params["ReverbParams"].rt60_s[0] if "ReverbParams" in params else 0.0
        assert told["some reverb"] == (0.4 <= rt60_s < 1.2)
        assert told["much reverb"] == (rt60_s >= 1.2)


def test_a_distorted_guitar_needs_no_effect_to_be_distorted():
    notes = np.array([(0, 0.0, 1.0, 60, 90, 30), (0, 0.0, 1.0, 60, 90, 27)], NOTE)
    told = [EffectTargets(EFFECT_CLASSES).of_mix(Labels(notes[row : row + 1]), 0.0, 2.0)[4] for row in (0, 1)]
    assert told == [1.0, 0.0]
