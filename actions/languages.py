"""Which language the talk is in: the link's, the words', the person's own choice, and what is said to one that is not ours."""

from __future__ import annotations

from typing import Any

from actions.answers import HEARD, hears, picks
from actions.handover import call_a_person
from actions.road import aside, back, question, resume
from actions.talk import Talk
from bot.choices import plain
from bot.labels import languages
from bot.replies import SOURCE, available, choice, texts

AT_FIRST, SWITCH = 0.6, 0.85  # how sure a guess must be for the first language, and for leaving the one we speak
ON_A_PAGE = 4


def settle(talk: Talk) -> bool:
    """Take the language of the first words, or follow a sure change. True when nothing told us and Dutch is a guess."""
    heard, sure = talk.reading.get("language"), float(talk.reading.get("language_confidence") or 0)
    ours = heard in enabled(talk)
    if talk.language is None:
        if ours and sure >= AT_FIRST:
            speak(talk, str(heard))
        elif talk.known.get("hint"):
            speak(talk, talk.known["hint"])
        else:
            speak(talk, SOURCE)
            return not _foreign(talk)
    elif ours and heard != talk.language and sure >= SWITCH and _long(talk) and not talk.known.get("language_chosen"):
        speak(talk, str(heard))
    # A bare yes or no here is none to the question that was open before.
    in_words = talk.asked == "language" and "of" not in talk.context and talk.intent not in ("affirm", "deny", "change_language")
    if ours and sure >= AT_FIRST and in_words:
        _answered(talk, str(heard))
    return False


def _answered(talk: Talk, heard: str) -> None:
    """Words in a language we have answer "which language?" too."""
    danger = bool(talk.reading.get("urgent"))  # then the safety line comes first, and says who we are itself
    if not talk.known.get("language_chosen"):
        speak(talk, heard)
        if not danger and heard != SOURCE and "hello" not in talk.done:
            talk.say("intro", public_name=talk.facts.get("public_name", ""))
    if not danger:
        talk.done = [*dict.fromkeys([*talk.done, "hello"])]
    back(talk)


def wants_other(talk: Talk) -> bool:
    """Whether the words are surely in another language than the one chosen, or one not ours: then that comes first, once."""
    heard = talk.reading.get("language")
    if _foreign(talk) and "foreign" not in talk.done:
        talk.done.append("foreign")
        line = texts("others").get(str(heard))
        talk.say("other_language", line=line) if line else talk.say("other_language_unknown")
        aside(talk, "interpreter")
        return True
    sure = float(talk.reading.get("language_confidence") or 0) >= SWITCH and _long(talk)
    if heard in enabled(talk) and heard != talk.language and sure and "switch" not in talk.done:
        talk.done.append("switch")
        aside(talk, "language", {"of": [heard, talk.language]})
        return True
    return False


def _foreign(talk: Talk) -> bool:
    heard, sure = talk.reading.get("language"), float(talk.reading.get("language_confidence") or 0)
    return bool(heard) and heard not in enabled(talk) and sure >= SWITCH and _long(talk)


def _long(talk: Talk) -> bool:
    """Two words and eight letters at least, or four signs where words have no spaces: less is noise to any way of telling."""
    unspaced = sum("\u0e00" <= char <= "\u0fff" or char >= "\u3040" for char in talk.text if char.isalpha())
    return unspaced >= 4 or (len(talk.text.split()) >= 2 and sum(char.isalpha() for char in talk.text) >= 8)


def enabled(talk: Talk) -> list[str]:
    """The languages this deployment speaks."""
    return list(talk.known.get("languages") or [SOURCE])


def speak(talk: Talk, language: str, *, chosen: bool = False) -> None:
    """From this turn on the talk is in this language."""
    if talk.language != language or chosen:
        talk.effect("set_language", language=language, chosen=chosen)
    talk.language = language


def _menu(talk: Talk) -> list[str]:
    if only := talk.context.get("of"):
        return [f"lang_{code}" for code in only]
    codes, page = enabled(talk), int(talk.context.get("page", 0))
    if len(codes) <= ON_A_PAGE + 1:
        return [f"lang_{code}" for code in codes]
    return [*(f"lang_{code}" for code in codes[page * ON_A_PAGE : (page + 1) * ON_A_PAGE]), "lang_more"]


question("language", menu=_menu, no="interpreter_no", neutral=True)
question("interpreter", yes="interpreter_yes", no="interpreter_no", neutral=True)


def named(talk: Talk) -> str | None:
    """The language a text names ("liever Engels", "عربي"), by the words of every language we have."""
    said = set(plain(talk.text).split())
    for code in available():
        for target in languages():
            entry = choice(code, f"lang_{target}")
            if said & {plain(word) for word in (entry.label, *entry.words)}:
                return target
    return None


@hears("change_language")
def change_language(talk: Talk) -> None:
    """A named language at once; else the choice."""
    code = named(talk)
    if code in enabled(talk):
        return _spoken(talk, str(code))
    if code is None:
        return aside(talk, "language")
    line = texts("others").get(code)
    talk.say("other_language", line=line) if line else talk.say("other_language_unknown")
    aside(talk, "interpreter")


@picks(*(f"lang_{code}" for code in languages()))
def picked(talk: Talk) -> None:
    """One tap changes the language and keeps everything said."""
    _spoken(talk, talk.options[0].removeprefix("lang_"))


def _spoken(talk: Talk, code: str) -> None:
    speak(talk, code, chosen=True)
    if "hello" not in talk.done:
        talk.done.append("hello")
        if "intro" not in talk.said:
            talk.say("intro", public_name=talk.facts.get("public_name", ""))
    else:
        talk.say("language_set")
    _take_up(talk)


def _first_words(talk: Talk) -> dict[str, Any]:
    return {name: talk.context[name] for name in ("then", "kind") if name in talk.context}


def _take_up(talk: Talk) -> None:
    """On where the talk was; what was asked for in the very first words comes now, in a language that is understood."""
    first = _first_words(talk)
    if talk.asked in ("language", "interpreter"):
        back(talk)
    if not first:
        return resume(talk)
    talk.intent, talk.act = first["then"], {"name": "say", **first}
    HEARD[talk.intent](talk)


@picks("lang_more")
def more(talk: Talk) -> None:
    """The next languages."""
    pages = -(-len(enabled(talk)) // ON_A_PAGE)
    first = _first_words(talk)
    aside(talk, "language", {**first, "page": (int(talk.context.get("page", 0)) + 1) % pages})


@picks("interpreter_yes")
def with_interpreter(talk: Talk) -> None:
    """A yes to a person with an interpreter: nothing of what was said goes along."""
    talk.keep("wish", ["wish_interpreter"], "tapped")
    call_a_person(talk, lines=["ask_interpreter"])


@picks("interpreter_no")
def without_interpreter(talk: Talk) -> None:
    """Then on in the language we have."""
    talk.say("all_right")
    _take_up(talk)
