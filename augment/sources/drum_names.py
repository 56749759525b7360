"""Maps the names that makers give drum sounds to General MIDI drum keys.

A name is read as words: "Hi-Hat Semiopen (14\\")", "drum_cymbal_pedal" and "bassdrum01" alike. What is not plainly one
drum is left out, since a wrong label teaches worse than a missing sound.
"""

from __future__ import annotations

import re

KICK, SIDE_STICK, SNARE, CLAP, RIM_SHOT = 36, 37, 38, 39, 40
CLOSED_HAT, PEDAL_HAT, OPEN_HAT = 42, 44, 46
FLOOR_TOM, LOW_TOM, MIDDLE_TOM, HIGH_TOM = 43, 45, 47, 50
CRASH, RIDE, CHINA, RIDE_BELL, TAMBOURINE, SPLASH, COWBELL = 49, 51, 52, 53, 54, 55, 56
HIGH_BONGO, LOW_BONGO, MUTED_CONGA, OPEN_CONGA, LOW_CONGA, HIGH_TIMBALE, LOW_TIMBALE = 60, 61, 62, 63, 64, 65, 66
HIGH_AGOGO, LOW_AGOGO, CABASA, MARACAS, CLAVES, HIGH_BLOCK, LOW_BLOCK, TRIANGLE = 67, 68, 69, 70, 75, 76, 77, 81

HAT_OF_UNKNOWN_OPENING = -1  # decided by how long it rings: see `hat_by_decay`
CLOSED_HAT_WITHIN_S = 0.15  # a closed hi-hat has fallen by 20 dB then,
OPEN_HAT_FROM_S = 0.3  # and an open one not yet here; what lies between is left out

# What a name must not hold: loops and effects, rolls and swings (several strokes), cymbals stopped by hand, drums that
# General MIDI lacks.
_NEVER = re.compile(
    r"\b(roll|loop|beat|reverse|zap|fx|glitch|choked?|swish|scratch|noise|metronome|vinyl|whistle|tabla|cajon|snaps?"
    r"|sangban|dununba|kenkeni|waterglass)\b"
)
# Words that stand together or alone, the first row that fits decides.
_ROWS: tuple[tuple[str, int], ...] = (
    ("side stick", SIDE_STICK),
    ("cross stick", SIDE_STICK),
    ("rim click", SIDE_STICK),
    ("snare rim", RIM_SHOT),
    ("snare rimshot", RIM_SHOT),
    ("rim shot", RIM_SHOT),
    ("rimshot", RIM_SHOT),
    ("kick", KICK),
    ("bass drum", KICK),
    ("drum bass", KICK),
    ("bd", KICK),
    ("snare", SNARE),
    ("snr", SNARE),
    ("sd", SNARE),
    ("sn", SNARE),
    ("clap", CLAP),
    ("claps", CLAP),
    ("rim", SIDE_STICK),
    ("stick", SIDE_STICK),
    ("hat pedal", PEDAL_HAT),
    ("hat open", OPEN_HAT),
    ("hat closed", CLOSED_HAT),
    ("hat", HAT_OF_UNKNOWN_OPENING),
    ("floor tom", FLOOR_TOM),
    ("tom floor", FLOOR_TOM),
    ("tom low", LOW_TOM),
    ("low tom", LOW_TOM),
    ("tom mid", MIDDLE_TOM),
    ("mid tom", MIDDLE_TOM),
    ("tom high", HIGH_TOM),
    ("high tom", HIGH_TOM),
    ("tom 1", HIGH_TOM),
    ("tom 2", MIDDLE_TOM),
    ("tom 3", LOW_TOM),
    ("tom", MIDDLE_TOM),
    ("cymbal closed", CLOSED_HAT),  # how some call a hi-hat
    ("cymbal open", OPEN_HAT),
    ("cymbal pedal", PEDAL_HAT),
    ("ride bell", RIDE_BELL),
    ("ride cup", RIDE_BELL),
    ("china", CHINA),
    ("splash", SPLASH),
    ("ride", RIDE),
    ("crash", CRASH),
    ("cymbal", CRASH),
    ("cowbell", COWBELL),
    ("tambourine", TAMBOURINE),
    ("agogo high", HIGH_AGOGO),
    ("agogo low", LOW_AGOGO),
    ("bongo high", HIGH_BONGO),
    ("bongo low", LOW_BONGO),
    ("djembe slap", MUTED_CONGA),  # hand drums on skins of one kind
    ("djembe tone", OPEN_CONGA),
    ("djembe bass", LOW_CONGA),
    ("conga mute", MUTED_CONGA),
    ("conga low", LOW_CONGA),
    ("conga", OPEN_CONGA),
    ("timbale high", HIGH_TIMBALE),
    ("timbale low", LOW_TIMBALE),
    ("cabasa", CABASA),
    ("maraca", MARACAS),
    ("maracas", MARACAS),
    ("shaker", MARACAS),
    ("clave", CLAVES),
    ("claves", CLAVES),
    ("clav", CLAVES),
    ("woodblock high", HIGH_BLOCK),
    ("woodblock low", LOW_BLOCK),
    ("triangle", TRIANGLE),
    ("bell", RIDE_BELL),  # in a kit; every other bell has been named by now
)
_SAME = {
    "hh": "hat",
    "hihat": "hat",
    "hats": "hat",
    "chh": "hat closed",
    "ohh": "hat open",
    "hi": "high",
    "lo": "low",
    "middle": "mid",
    "medium": "mid",
    "cl": "closed",
    "close": "closed",
    "op": "open",
    "opened": "open",
    "semiopen": "open",
    "semi": "",
    "pd": "pedal",
    "foot": "pedal",
    "bassdrum": "bass drum",
    "sidestick": "side stick",
    "tomhi": "tom high",
    "tomlow": "tom low",
    "tommid": "tom mid",
    "cym": "cymbal",
    "tamb": "tambourine",
}
_EITHER = {"crash", "ride"}  # a crash-ride: played as the one or the other
_WORD = re.compile(r"[a-z]+|\d+")
_KEY_NAME = re.compile(r"^[a-g]#?\d\s*-")  # "c#3 - stick"
_BRACKETS = re.compile(r"\([^)]*\)")


def drum_key(name: str) -> int | None:
    """The General MIDI key of a sound's name, `HAT_OF_UNKNOWN_OPENING`, or None where it is no drum for sure."""
    text = _BRACKETS.sub(" ", _KEY_NAME.sub("", name.casefold().strip()))
    text = re.sub(r"hi[\s_-]*hat", "hat", text)
    found = [word for word in _WORD.findall(text) if not (word.isdecimal() and word.startswith("0"))]
    words = " ".join(_SAME.get(word, word) for word in found).split()
    if _NEVER.search(" ".join(words)) or _EITHER.issubset(words):
        return None
    for phrase, key in _ROWS:
        if set(phrase.split()) <= set(words):
            return key
    return None


def hat_by_decay(ring_s: float) -> int | None:
    """Closed or open hi-hat by the time in which it falls by 20 dB; None where that does not tell."""
    if ring_s <= CLOSED_HAT_WITHIN_S:
        return CLOSED_HAT
    return OPEN_HAT if ring_s >= OPEN_HAT_FROM_S else None
