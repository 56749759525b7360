from pathlib import Path

from mp3tomidi.augment.variants.handing_out import MOST, all_died, handfuls
from mp3tomidi.augment.variants.sources import Source, Variant


def variants(sounds: int, copies: int) -> list[Variant]:
    sources = [Source(Path(f"/in/{n}.wav"), Path(f"{n}.wav"), Path(str(n)), ()) for n in range(sounds)]
    return [Variant(source, copy) for source in sources for copy in range(1, copies + 1)]


def test_all_copies_are_handed_out_in_order_and_those_of_a_sound_together() -> None:
    wanted = variants(100, 12)
    given = handfuls(wanted, 2)
    assert [variant for handful in given for variant in handful] == wanted
    assert all(len({variant.source for variant in handful}) == 1 for handful in given)
    assert [len(handful) for handful in given[:6]] == [MOST, MOST, 2, MOST, MOST, 2]


def test_few_copies_keep_all_processes_at_work_and_one_process_loses_none() -> None:
    assert {len(handful) for handful in handfuls(variants(1, 20), 2)} == {1}
    assert max(len(handful) for handful in handfuls(variants(4, 20), 2)) == 5
    assert {len(handful) for handful in handfuls(variants(100, 25), 1)} == {1}
    assert handfuls([], 2) == []


def test_what_a_process_died_of_is_said_of_each_copy() -> None:
    (handful,) = [handful for handful in handfuls(variants(100, 3), 2) if handful[0].source.relative == Path("7.wav")]
    outcomes = all_died(handful, "SIGKILL")
    assert [outcome.row["copy"] for outcome in outcomes] == [1, 2, 3]
    assert all("died (SIGKILL)" in str(outcome.error) for outcome in outcomes)
