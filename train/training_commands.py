"""The sub-commands of mp3tomidi-train, but for those that only measure: see measuring_commands.py.

What only one of them needs is loaded there: a machine that a pack was brought to has no MIDI or scoring library.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import torch

from mp3tomidi.augment.banks.bank import Bank
from mp3tomidi.augment.effects.chains.training import training_chain
from mp3tomidi.augment.mixing.mix_settings import MixSettings
from mp3tomidi.augment.mixing.mixer import Mixer
from mp3tomidi.augment.music.passages import Passages
from mp3tomidi.train import recipe as recipes
from mp3tomidi.train.datasets.rendered import RenderedMixes
from mp3tomidi.train.judges.judge_training import JudgeRun
from mp3tomidi.train.recipe import BankChoice, ClipRecipe, FamilyRecipe, MixRecipe, NoteRecipe, PedalRecipe, RecipeError
from mp3tomidi.train.run_folder import RunFolder
from mp3tomidi.train.training.export import add_to_cards
from mp3tomidi.train.training.export import export as export_run
from mp3tomidi.train.training.learning_rate import CoolDown
from mp3tomidi.train.training.loop import ENDLESS, Trainer, new_trainer, train
from mp3tomidi.train.training.ranks import Ranks, joined
from mp3tomidi.train.training.training_specs import training_of
from mp3tomidi.transcribe.inference.engines import open_engine
from mp3tomidi.transcribe.inference.frame_network import FrameNetwork
from mp3tomidi.transcribe.networks.registry import DRUM_NET, NOTE_NET

if TYPE_CHECKING:
    from mp3tomidi.train.datasets.public.registry import Wanted


def banks_at(sample_rate: int, chosen: Sequence[BankChoice], folder: Path) -> list[Bank]:
    """Banks in a folder that are at the rate (Hz) of a network. Raises RecipeError for one that is not."""
    banks = [Bank.open(folder / choice.name) for choice in chosen]
    for bank in banks:
        if bank.sample_rate != sample_rate:
            refuse(
                f"{folder / bank.name}: is at {bank.sample_rate} Hz, the network at {sample_rate} Hz; make the bank by "
                f"`mp3tomidi-augment bank KIND OUT --data DIR --rate {sample_rate}`"
            )
    return banks


def mixer_for(
    recipe: MixRecipe | FamilyRecipe,
    sample_rate: int,
    data: Path,
    banks: Path,
    mix: MixSettings,
    *,
    held_out: bool = False,
) -> Mixer:
    """Mixes of a recipe's banks and passages; `held_out`: of the songs and kits that are never taught.

    sample_rate: of the network that they are for, in Hz. Raises RecipeError where a bank has another.
    """
    chosen = recipe.data.banks
    return Mixer(
        banks_at(sample_rate, chosen, banks),
        Passages.open(data, banks, held_out=held_out),
        mix,
        [choice.weight for choice in chosen],
        held_out=held_out,
    )


def mixes_for(recipe: MixRecipe, data: Path, banks: Path, trainer: Trainer) -> RenderedMixes:
    """The endless labelled mixes of a recipe."""
    return RenderedMixes(
        mixer_for(recipe, recipe.network.front_end.sample_rate, data, banks, recipe.data.mix),
        trainer.chain,
        seed=recipe.training.seed,
        batch_clips=recipe.training.batch_clips,
        batch_count=ENDLESS,
        share=trainer.share,
    )


def recordings_for(recipe: MixRecipe, dataset: Wanted, cache: Path, trainer: Trainer) -> RenderedMixes:
    """Endless clips of the recordings of a data set, those that teach, with the recipe's effects on them.

    Raises RecipeError where the network tells instruments and the set does not.
    """
    from mp3tomidi.train.datasets.public.registry import read_dataset
    from mp3tomidi.train.datasets.recorded_clips import RecordedClips
    from mp3tomidi.train.datasets.sound_cache import SoundCache

    drums = recipe.kind == DRUM_NET.name
    sounds = SoundCache(cache, recipe.network.front_end.sample_rate)
    clips = RecordedClips(read_dataset(dataset, "train"), sounds, recipe.data.mix.duration_s, drums=drums)
    if isinstance(recipe, NoteRecipe) and recipe.loss.families and not clips.names_instruments:
        refuse(f"{dataset} does not say which instruments play; --set loss.families=0 leaves them out")
    _say(f"{dataset}: {clips.sound_s / 3600.0:.2f} h of recordings")
    return RenderedMixes(
        clips,
        trainer.chain,
        seed=recipe.training.seed,
        batch_clips=recipe.training.batch_clips,
        batch_count=ENDLESS,
        share=trainer.share,
    )


def run(options: argparse.Namespace) -> None:
    """Train from a recipe, or go on with a run, alone or as one of the processes that torchrun has started."""
    with joined(options.device) as (ranks, device):
        _run(options, ranks, device)


def _run(options: argparse.Namespace, ranks: Ranks, device: str) -> None:
    if options.cooldown and not options.resume:
        refuse("--cooldown ends a run that is there: name it with --resume")
    if options.resume:
        source = RunFolder(options.resume)
        recipe = source.read_recipe()
        if options.recipe or options.set:
            recipe = recipes.load(options.recipe or refuse("--set with --resume needs the recipe"), options.set)
        trainer = new_trainer(recipe, device, ranks)
        trainer.load(source.load())
        folder = source
        if options.cooldown and trainer.cool_down is None:
            start = trainer.progress.step
            trainer.cool_down = CoolDown(start, max(1, round(start * recipe.training.cool_down_share)))
            folder = _new_run(options.out or source.path / f"cooled-{start}")
    else:
        if options.recipe is None:
            refuse("give a recipe, or --resume a run")
        recipe = recipes.load(options.recipe, options.set)
        folder = _new_run(options.out or Path("runs") / recipe.name)
        trainer = new_trainer(recipe, device, ranks)
    if options.dataset is not None:
        mixes = recordings_for(recipe, options.dataset, options.cache or folder.path / "cache", trainer)
    else:
        banks = options.banks or refuse("give --banks, what sound is rendered from, or --dataset, recordings")
        mixes = mixes_for(recipe, options.data or banks, banks, trainer)
    if ranks.is_first:
        folder.write_recipe(recipe)
        if options.dataset is not None:
            folder.write_credits([[options.dataset.licence, f"the data set {options.dataset.name}"]])
    train(trainer, mixes, folder, minutes=options.minutes, steps=options.steps, workers=options.workers)


def burst(options: argparse.Namespace) -> None:
    """Train several networks side by side until the time is over, and before that measure the device."""
    from mp3tomidi.train.evaluation.device_agreement import measure
    from mp3tomidi.train.training.burst import Deadline, Pupil, check_alike
    from mp3tomidi.train.training.burst import burst as train_until
    from mp3tomidi.train.training.warm_start import begin_with

    deadline = Deadline.after(options.minutes)
    started = dict(options.start)
    pupils = []
    for path in options.recipes:
        recipe = recipes.load(path, options.set)
        folder = RunFolder(options.out / recipe.name)
        trainer = new_trainer(recipe, options.device)
        if (folder.path / "state.pt").exists():
            trainer.load(folder.load())
        elif recipe.name in started:
            begin_with(trainer, started[recipe.name])
        pupils.append(Pupil(trainer, folder))
    check_alike(pupils)
    strangers = started.keys() - {pupil.trainer.recipe.name for pupil in pupils}
    if strangers:
        refuse(f"--start {min(strangers)}=...: no recipe has this name")
    for pupil in pupils:
        pupil.folder.write_recipe(pupil.trainer.recipe)
    for file in options.hear:
        _say(measure(file, options.device).row())
    leader = pupils[0].trainer
    mixes = mixes_for(leader.recipe, options.data or options.banks, options.banks, leader)
    train_until(pupils, mixes, deadline, times_heard=options.times_heard, workers=options.workers)


def export(options: argparse.Namespace) -> None:
    """Turn a run into weights with a card."""
    run = RunFolder(options.run)
    if options.banks is None and not run.read_credits():
        refuse("give --banks, those that taught it, for their credits")
    export_run(run, options.weights, options.banks, averaged=not options.last)


def judge(options: argparse.Namespace) -> None:
    """Teach what judges the candidates that the network in a folder of weights finds, and tells their velocities."""
    recipe = recipes.load(options.recipe, options.set)
    mix = replace(recipe.data.mix, duration_s=recipe.judge_training.clip_s)
    rate = recipe.network.front_end.sample_rate
    mixer = mixer_for(recipe, rate, options.data or options.banks, options.banks, mix)
    chain = training_chain(mixer.sample_rate, recipe.data.effects)
    training = training_of(recipe)
    network = FrameNetwork(open_engine(options.weights, options.device, training.network))
    clips_done = _clips_done(recipe.judge_training.clips)
    training.teach_judge(JudgeRun(recipe, network, mixer, chain, options.weights, options.banks, clips_done, _say))


def families(options: argparse.Namespace) -> None:
    """Teach what tells which instruments play, by what the NoteNet in a folder of weights says of notes."""
    from mp3tomidi.train.judges.family_net import family_examples, teach_families
    from mp3tomidi.train.training.export import export_families
    from mp3tomidi.transcribe.networks.registry import NOTE_NET

    recipe = recipes.load_as(FamilyRecipe, options.recipe, options.set)
    engine = open_engine(options.weights, options.device, NOTE_NET)
    rate = engine.settings.front_end.sample_rate
    mixer = mixer_for(recipe, rate, options.data or options.banks, options.banks, recipe.data.mix)
    passages = family_examples(
        engine,
        mixer,
        training_chain(mixer.sample_rate, recipe.data.effects),
        recipe.training,
        _clips_done(recipe.training.clips),
    )
    _say(f"\n{sum(len(passage.family) for passage in passages)} notes")
    export_families(
        teach_families(passages, recipe.network, recipe.training, _say), recipe, options.weights, options.banks
    )


def _clips_done(clips: int) -> Callable[[int], None]:
    return lambda done: print(f"\r{done}/{clips} clips", end="", file=sys.stderr, flush=True)


def one_shots(options: argparse.Namespace) -> None:
    """Teach the network that tells drum samples, unless only to be measured, and measure it on kits kept back."""
    from mp3tomidi.augment.drums.one_shots import OneShotPool, find_strokes
    from mp3tomidi.train.datasets.one_shots import rendered_one_shots
    from mp3tomidi.train.evaluation.one_shot_scores import measure_one_shots
    from mp3tomidi.train.training.export import export_one_shots
    from mp3tomidi.train.training.one_shot_training import teach_classifier
    from mp3tomidi.transcribe.drum_kit import ONE_SHOT_CLASSES
    from mp3tomidi.transcribe.drums.one_shots import OneShotSorter
    from mp3tomidi.transcribe.networks.registry import ONE_SHOTS

    recipe = recipes.load_as(ClipRecipe, options.recipe, options.set)
    training = recipe.training
    rate, chosen = recipe.network.front_end.sample_rate, recipe.data.banks
    opened = banks_at(rate, chosen, options.banks)
    banks = [(choice.weight, bank) for choice, bank in zip(chosen, opened, strict=True)]
    if not options.measure:
        settings = replace(recipe.network, classes=tuple(drum.name for drum in ONE_SHOT_CLASSES))
        clips = rendered_one_shots(
            OneShotPool(find_strokes(banks)),
            training_chain(rate, recipe.data.effects),
            settings,
            clips=training.clips,
            seed=training.seed,
            progress=_clips_done(training.clips),
        )
        _say("")
        export_one_shots(teach_classifier(clips, settings, training, _say), recipe, options.weights, options.banks)
    kept_back = find_strokes(banks, held_out=True)
    if not kept_back:
        raise RecipeError(f"{options.recipe}: its banks hold no kits that are kept back, so nothing can be measured")
    scores = measure_one_shots(OneShotSorter(options.weights), kept_back)
    print(scores.table())
    add_to_cards(options.weights, {"scores": scores.to_card()}, [ONE_SHOTS.name])


def pedal(options: argparse.Namespace) -> None:
    """Train the network that detects the pedal on activations of the NoteNet in a folder of weights, which it joins."""
    from mp3tomidi.augment.mixing.pedalled_piano import PedalledPiano
    from mp3tomidi.augment.music.pedalled_passages import PedalledPassages
    from mp3tomidi.train.training.export import export_pedal
    from mp3tomidi.train.training.pedal_examples import pedal_examples, pedalled_clips
    from mp3tomidi.train.training.pedal_training import teach_pedal

    recipe = recipes.load_as(PedalRecipe, options.recipe, options.set)
    chosen = recipe.data.banks
    network = FrameNetwork(open_engine(options.weights, options.device, NOTE_NET))
    piano = PedalledPiano(
        banks_at(network.settings.sample_rate, chosen, options.banks),
        [choice.weight for choice in chosen],
        PedalledPassages(options.data or options.banks),
    )
    clips = pedalled_clips(piano, training_chain(piano.sample_rate, recipe.data.effects), recipe.training)
    examples = pedal_examples(network, clips, _clips_done(recipe.training.clips))
    _say("")
    net = teach_pedal(examples, recipe.network, recipe.training, _say)
    export_pedal(net, recipe, options.weights, options.banks)


def performances(options: argparse.Namespace) -> None:
    """Write graded performances, for the task playing_quality."""
    from mp3tomidi.train.classify.recipe import load_classifier_recipe
    from mp3tomidi.train.datasets.performances import write_performances

    if options.count < 6 or not 5.0 <= options.seconds <= 600.0:
        refuse("--count must be 6 or more, --seconds from 5 to 600")
    data = load_classifier_recipe("playing_quality").data
    write_performances(
        options.out,
        [Bank.open(options.banks / choice.name) for choice in data.banks],
        {held: Passages.open(options.midi or options.banks, options.banks, held_out=held) for held in (False, True)},
        data.held_out,
        counts={"train": options.count, "valid": options.count // 6, "test": options.count // 6},
        seconds=options.seconds,
        seed=options.seed,
        progress=_clips_done(options.count + 2 * (options.count // 6)),
    )
    _say("")


def experiment(options: argparse.Namespace) -> None:
    """Teach and measure the variants of an experiment, or write the table of what is measured already."""
    from mp3tomidi.train.experiments import variants
    from mp3tomidi.train.experiments.table import table

    plan, recipe = variants.load(options.variants)
    chosen = variants.chosen_variants(plan, options.only)
    if options.table:
        options.table.write_text(table(plan, options.out), encoding="utf-8")
        return
    start, banks, valid = (
        getattr(options, name) or refuse(f"an experiment needs --{word}")
        for name, word in (("start", "from, a run or none"), ("banks", "banks"), ("valid", "valid"))
    )
    if options.steps < 1 or options.seeds < 1:
        refuse("--steps and --seeds must be 1 or more")
    if "OMP_NUM_THREADS" not in os.environ:
        torch.set_num_threads(1)  # several experiments side by side use the cores better than one
    variants.conduct(
        chosen,
        recipe,
        variants.Budget(None if start == "none" else Path(start), options.steps, options.seeds),
        lambda changed, trainer: mixes_for(changed, options.data or banks, banks, trainer),
        valid=valid,
        out=options.out,
        workers=options.workers,
        say=_say,
    )


def pack(options: argparse.Namespace) -> None:
    """Write what a recipe needs in parts of a given size."""
    from mp3tomidi.train.packs.pack import pack as pack_recipe

    parts = pack_recipe(
        options.recipe,
        options.out,
        banks=options.banks,
        data=options.data,
        part_bytes=round(options.part_mb * 1e6),
        total_bytes=options.total_mb and round(options.total_mb * 1e6),
        progress=_say,
    )
    print(f"{options.out}: {len(parts)} parts, {sum(part.stat().st_size for part in parts) / 1e6:.1f} MB")


def unpack(options: argparse.Namespace) -> None:
    """Turn a pack's unpacked parts into banks."""
    from mp3tomidi.train.packs.unpack import unpack as unpack_folder

    made = unpack_folder(options.folder, workers=options.workers, progress=_say)
    print(f"{options.folder}: {len(made)} files")


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def _new_run(path: Path) -> RunFolder:
    """A folder for a run, with none in it yet."""
    if (path / "state.pt").exists():
        raise RecipeError(f"{path}: holds a run already; go on with it by --resume {path}")
    return RunFolder(path)


def refuse(why: str) -> NoReturn:
    raise RecipeError(why)
