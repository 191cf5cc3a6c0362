"""A no in the person's language. The English words are those of the code that says no; others stand in tables here.

What a sentence leaves open (how many faces, which movement) is read out of the English one. A no without words in the
person's language is said in English: never not at all.
"""

from __future__ import annotations

import re
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from app.studio.refusals_films_zh import ZH_FILMS
from app.studio.refusals_more_zh import ZH_MORE
from app.studio.refusals_zh import VERDICTS_ZH, ZH
from app.studio.strings import say
from consent.errors import WORDS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from app.verify import Report
    from consent.errors import Fault, Refusal

TABLES: Final[Mapping[str, Mapping[str, tuple[str, str]]]] = MappingProxyType(
    {"zh": MappingProxyType({**ZH, **ZH_FILMS})}
)
"""By language: reason and remedy, by code and case as in `consent/words.toml`, or by the code alone."""
BY_CODE: Final[Mapping[str, Mapping[str, tuple[str, str]]]] = MappingProxyType({"zh": ZH_MORE})
"""By language: reason and remedy of codes that are said in one way, whatever was raised with them."""
VERDICTS: Final[Mapping[str, Mapping[str, str]]] = MappingProxyType({"zh": VERDICTS_ZH})
"""By language: the sentence of `app.verify` by its verdict, and the one about a consent that was withdrawn."""
_ASKED: Final = MappingProxyType({text.lower(): code for code, text in WORDS["ask"].items()})


def told(no: Refusal | Fault, language: str) -> tuple[str, str]:
    """Reason and remedy of a no, in this language as far as we have the words.

    Args:
        no: what was raised.
        language: a key of `TABLES`; any other is answered in English.
    """
    table = TABLES.get(language, {})
    for name in (key for key in table if key.partition(".")[0] == no.code):
        filled = _open(name, f"{no.reason}\n{no.remedy}")
        if filled is not None:
            values = {key: _value(text, language) for key, text in filled.items()}
            reason, remedy = table[name]
            return reason.format(**values), remedy.format(**values)
    return BY_CODE.get(language, {}).get(no.code, (no.reason, no.remedy))


def found(report: Report, language: str) -> str:
    """What `app.verify` found, in one sentence or two, in this language as far as we have the words."""
    words = VERDICTS.get(language)
    if words is None:
        return report.sentence
    since = "" if report.withdrawn is None else words["withdrawn"].format(date=report.withdrawn[:10])
    return words[report.verdict.value] + since


def _open(name: str, text: str) -> dict[str, str] | None:
    """What fills the braces of these words in this text; None if they are not its words."""
    words = WORDS["refusal"].get(name)
    if words is None:  # said in one way only, where it is raised
        return {} if "." not in name else None
    pattern = re.sub(r"\\\{(\w+)\\\}", r"(?P<\1>.+)", re.escape(f"{words['reason']}\n{words['remedy']}"))
    same = re.fullmatch(pattern, text)
    return None if same is None else same.groupdict()


def _value(text: str, language: str) -> str:
    """A prompt in its own words here; anything else, such as a number, as it is."""
    code = _ASKED.get(text.lower())
    return text if code is None else say(f"hint_{code}", language)
