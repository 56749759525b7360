from pathlib import Path

import numpy as np
import pytest
import soundfile

from .commands import ONSET_S, RATE, tone


@pytest.fixture
def samples(tmp_path: Path) -> Path:
    """Two classes of two samples: one in stereo, one of another kind, three of them labelled."""
    folder = tmp_path / "samples"
    for name in ("piano", "drums"):
        (folder / name).mkdir(parents=True)
    soundfile.write(folder / "piano" / "c4.wav", tone(60), RATE)
    (folder / "piano" / "c4.notes.tsv").write_text(f"{ONSET_S}\t0.4\t60\t90\n")
    soundfile.write(folder / "piano" / "e4.flac", np.stack([tone(64), 0.5 * tone(64)], axis=1), RATE)
    (folder / "piano" / "e4.beats").write_text(f"{ONSET_S}\t1\n")
    soundfile.write(folder / "drums" / "kick.wav", tone(30), RATE)
    (folder / "drums" / "kick.drums.tsv").write_text(f"{ONSET_S}\tKD\n")
    soundfile.write(folder / "drums" / "tom.wav", tone(40), RATE)
    return folder
