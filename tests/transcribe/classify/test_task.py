import pytest

from mp3tomidi.transcribe.classify.task import Task, load_task, task_names
from mp3tomidi.transcribe.drum_kit import ONE_SHOT_CLASSES
from mp3tomidi.transcribe.errors import TaskError
from mp3tomidi.transcribe.instruments import FAMILIES, PROGRAMS


def test_every_task_that_comes_along_can_be_read():
    names = task_names()
    heard = {"instrument", "program", "singing", "effects", "one_shots"}
    assert {*names} == heard | {"genre", "genre10", "tags", "playing_quality"}
    assert all(load_task(name).name == name for name in names)


def test_the_classes_are_those_of_the_tables_and_data_sets_that_they_come_from():
    assert load_task("instrument").classes == FAMILIES
    assert sorted(load_task("program").classes) == sorted(program.name for program in PROGRAMS.values())
    assert load_task("one_shots").classes == tuple(drum.name for drum in ONE_SHOT_CLASSES)
    assert len(load_task("tags").classes) == 50
    assert set(load_task("genre10").classes) - set(load_task("genre").classes) == {"blues", "rock"}


def test_a_segment_lasts_as_long_as_its_samples():
    assert load_task("playing_quality").segment_s == 10.0


def test_a_task_is_read_from_a_file_of_ones_own(tmp_path):
    file = tmp_path / "birds.toml"
    file.write_text('name = "birds"\nabout = "which bird"\nclasses = ["wren", "rook"]\nmerging = "vote"\n')
    assert load_task(str(file)) == Task("birds", "which bird", ("wren", "rook"), merging="vote")


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ('classes = ["wren"]', "one class alone"),
        ('classes = ["wren", "wren"]', "each once"),
        ('answer = "some"', "answer must be one of one, many"),
        ('merging = "sum"', "merging must be one of mean, vote, attention"),
        ("hop_samples = 0", "hop_samples"),
        ("rate = 8000", "no setting 'rate'"),
        ('sample_rate = "high"', "must be of type int"),
        ("classes = [", "not valid TOML"),
    ],
)
def test_a_table_that_makes_no_sense_is_refused_with_its_file(tmp_path, line, words):
    file = tmp_path / "birds.toml"
    file.write_text(f'name = "birds"\nabout = "which bird"\n{line}\n')
    with pytest.raises(TaskError, match=words) as caught:
        load_task(str(file))
    assert str(file) in str(caught.value)


def test_an_unknown_task_is_refused_with_the_names_of_those_that_there_are(tmp_path):
    with pytest.raises(TaskError, match="no task 'mood'; there are effects, genre"):
        load_task("mood")
    with pytest.raises(TaskError, match="no task 'instruments', did you mean instrument"):
        load_task("instruments")
    with pytest.raises(TaskError, match="cannot be read"):
        load_task(str(tmp_path / "nothing.toml"))
