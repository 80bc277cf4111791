"""The look at typed Dutch: it names what is hard, and is silent about plain sentences."""

from __future__ import annotations

import pytest
import yaml

from bot import plain_dutch
from bot.gate import FOLDER
from bot.plain_dutch import Finding, check, is_dutch

# As staff write when they are in a hurry and come from an office: each with what makes it hard.
HARD = [
    ("Indien u nog vragen heeft, kunt u contact opnemen met uw klantmanager.", "word"),
    ("U dient de benodigde documenten uiterlijk vrijdag te overhandigen.", "word"),
    ("In verband met uw uitkering verzoek ik u een inkomensverklaring te verstrekken.", "word"),
    ("Uw dossier wordt binnenkort door een medewerker beoordeeld.", "passive"),
    ("Ik heb gekeken naar wat er bij u in de buurt allemaal mogelijk is en ik denk dat dit iets is.", "long"),
    ("Betreffende de kinderopvang kan ik u mededelen dat er een wachtlijst is.", "word"),
    ("De afspraak vindt plaats op onze locatie, mits u tijdig aanwezig bent.", "word"),
    ("Er zal contact met u worden opgenomen.", "passive"),
    ("Wellicht komt u in aanmerking voor kwijtschelding.", "word"),
    ("U kunt daartoe een aanvraag indienen bij de gemeente.", "word"),
]
# As the best of them write.
PLAIN = [
    "Goedemorgen, ik ben Sara. Ik heb uw bericht gelezen.",
    "Wat vervelend van die brief. Zullen we hem samen lezen?",
    "Uw dochter mag gewoon mee, we hebben een tafel met kleurpotloden.",
    "Kunt u woensdag om half drie? Dan ben ik in de bibliotheek.",
    "U hoeft nu nog niets te betalen. Bel mij als er weer een brief komt.",
    "Ik heb met de gemeente gebeld. U houdt uw uitkering als u vrijwilliger wordt.",
    "Het wordt een gesprek van een half uur, met een kopje thee erbij.",
    "Neem bus 4 en stap uit bij de markt. Fatima wacht daar op u in het buurthuis.",
    "Heel goed dat u dit vertelt! Veel mensen schamen zich voor schulden.",
    "Ik weet het nog niet. Morgen vraag ik het aan mijn collega, dan schrijf ik u weer.",
]


@pytest.mark.parametrize(("text", "kind"), HARD)
def test_a_hard_sentence_is_marked_for_what_makes_it_hard(text: str, kind: str) -> None:
    assert kind in {finding.kind for finding in check(text)}


@pytest.mark.parametrize("text", PLAIN)
def test_a_plain_sentence_is_left_alone(text: str) -> None:
    assert check(text) == []


SIMPLER = [
    ("Indien het regent", [("Indien", "als")]),
    ("U dient te komen", [("U dient", "u moet")]),
    ("een aanvraag  indienen", [("aanvraag  indienen", "vragen, aanvragen")]),
    ("Wij verzoeken u te wachten", [("Wij verzoeken u", "wilt u")]),
    ("indien ja, indien nee", [("indien", "als")]),
    ("de naturalisatie van Mohammed Elbakkali", [("naturalisatie", None)]),
    ("kijk op https://naturalisatie.example of mail naturalisatie@example.org", []),
    ("het fietslesje en opschrijven", []),
    ("", []),
]


@pytest.mark.parametrize(("text", "found"), SIMPLER)
def test_a_hard_word_has_the_simpler_one_beside_it(text: str, found: list[tuple[str, str | None]]) -> None:
    assert check(text) == [Finding("word", word, simpler) for word, simpler in found]


LANGUAGES = [
    ("Wij verzoeken u de documenten te verstrekken", True),
    ("Kunt u morgen komen?", True),
    ("Could you come in tomorrow, we are here", False),
    ("Können Sie morgen zu uns kommen?", False),
    ("Pouvez-vous venir demain dans le bureau ?", False),
    ("Yarın saat ikide gelebilir misiniz?", False),
    ("هل يمكنكم المجيء غداً", False),
    ("Naturalisatie", False),
]


@pytest.mark.parametrize(("text", "dutch"), LANGUAGES)
def test_dutch_is_known_by_its_small_words(text: str, dutch: bool) -> None:
    assert is_dutch(text) is dutch


def test_the_list_is_long_and_no_simpler_word_is_itself_hard() -> None:
    held = yaml.safe_load((FOLDER / "simpler.yml").read_text(encoding="utf-8"))
    assert len(held["pairs"]) >= 150
    assert [(hard, simpler) for hard, simpler in plain_dutch.pairs().items() if check(simpler)] == []
