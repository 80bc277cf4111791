"""The texts of every language: whole, short, plain, without threshold words, and they fit a phone (conversation.md, rules 2–4)."""

from __future__ import annotations

import re
import string
from typing import Any

import pytest
import smsutil  # type: ignore[import-untyped]

from actions.answers import HEARD, PICKED
from actions.barriers import USUAL, USUAL_OF
from actions.goals import STRENGTHS, STRENGTHS_OF, WHY, WHY_OF
from actions.road import QUESTIONS
from bot.choices import BUTTON, plain
from bot.keywords import CARRIER
from bot.labels import is_sensitive, labels_of, languages, may_read_back
from bot.replies import SECTIONS, SOURCE, available, fingerprint, texts, turns
from tests.talk.person import actions

actions()  # importing the actions is what fills HEARD, PICKED and QUESTIONS
LANGUAGES = available()
GSM = ("nl", "en")
WORDS_A_SENTENCE = 10
# What must be said whole, however long: the gate counts no words there.
LONG = {"safety_exploitation"}
# Words that keep people away (rule 3), as starts of words; only where the person used them first.
THRESHOLD = {
    "nl": ("leren", "leer", "cursus", "opleid", "les", "lessen", "studie", "studeren", "onderwijs", "scholing",
           "loopbaan", "carri", "ontwikkel", "training"),
    "tr": ("öğren", "kurs", "eğitim", "ders", "kariyer", "geliştir"),
    "ti": ("ትምህርቲ", "ምምሃር", "ኮርስ", "ስልጠና", "መምህር"),
    "uk": ("вчит", "навч", "курс", "урок", "освіт", "кар", "тренінг", "розвит"),
    "pl": ("uczy", "uczę", "nauk", "kurs", "szkoleni", "lekcj", "kształc", "karier", "rozwój", "rozwoj"),
    "fa": ("یادگیری", "آموزش", "کلاس", "درس", "دوره", "تحصیل"),
    "so": ("baro", "barasho", "waxbar", "koorso", "cashar", "tababar"),
    "fr": ("apprend", "appren", "cours", "formation", "leçon", "étudi", "éducation", "carrière", "développ"),
    "en": ("learn", "course", "class", "training", "lesson", "study", "studies", "education", "career", "develop", "skill"),
    "ar": ("تعلم", "التعلم", "دورة", "الدورة", "درس", "دروس", "تدريب", "دراسة", "تعليم", "مهني", "تطوير", "كورس"),
}  # fmt: skip
THEIR_OWN_WORDS = {"goal_learn", "bad_school", "barrier_bad_school", "integration_duty", "barrier_integration_duty", "lang_ar"}
# We address people with one form (nl: u); these would break it.
OTHER_FORMS = {"nl": ("je", "jij", "jou", "jouw", "jullie"), "en": ()}


def entries(language: str) -> list[tuple[str, str, str]]:
    """(section, name, text) of all that a person may read."""
    found = texts(language)
    rows = [("replies", name, text) for name, entry in found["replies"].items() for key, text in entry.items() if key in ("text", "sms")]
    rows += [("choices", name, entry["label"]) for name, entry in found["choices"].items()]
    return rows + [("labels", name, entry["text"] if isinstance(entry, dict) else entry) for name, entry in found["labels"].items()]


def sentences(text: str) -> list[str]:
    """The sentences and lines of a text."""
    return [one.strip() for one in re.split(r"[.!?؟]+(?=\s|$)|\n", text) if one.strip()]


def placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


@pytest.mark.parametrize("language", LANGUAGES)
def test_nothing_is_missing_and_nothing_is_left_over(language: str) -> None:
    for section in SECTIONS:
        assert set(texts(language)[section]) == set(texts(SOURCE)[section]), f"{language}.yml, {section}"
    assert set(texts(language)["replies"]) == set(turns())


@pytest.mark.parametrize("language", [code for code in LANGUAGES if code != SOURCE])
def test_every_translation_was_made_from_the_dutch_text_there_is_now(language: str) -> None:
    for section in SECTIONS:
        for name, entry in texts(SOURCE)[section].items():
            assert texts(language)[section][name]["source"] == fingerprint(entry), (
                f"{language}.yml: {section}.{name} is of an older Dutch text"
            )


def test_every_choice_leads_somewhere_and_has_its_words() -> None:
    dynamic = {*WHY, *STRENGTHS, *USUAL, *(one for of in (WHY_OF, STRENGTHS_OF, USUAL_OF) for many in of.values() for one in many)}
    fixed = {one for turn in turns().values() for one in turn.get("choices", ())}
    for one in dynamic | fixed:
        assert one in texts(SOURCE)["choices"], f"{one} has no label"
        assert one in PICKED or one in HEARD, f"nothing answers {one}"
    for one in {*PICKED} - labels_of("barrier") - labels_of("strength") - labels_of("driver"):
        assert one in texts(SOURCE)["choices"], f"{one} can be picked and has no label"


def test_every_question_has_its_texts() -> None:
    for name, question in QUESTIONS.items():
        assert f"ask_{name}" in turns()
        assert (f"ask_{name}_again" in turns()) == question.reworded, name
        assert question.menu or turns()[f"ask_{name}"].get("choices"), f"{name} has no choices"


def test_every_barrier_has_its_sentence_and_every_readable_label_its_words() -> None:
    for barrier in labels_of("barrier"):
        assert f"barrier_{barrier}" in turns()
        assert (barrier in texts(SOURCE)["labels"]) == may_read_back(barrier), f"{barrier}: said back, or never"
    for label in (*labels_of("driver"), *labels_of("strength"), *(one for one in labels_of("intent") if one.startswith("goal_"))):
        assert label in texts(SOURCE)["labels"]


def test_no_menu_names_anything_sensitive() -> None:
    fixed = [one for turn in turns().values() for one in turn.get("choices", ())]
    likely = [one for many in (USUAL, *USUAL_OF.values()) for one in many]
    assert not [one for one in (*fixed, *likely) if is_sensitive(one) or not may_read_back(one)]


@pytest.mark.parametrize("language", LANGUAGES)
def test_placeholders_are_those_of_turns(language: str) -> None:
    for name, entry in texts(language)["replies"].items():
        values = set(turns()[name].get("values", ()))
        assert placeholders(entry["text"]) == values, f"{language}.yml: {name}"
        assert placeholders(entry.get("sms", "")) <= values, f"{language}.yml: {name}.sms"


@pytest.mark.parametrize("language", LANGUAGES)
def test_labels_fit_a_button_and_differ(language: str) -> None:
    found = texts(language)["choices"]
    assert not {name: entry["label"] for name, entry in found.items() if len(entry["label"]) > BUTTON}
    menus = [list(turn["choices"]) for turn in turns().values() if turn.get("choices")]
    menus += [[*many, "skip"] for of in (WHY_OF, STRENGTHS_OF) for many in of.values()]
    menus += [[*many, *USUAL, "personal", "skip"] for many in USUAL_OF.values()]
    for menu in menus:
        labels = [plain(found[one]["label"]) for one in dict.fromkeys(menu)]
        assert len(set(labels)) == len(labels), (language, menu)


@pytest.mark.parametrize("language", LANGUAGES)
def test_words_of_a_menu_mean_one_choice(language: str) -> None:
    """A word that two choices of one menu share would pick the first by accident."""
    found = texts(language)["choices"]
    for name, turn in turns().items():
        said: dict[str, str] = {}
        for one in turn.get("choices", ()):
            for word in {plain(str(word)) for word in (found[one]["label"], *found[one].get("words", ()))}:
                assert said.setdefault(word, one) == one, f"{language}: {name}: “{word}” means {said[word]} and {one}"


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_menu_word_is_a_carriers_word(language: str) -> None:
    carriers = {plain(word) for words in CARRIER.values() for word in words} | {"help", "info"}
    for name, entry in texts(language)["choices"].items():
        words = {plain(str(word)) for word in (entry["label"], *entry.get("words", ()))}
        assert not words & carriers, f"{language}: {name}"


# Choices that do what the bare word does.
SAME = {
    "person": {"ask_human", "help_person", "minor_person", "formal_yes"}, "language": {"change_language", "lang_more"},
    "stop": {"stop_asked", "stop_yes"}, "delete": {"forget_me", "forget_yes"},
}  # fmt: skip


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_menu_takes_away_a_word_that_always_works(language: str) -> None:
    """A menu is looked at before bare words: "taal" must not pick a barrier."""
    for meaning in ("person", "language", "stop", "start", "delete", "explain", "help"):
        bare = {plain(str(word)) for word in texts(language)["words"][meaning]}
        for name, entry in texts(language)["choices"].items():
            taken = bare & {plain(str(word)) for word in (entry["label"], *entry.get("words", ()))}
            assert not taken or name in SAME.get(meaning, ()), f"{language}: {name} takes {taken}"


@pytest.mark.parametrize("language", LANGUAGES)
def test_sentences_are_short(language: str) -> None:
    for section, name, text in entries(language):
        for sentence in sentences(text) if name not in LONG else []:
            assert len(sentence.split()) <= WORDS_A_SENTENCE, f"{language}: {section}.{name}: {sentence}"


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_threshold_word_before_the_person_uses_it(language: str) -> None:
    for section, name, text in entries(language):
        assert THRESHOLD[language], "add the words that keep people away"
        if name not in THEIR_OWN_WORDS:
            said = re.findall(r"\w+", text.casefold())
            bad = [word for word in said if any(_is(word, start) for start in THRESHOLD[language])]
            assert not bad, f"{language}: {section}.{name}: {bad}"


def _is(word: str, start: str) -> bool:
    return word == start or (len(start) > 3 and word.startswith(start))


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_word_for_an_ambassador_is_never_said(language: str) -> None:
    assert not [name for _, name, text in entries(language) if re.search(r"ambassad|سفير|سفارة", text, re.IGNORECASE)]


@pytest.mark.parametrize("language", [code for code in LANGUAGES if code in GSM])
def test_sms_needs_no_second_alphabet(language: str) -> None:
    for section, name, text in entries(language):
        if not name.startswith("lang_"):
            assert smsutil.is_valid_gsm(text), f"{language}: {section}.{name}: {[c for c in text if not smsutil.is_valid_gsm(c)]}"


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_pictures(language: str) -> None:
    assert not [name for _, name, text in entries(language) if re.search("[\U0001f000-\U0001faff\u2600-\u27bf]", text)]


@pytest.mark.parametrize("language", [code for code in LANGUAGES if code in OTHER_FORMS])
def test_one_form_of_address(language: str) -> None:
    for section, name, text in entries(language):
        assert not set(re.findall(r"\w+", text.casefold())) & set(OTHER_FORMS[language]), f"{language}: {section}.{name}"


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_words_that_always_work_are_there(language: str) -> None:
    words: dict[str, Any] = texts(language)["words"]
    for meaning in ("yes", "no", "stop", "start", "person", "language", "delete", "explain", "help", "and"):
        assert words[meaning], f"{language}: no word for {meaning}"
    assert len(words["numbers"]) == 5
    intro = texts(language)["replies"]["intro"]["text"]
    named = [str(word) for meaning in ("person", "language", "stop") for word in words[meaning]]
    found = [word for word in named if plain(word) in plain(intro).split()]
    assert len(found) >= 3, f"{language}: the first turn names a person, another language and stop by words that work"
    assert {f"lang_{code}" for code in languages()} <= set(texts(language)["choices"])


def test_others_are_met_in_one_line() -> None:
    others = texts("others")
    asked = {"es", "pt", "it", "de", "ru", "ro", "bg", "ur", "hi", "ku", "ps", "bn", "zh", "vi", "am"}
    assert asked | set(languages()) <= set(others)
    assert not {code: line for code, line in others.items() if len(line) > 90 or "\n" in line or "1 = " not in line}
