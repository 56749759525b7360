import json
import sys

import numpy as np
import pytest
import torch

from mp3tomidi.augment.effects.base import InTraining, Stage
from mp3tomidi.augment.effects.chains import training
from mp3tomidi.augment.effects.chains.chain import Chain, Drawn, OneOf
from mp3tomidi.augment.effects.chains.training import effect_shares, training_chain
from mp3tomidi.augment.effects.chorus import Chorus
from mp3tomidi.augment.effects.detune import Detune
from mp3tomidi.augment.effects.gain import Gain
from mp3tomidi.augment.effects.noise import Noise
from mp3tomidi.augment.effects.requirements import MissingError
from mp3tomidi.augment.effects.tremolo import Tremolo
from mp3tomidi.augment.labels import DRUM_HIT, INSTANT, NOTE, Labels

RATE = 16000


def sound(clips: int, samples: int = RATE // 2) -> torch.Tensor:
    return 0.1 * torch.randn(clips, 1, samples, generator=torch.Generator().manual_seed(0))


def test_what_was_drawn_survives_json_and_sounds_the_same() -> None:
    chain = training_chain(RATE, effect_shares())
    drawn = chain.draw(np.random.default_rng(0), 12)
    x = sound(12)
    y = chain.sound(x, drawn)
    read = Drawn.from_json(drawn.to_json())
    assert torch.equal(chain.sound(x, read), y)
    assert read.to_json() == drawn.to_json()
    assert json.loads(drawn.to_json())["kind"] == "Drawn"


def test_same_seed_same_bytes_and_another_seed_others() -> None:
    chain, x = training_chain(RATE, effect_shares()), sound(6)
    first, again, other = (chain.sound(x, chain.draw(np.random.default_rng(seed), 6)) for seed in (1, 1, 2))
    assert torch.equal(first, again)
    assert not torch.equal(first, other)


def test_clips_that_no_step_changes_stay_as_they_are() -> None:
    chain = Chain([(Gain(), 0.3), (Chorus(RATE), 0.3)], shuffle=True)
    drawn = chain.draw(np.random.default_rng(3), 40)
    x = sound(40)
    before = x.clone()
    y = chain.sound(x, drawn)
    changed = torch.as_tensor(drawn.applied.any(axis=0))
    assert torch.equal((y != x).any(-1).any(-1), changed)
    assert 0 < int(changed.sum()) < 40
    assert torch.equal(x, before)


def test_each_step_is_as_frequent_as_its_probability() -> None:
    drawn = Chain([(Gain(), 0.2), (Gain(), 0.9), (Gain(), 1.0), (Gain(), 0.0)], shuffle=False).draw(
        np.random.default_rng(4), 2000
    )
    np.testing.assert_allclose(drawn.applied.mean(axis=1), [0.2, 0.9, 1.0, 0.0], atol=0.03)
    assert [len(drawn.clips(step)) for step in range(4)] == [len(p.peak_dbfs) for p in drawn.params]  # type: ignore[union-attr]


def test_order_is_drawn_where_asked_and_kept_otherwise() -> None:
    steps = [(Gain(), 1.0), (Noise(RATE), 1.0), (Chorus(RATE), 1.0)]
    orders = {tuple(Chain(steps, shuffle=True).draw(np.random.default_rng(seed), 1).order) for seed in range(60)}
    assert len(orders) == 6
    fixed = Chain(steps, shuffle=False)
    assert {tuple(fixed.draw(np.random.default_rng(seed), 1).order) for seed in range(9)} == {(0, 1, 2)}


def test_steps_are_applied_in_the_drawn_order() -> None:
    chain = Chain([(Gain(), 1.0), (Detune(), 1.0)], shuffle=True)
    drawn = chain.draw(np.random.default_rng(5), 2)
    x = sound(2)
    for order in ([0, 1], [1, 0]):
        y = x
        for step in order:
            y = chain.steps[step][0].sound(y, drawn.params[step])
        replayed = chain.sound(x, Drawn(np.array(order), drawn.applied, drawn.params))
        torch.testing.assert_close(replayed, y, atol=0.0, rtol=0.0)


def test_labels_move_only_in_the_clips_that_were_detuned() -> None:
    chain = Chain([(Chain([(Detune(), 0.5), (Gain(), 0.5)], shuffle=True), 0.8)], shuffle=False)
    drawn = chain.draw(np.random.default_rng(6), 30)
    notes = np.zeros(60, NOTE)
    notes["clip"] = np.repeat(np.arange(30), 2)[::-1]
    notes["onset_s"], notes["offset_s"] = 2.0, 3.0
    hits = np.zeros(30, DRUM_HIT)
    hits["clip"], hits["onset_s"] = np.arange(30), 1.0
    moved = chain.labels(Labels(notes, hits), drawn)

    cents = np.zeros(30)
    inner = drawn.params[0]
    assert isinstance(inner, Drawn)
    cents[drawn.clips(0)[inner.clips(0)]] = inner.params[0].cents  # type: ignore[union-attr]
    speed = 2.0 ** (cents / 1200.0)
    assert 5 < np.count_nonzero(cents) < 20
    np.testing.assert_array_equal(moved.notes["clip"], notes["clip"])
    np.testing.assert_allclose(moved.notes["onset_s"], 2.0 / speed[notes["clip"]], rtol=1e-12)
    np.testing.assert_allclose(moved.notes["offset_s"], 3.0 / speed[notes["clip"]], rtol=1e-12)
    np.testing.assert_allclose(moved.drum_hits["onset_s"], 1.0 / speed[hits["clip"]], rtol=1e-12)


def test_the_default_ends_at_a_level_and_is_sound() -> None:
    chain = training_chain(RATE, effect_shares())
    for seed in range(4):
        drawn = chain.draw(np.random.default_rng(seed), 8)
        x = sound(8, 2 * RATE)
        x[0] = 0.0
        y = chain.sound(x, drawn)
        assert torch.isfinite(y).all()
        peaks_dbfs = 20.0 * y[1:].abs().amax((1, 2)).log10()
        assert peaks_dbfs.min() > -25.1
        assert peaks_dbfs.max() < -0.4


def test_no_clips_are_no_trouble() -> None:
    chain = training_chain(RATE, effect_shares())
    drawn = chain.draw(np.random.default_rng(0), 0)
    assert chain.sound(sound(0), Drawn.from_json(drawn.to_json())).shape == (0, 1, RATE // 2)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
def test_a_gpu_replays_the_same_sound() -> None:
    chain, x = training_chain(RATE, effect_shares()), sound(8).cuda()
    drawn = chain.draw(np.random.default_rng(0), 8)
    y = chain.sound(x, drawn)
    assert y.device == x.device
    assert torch.isfinite(y).all()
    torch.testing.assert_close(chain.sound(x, drawn), y)


def test_each_share_is_that_of_its_own_effect() -> None:
    """With all shares at nothing but one, only that effect is drawn."""
    none = dict.fromkeys(effect_shares(), 0.0)
    for name in none:
        drawn = training_chain(RATE, effect_shares(**none | {name: 1.0})).draw(np.random.default_rng(0), 3)
        effect = {"phone": "Filter", "agc": "AutomaticGain"}.get(name, name.capitalize())  # whose settings they have
        assert drawn_effects(drawn) - {"Gain"} == {effect}


def drawn_effects(drawn: Drawn) -> set[str]:
    """The names of the effects that change a clip."""
    found: set[str] = set()
    for step, params in enumerate(drawn.params):
        if len(drawn.clips(step)):
            name = type(params).__name__.removesuffix("Params")
            found |= drawn_effects(params) if isinstance(params, Drawn) else {name}
    return found


def test_alternatives_never_meet_and_are_as_frequent_as_their_probabilities() -> None:
    drawn = OneOf([(Gain(), 0.2), (Noise(RATE), 0.5)]).draw(np.random.default_rng(7), 2000)
    assert drawn.applied.sum(axis=0).max() == 1
    np.testing.assert_allclose(drawn.applied.mean(axis=1), [0.2, 0.5], atol=0.03)
    always = OneOf([(Gain(), 0.35), (Noise(RATE), 0.65)]).draw(np.random.default_rng(8), 2000)
    assert always.applied.any(axis=0).all()


def test_a_clip_is_in_a_reverb_or_in_a_room() -> None:
    with pytest.raises(ValueError, match="alternatives"):
        effect_shares(reverb=0.6, room=0.5)
    chain = training_chain(RATE, effect_shares(reverb=0.6, room=0.4))
    x = sound(12)
    drawn = chain.draw(np.random.default_rng(9), 12)
    assert {"Reverb", "Room"} <= drawn_effects(drawn)
    assert torch.equal(chain.sound(x, Drawn.from_json(drawn.to_json())), chain.sound(x, drawn))


def test_only_rooms_need_pyroomacoustics(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyroomacoustics", None)
    training_chain(RATE, effect_shares())
    with pytest.raises(MissingError, match=r"room needs the package pyroomacoustics: .*pip install"):
        training_chain(RATE, effect_shares(room=0.1))


def test_a_share_of_no_effect_is_refused_with_the_nearest_name() -> None:
    with pytest.raises(ValueError, match=r"'rverb'; did you mean 'reverb'"):
        effect_shares(rverb=0.5)


def test_an_effect_joins_the_chain_by_what_its_class_says(monkeypatch: pytest.MonkeyPatch) -> None:
    """In its stage and place, in its share; where a recipe names it, in that one."""
    monkeypatch.setattr(Tremolo, "training", InTraining(Stage.RECORDER, share=1.0, place=9), raising=False)
    training._steps.cache_clear()
    try:
        assert list(effect_shares())[-2:] == ["tremolo", "codec"]
        assert "Tremolo" in drawn_effects(training_chain(RATE).draw(np.random.default_rng(0), 1))
        never = training_chain(RATE, effect_shares(tremolo=0.0)).draw(np.random.default_rng(0), 1)
        assert "Tremolo" not in drawn_effects(never)
    finally:
        monkeypatch.undo()
        training._steps.cache_clear()


def test_an_optional_effect_is_in_the_chain_only_where_it_has_a_share() -> None:
    """So that recipes from before it was there draw what they drew, and their hash stays."""
    assert "bandwidth" not in effect_shares()
    assert effect_shares(bandwidth=0.0) == effect_shares()
    usual, without = training_chain(RATE), training_chain(RATE, effect_shares(bandwidth=0.0))
    drawn = [chain.draw(np.random.default_rng(0), 6).to_json() for chain in (usual, without)]
    assert drawn[0] == drawn[1]
    assert "Bandwidth" not in drawn[0]
    always = training_chain(RATE, effect_shares(bandwidth=1.0))
    assert len(always.steps) == len(usual.steps) + 1
    effects = [type(effect).__name__ for effect, _ in always.steps]
    assert effects.index("Bandwidth") == effects.index("Codec") - 1
    assert "Bandwidth" in drawn_effects(always.draw(np.random.default_rng(0), 1))


@pytest.mark.parametrize("share", [-0.1, 1.1, float("nan")])
def test_a_share_that_is_none_is_refused(share: float) -> None:
    with pytest.raises(ValueError, match="reverb must be a share"):
        effect_shares(reverb=share)


def test_one_clip_gets_the_same_alone_as_in_its_batch() -> None:
    # no codec, whose rounding the last place of a convolution may tip over, and no detuning, whose first and last
    # samples ring with the length that the fastest clip needs
    chain = training_chain(RATE, effect_shares(room=0.3, phone=0.5, agc=0.5, codec=0.0, detune=0.0))
    drawn, x = chain.draw(np.random.default_rng(11), 6), sound(6)
    together = chain.sound(x, drawn)
    notes = np.zeros(6, NOTE)
    notes["clip"], notes["onset_s"], notes["offset_s"] = np.arange(6), 0.3, 0.5
    moved = chain.labels(Labels(notes), drawn)
    for clip in range(6):
        labels = Labels(notes).of_clips(clip, clip + 1)
        alone, its_labels = chain.one_clip(x[clip : clip + 1], labels, drawn.effects(clip))
        torch.testing.assert_close(alone[0], together[clip], atol=1e-5, rtol=1e-4)
        np.testing.assert_array_equal(its_labels.notes, moved.of_clips(clip, clip + 1).notes)


def test_settings_of_one_clip_survive_being_written_in_plain_numbers() -> None:
    chain = training_chain(RATE, effect_shares(room=0.3))
    for place, params in chain.draw(np.random.default_rng(12), 1).effects(0):
        read = type(params).from_plain(json.loads(json.dumps(params.to_plain())))
        assert read.to_dict() == params.to_dict()
        assert chain.effect_at(place).draw(np.random.default_rng(0), 1).to_dict()["kind"] == params.to_dict()["kind"]


def test_instants_move_with_the_notes() -> None:
    chain = Chain([(Detune(), 1.0)], shuffle=False)
    instants = np.zeros(2, INSTANT)
    instants["clip"], instants["time_s"], instants["number"] = [0, 1], 1.0, [3, 4]
    drawn = chain.draw(np.random.default_rng(0), 2)
    moved = chain.labels(Labels(instants=instants), drawn).instants
    np.testing.assert_allclose(moved["time_s"], 1.0 / drawn.params[0].speed)  # type: ignore[union-attr]
    assert moved["number"].tolist() == [3, 4]
