import re

import pytest

from mp3tomidi.transcribe.drums import one_shots
from mp3tomidi.transcribe.drums.one_shots import OneShotSorter
from mp3tomidi.transcribe.errors import WeightsError
from mp3tomidi.transcribe.networks import weight_files


def test_weights_that_tell_other_drums_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(one_shots, "ONE_SHOT_CLASSES", one_shots.ONE_SHOT_CLASSES[1:])
    with pytest.raises(WeightsError, match=re.escape(f"{weight_files.shipped_folder()}: ")):
        OneShotSorter()
