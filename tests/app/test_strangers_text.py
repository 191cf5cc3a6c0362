"""What strangers write into manifests: it stays one piece of one line, whatever its letters."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.stamp.reading import clean

FILLERS = "\u115f\u1160\u3164\uffa0"
"""Letters by Unicode, that are drawn as nothing."""


@pytest.mark.parametrize("blank", [" ", *FILLERS])
def test_nobody_can_write_a_line_of_their_own(blank):
    """Enough blanks and a terminal goes on in its next line, where our own words could begin."""
    said = clean("Mallory" + blank * 60 + "signer    Selfsame installation (ours)")
    assert "  " not in said
    assert not set(FILLERS) & set(said)
    assert clean(blank * 200) in {None, "\u00b7" * 120}


@given(st.text(max_size=300))
def test_whatever_the_letters(text):
    said = clean(text)
    assert said is None or (said.isprintable() and len(said) <= 120 and "  " not in said and said == said.strip())
    assert said is None or not {"Cc", "Cf", "Zl", "Zp", "Mn", "Me", "Mc"} & {unicodedata.category(c) for c in said}
