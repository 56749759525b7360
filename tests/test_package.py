import subprocess
import sys
from importlib.metadata import version

import numpy as np
import pytest

import mp3tomidi
from mp3tomidi import Transcriber, Transcription, transcribe
from mp3tomidi.transcribe import transcriber
from mp3tomidi.transcribe.audio.reading import Audio


def test_the_package_names_what_users_need():
    assert Transcriber is transcriber.Transcriber
    assert mp3tomidi.__version__ == version("mp3tomidi")
    assert set(mp3tomidi.__all__) <= set(dir(mp3tomidi))
    for name in mp3tomidi.__all__:
        assert getattr(mp3tomidi, name) is not None
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        mp3tomidi.nothing  # noqa: B018


def test_transcribe_is_a_function_and_a_package():
    silence = Audio(np.zeros(8000, np.float32), 16_000)
    heard = transcribe(silence)
    assert isinstance(heard, Transcription)
    assert heard.duration_s == pytest.approx(0.5)
    assert transcribe.transcriber is transcriber


def test_importing_it_loads_no_numerics():
    code = "import sys, mp3tomidi; mp3tomidi.transcribe; print([n for n in ('numpy', 'scipy') if n in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"


def test_what_takes_long_to_load_is_not_loaded_to_transcribe() -> None:
    """A file of a second takes less time than the import of scipy.signal."""
    code = "import sys, mp3tomidi.transcribe.transcriber; print(sorted({'torch', 'scipy.signal'} & sys.modules.keys()))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
