"""Calibration of confidences: the probability that a note of this pitch begins at this time.

The NoteJudge learned on rendered mixes what a probability is; of real recordings it claims more than is true: of the
candidates that it gives .45, .21 to .48 are notes. The line of a solo voice has no judge: how clearly its pitch sounds
ranks its notes, and says much too often that they are right. Both are mapped to the share that is right on the
development sets (docs/evaluation_sets.md; tables: train/EXPERIMENTS.md, "How sure is sure"). The notes of a bass
without overtones, which no network detects and no labelled recording has, are mapped to the share that is right on
synthesised ones over rendered music.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import special

CALIBRATION_EXPONENT = 1.3  # chosen on the six sets with notes; 1.15 to 1.5 give the same onset F1 within .002
# Logistic regression (Platt 1999) on the 776 notes of 16 singers.
LINE_BIAS, LINE_SLOPE = -0.8, 0.7
# Logistic regression on 2,334 notes found of 84 synthesised lines, 69 of them over MIDI files that a soundfont played.
SUB_BASS_BIAS = 0.92
SUB_BASS_SLOPES = np.array([-1.34, 1.03, 0.45, 1.80])  # of the columns of `of_sub_bass`
LEAST_APERIODIC, OVER_DB = 1e-3, (-10.0, 30.0)  # beyond which they say no more
_CERTAIN = 1e-3  # from 0 and 1, where log odds are cut off


def of_candidates(probability: NDArray[np.floating]) -> NDArray[np.floating]:
    """The calibrated probability of candidates, from the NoteJudge's."""
    return np.asarray(probability**CALIBRATION_EXPONENT)


def of_line(sounding: NDArray[np.floating]) -> NDArray[np.float64]:
    """The calibrated probability of the notes of a solo line, from the mean probability that their pitch sounds."""
    log_odds = special.logit(np.clip(sounding, _CERTAIN, 1.0 - _CERTAIN).astype(np.float64))
    return np.asarray(special.expit(LINE_BIAS + LINE_SLOPE * log_odds))


def of_sub_bass(
    aperiodicity: NDArray[np.float64],
    over_db: NDArray[np.float64],
    length_s: NDArray[np.float64],
    level_db: NDArray[np.float64],
) -> NDArray[np.float64]:
    """The calibrated probability of the notes of a bass without overtones [notes].

    aperiodicity: by YIN. over_db: level of the band of the bass over what is above it. level_db: loudest level, against
    the loudest of the recording's low band.
    """
    columns = (
        np.log10(aperiodicity + LEAST_APERIODIC),
        np.clip(over_db, *OVER_DB) / 10.0,
        np.log2(length_s),
        level_db / 10.0,
    )
    return np.asarray(special.expit(SUB_BASS_BIAS + SUB_BASS_SLOPES @ np.stack(columns)))
