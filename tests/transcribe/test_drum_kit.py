from mp3tomidi.augment.drums import patterns as drum_patterns
from mp3tomidi.train.evaluation.note_scores import DRUM_CLASS_OF_KEY
from mp3tomidi.transcribe.drum_kit import (
    CLOSED_HAT,
    DRUM_CLASSES,
    DRUM_PIECES,
    ONE_SHOT_CLASSES,
    ONE_SHOT_OF_KEY,
    OPEN_HAT,
    PIECE_OF_KEY,
)


def test_a_key_is_of_one_piece_only():
    keys = [key for piece in DRUM_PIECES for key in piece.keys]
    assert len(keys) == len(set(keys)) == len(PIECE_OF_KEY)
    assert len({piece.name for piece in DRUM_PIECES}) == len(DRUM_PIECES) == 8


def test_every_key_of_a_kit_is_of_a_piece():
    # General MIDI's keys from the kick to the second ride are the kit, but for tambourine, cowbell and vibraslap.
    kit = set(range(35, 60)) - {54, 56, 58}
    assert set(PIECE_OF_KEY) == kit | {22, 26, 58}
    assert not {drum_patterns.TAMBOURINE, drum_patterns.COWBELL, drum_patterns.SHAKER} & set(PIECE_OF_KEY)


def test_what_is_written_is_heard_as_the_same_piece_again():
    for index, piece in enumerate(DRUM_PIECES):
        assert PIECE_OF_KEY[piece.written_key] == index


def test_rolands_keys_are_of_the_pieces_that_general_midis_are_of():
    for roland, general in {22: 42, 26: 46, 58: 43}.items():
        assert PIECE_OF_KEY[roland] == PIECE_OF_KEY[general]


def test_the_hats_are_where_they_are_said_to_be():
    assert DRUM_PIECES[CLOSED_HAT].name == "closed hi-hat"
    assert DRUM_PIECES[OPEN_HAT].name == "open hi-hat"


def test_pieces_are_of_the_five_classes_that_are_scored():
    assert {piece.of_five for piece in DRUM_PIECES} == set(DRUM_CLASSES)
    of = DRUM_CLASS_OF_KEY
    assert [of[key] for key in (36, 40, 58, 50, 57, 59)] == ["KD", "SD", "TT", "TT", "CY", "CY"]
    assert {of[key] for key in (22, 26, 42, 44, 46)} == {"HH"}


def test_a_sample_is_of_one_of_13_classes():
    assert len({drum.name for drum in ONE_SHOT_CLASSES}) == len(ONE_SHOT_CLASSES) == 13
    keys = [key for drum in ONE_SHOT_CLASSES for key in drum.keys]
    assert len(keys) == len(set(keys)) == len(ONE_SHOT_OF_KEY)
    for index, drum in enumerate(ONE_SHOT_CLASSES):
        assert ONE_SHOT_OF_KEY[drum.written_key] == index


def test_every_drum_of_general_midi_is_of_a_class_of_samples():
    assert set(ONE_SHOT_OF_KEY) == {*range(35, 82), 22, 26}


def test_classes_of_samples_are_within_the_eight_pieces():
    for drum in ONE_SHOT_CLASSES:
        if drum.piece is None:
            assert drum.of_five is None
            assert not set(drum.keys) & set(PIECE_OF_KEY) - {58}  # a vibraslap, where it is no pad of Roland's
        else:
            assert {PIECE_OF_KEY[key] for key in drum.keys} == {drum.piece}
            assert drum.of_five == DRUM_PIECES[drum.piece].of_five
    assert [drum.name for drum in ONE_SHOT_CLASSES[:8]] == [piece.name for piece in DRUM_PIECES]
    assert [drum.piece for drum in ONE_SHOT_CLASSES[:8]] == list(range(8))
    of_key = {key: ONE_SHOT_CLASSES[index].name for key, index in ONE_SHOT_OF_KEY.items()}
    assert [of_key[key] for key in (37, 39, 40, 54, 56, 58, 63)] == [
        "side stick",
        "clap",
        "snare",
        "tambourine",
        "cowbell",
        "other percussion",
        "other percussion",
    ]
