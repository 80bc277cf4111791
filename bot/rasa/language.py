"""Which language a message is in: its script first, then three votes: our own messages, lingua and cld2.

Returns a language and a confidence; that a conversation's language is sticky is decided by the talk.
"""

from __future__ import annotations

import json
import re
import zlib
from collections import Counter, defaultdict
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pycld2

from bot.rasa.text import normal, tokens

# Languages met kindly though they are not ours (bot/replies/others.yml), as far as lingua's and cld2's tables reach.
OTHERS = ("am", "bg", "bn", "de", "es", "hi", "it", "ku", "ps", "pt", "ro", "ru", "sq", "ur", "vi", "zh")
VOTES = {"own": 3.0, "lingua": 1.2, "cld2": 0.8}
BUCKETS = 1 << 16
UNSEEN = 0.02
NEVER_SEEN = float(np.log(UNSEEN / BUCKETS)) + 0.01

# Unicode blocks of one language each (Unicode 15, Blocks.txt), and letters only one of a script's languages writes.
_SCRIPTS = {"hi": "\u0900-\u097f", "bn": "\u0980-\u09ff", "zh": "\u4e00-\u9fff"}
_ETHIOPIC = range(0x1200, 0x1380)
_AMHARIC_WORDS = frozenset(("ነው", "ነኝ", "እኔ", "እፈልጋለሁ", "አልችልም", "የት", "ስራ", "ሥራ", "ምን", "እንዴት", "ናቸው", "አለ", "የለም", "እባክዎ", "ሰላም"))
_ONLY = {
    "fa": "پچژگ", "ur": "ٹڈڑںےھہ", "ps": "ټډړږښګڼېۍ", "ku": "ڕڵۆێ", "uk": "іїєґ", "ru": "ыэъё",
    "pl": "łąęśźżćń", "tr": "ğıİ", "vi": "ạảấầẩẫậắằẳẵặẹẻẽếềểễệỉịọỏốồổỗộớờởỡợụủứừửữựỳỵỷỹđơư", "es": "ñ¿¡", "de": "ß", "ro": "ășțţş",
}  # fmt: skip
_FAMILY = {"arabic": ("ar", "fa", "ur", "ps", "ku"), "cyrillic": ("uk", "ru", "bg")}
# Arabic in Latin letters writes 3 for ع and 7 for ح inside words (so does nobody else; "2day" and "gr8" are English).
_ARABIC_DIGITS = re.compile(r"[a-z][37]|\b[37][a-z]{2}", re.IGNORECASE)
_TIGRINYA_LETTERS = frozenset("ኣቐቑቒቓቔቕቖኸኹኺኻኼኽኾዀቘ")


def script(text: str) -> str:
    """The script most letters of a text are in: latin, arabic, cyrillic, ethiopic, hi, bn, zh or none."""
    counted: Counter[str] = Counter()
    for letter in text:
        code = ord(letter)
        if not letter.isalpha():
            continue
        named = next((name for name, block in _SCRIPTS.items() if block[0] <= letter <= block[-1]), None)
        counted[named or _script_of(code)] += 1
    return counted.most_common(1)[0][0] if counted else "none"


def _script_of(code: int) -> str:
    if code < 0x250 or 0x1E00 <= code < 0x1F00:
        return "latin"
    if code in _ETHIOPIC:
        return "ethiopic"
    if 0x400 <= code < 0x530:
        return "cyrillic"
    return "arabic" if 0x600 <= code < 0x780 or 0xFB50 <= code < 0xFF00 else "other"


def _grams(text: str) -> list[int]:
    """Hashed letters in words (1 to 4, edges marked) and whole words."""
    found: list[int] = []
    for word in tokens(text):
        padded = f"<{word}>"
        found += [zlib.crc32(padded[i : i + n].encode()) % BUCKETS for n in (1, 2, 3, 4) for i in range(len(padded) - n + 1)]
        found += [zlib.crc32(f"={word}".encode()) % BUCKETS] * 2
    return found


@cache
def _lingua() -> Any:
    """Lingua over our languages and the others it knows, in its low-accuracy mode (43 MB instead of 405)."""
    from lingua import Language, LanguageDetectorBuilder

    wanted = {"nl", "en", "ar", "tr", "uk", "pl", "fa", "so", "fr", *OTHERS}
    known = [one for one in Language.all() if one.iso_code_639_1.name.lower() in wanted]
    return LanguageDetectorBuilder.from_languages(*known).with_low_accuracy_mode().build()


class Languages:
    """Tells languages apart; trained on our own messages, so that it knows Arabic in Latin letters too."""

    def __init__(self, codes: list[str], logs: Any) -> None:
        self.codes, self._logs = codes, logs

    @classmethod
    def train(cls, texts: Sequence[str], languages: Sequence[str]) -> Languages:
        """Naive Bayes over letters and words."""
        codes = sorted(set(languages))
        counts = np.zeros((len(codes), BUCKETS), np.float32)
        for text, language in zip(texts, languages, strict=True):
            np.add.at(counts[codes.index(language)], _grams(text), 1)
        shares = counts / counts.sum(axis=1, keepdims=True)
        # What was never seen weighs the same in every language, however few messages one has.
        return cls(codes, np.log((1 - UNSEEN) * shares + UNSEEN / BUCKETS))

    def find(self, text: str) -> tuple[str | None, float]:
        """The language and a confidence from 0 to 1; None where there is no letter to go by."""
        written = script(text)
        if written in ("hi", "bn", "zh"):
            return written, 1.0
        if written == "ethiopic":
            tigrinya = bool(set(text) & _TIGRINYA_LETTERS) or not set(text.split()) & _AMHARIC_WORDS
            return ("ti", 0.95) if tigrinya else ("am", 0.9)
        if written in ("none", "other"):
            return None, 0.0
        return self._vote(text, written)

    def _vote(self, text: str, written: str) -> tuple[str, float]:
        votes: defaultdict[str, float] = defaultdict(float)
        family = _FAMILY.get(written)
        for voter, found in (("own", self._own(text, family)), ("lingua", _by_lingua(text)), ("cld2", _by_cld2(text))):
            for code, share in found.items():
                if family is None or code in family:
                    votes[code] += VOTES[voter] * share
        for code, letters in _ONLY.items():
            if hits := sum(letter in letters for letter in text.lower()):
                votes[code] += min(3.0, 1.5 * hits) if family is None or code in family else 0.0
        if written == "latin" and (hits := len(_ARABIC_DIGITS.findall(text))):
            votes["ar"] += min(2.0, float(hits))
        if not votes:
            return (family[0], 0.5) if family else ("nl", 0.0)
        best, weight = max(votes.items(), key=lambda vote: vote[1])
        return best, round(float(weight / sum(votes.values())), 4)

    def _own(self, text: str, family: tuple[str, ...] | None) -> dict[str, float]:
        grams = _grams(text)
        kept = [index for index, code in enumerate(self.codes) if family is None or code in family]
        if not grams or not kept:
            return {}
        sums = self._logs[kept][:, grams].sum(axis=1) / max(4.0, len(grams) ** 0.5)
        shares = np.exp(sums - sums.max())
        shares /= shares.sum()
        # Where even the likeliest language has seen little of the text, it is likely none of ours: the others decide.
        seen = float((self._logs[kept[int(sums.argmax())], grams] > NEVER_SEEN).mean()) ** 2
        return {self.codes[index]: float(share) * seen for index, share in zip(kept, shares, strict=True)}

    def save(self, folder: Path) -> None:
        """Write into a model."""
        np.savez_compressed(folder / "languages.npz", logs=self._logs.astype(np.float16))
        (folder / "languages.json").write_text(json.dumps(self.codes))

    @classmethod
    def load(cls, folder: Path) -> Languages:
        """Read what `save` wrote."""
        with np.load(folder / "languages.npz") as found:
            return cls(json.loads((folder / "languages.json").read_text()), found["logs"].astype(np.float32))


def _by_lingua(text: str) -> dict[str, float]:
    values = _lingua().compute_language_confidence_values(text)[:3]
    return {one.language.iso_code_639_1.name.lower(): float(one.value) for one in values if one.value > 0.05}


def _by_cld2(text: str) -> dict[str, float]:
    try:
        found = pycld2.detect(normal(text), bestEffort=True)[2][0]
    except pycld2.error:
        return {}
    return {found[1].partition("-")[0]: found[2] / 100} if found[1] != "un" else {}
