"""The mirror's place on the page: when it is there, what it says, and that its script has the words it uses."""

import json
import re
from html import unescape
from types import SimpleNamespace

import pytest

from app.studio import glass, live
from app.studio.agree import OFFERED
from app.studio.mirror import SETTINGS
from app.studio.play import wanted
from app.studio.sessions import Visitor
from app.studio.strings import TABLES, say
from consent.types import Purpose
from tests.app.mirror_helpers import SETTINGS as SENT

SCRIPT = (live.STATIC / "mirror.js").read_text()


def before(purposes, language="en"):
    return Visitor(language=language, gate=SimpleNamespace(purposes=frozenset(purposes)))


def words(language):
    return json.loads(unescape(re.search(r'data-words="([^"]*)"', glass.glass(before(Purpose, language)))[1]))


def test_it_is_there_after_the_check_for_who_agreed():
    assert glass.glass(Visitor()) == ""
    assert say("mirror_off") in glass.glass(before([Purpose.AGE, Purpose.VIDEO]))
    assert 'data-mirror="open"' in glass.glass(before([Purpose.AGE, Purpose.MIRROR]))
    assert Purpose.MIRROR in OFFERED


def test_a_recording_needs_a_yes_to_films():
    assert 'data-mirror="record"' not in glass.glass(before([Purpose.AGE, Purpose.MIRROR]))
    assert 'data-mirror="record"' in glass.glass(before([Purpose.AGE, Purpose.MIRROR, Purpose.VIDEO]))


@pytest.mark.parametrize("language", TABLES)
def test_its_script_has_the_words_it_uses(language):
    said = words(language)
    assert set(re.findall(r"\bthis\.words\.(\w+)", SCRIPT)) == set(said)
    shared = (live.STATIC / "capture.js").read_text()
    used = set(re.findall(r"\.refuse\('([\w-]+)'\)", SCRIPT)) | set(re.findall(r"Error: '([\w-]+)'", shared))
    assert used | {"no-camera"} == set(said["no"]) == set(glass.NOS)
    assert all(no["reason"] and no["remedy"] for no in said["no"].values())


def test_its_script_sends_what_the_server_reads():
    controls = (live.STATIC / "controls.js").read_text()
    listed = re.search(r"const SLIDERS = \[(.*?)\]", controls)[1]
    named = re.search(r"const said = \{(.*)\};", controls)[1]
    keys = re.findall(r"(?:^|, )\s*(\w+)(?=:|,|\s*$)", named)
    assert {*keys, *re.findall(r"'(\w+)'", listed)} == set(SETTINGS) == set(SENT)
    assert wanted(*(SENT[name] for name in SETTINGS)).years == 30


def test_every_part_of_it_is_named():
    page = glass.glass(before(Purpose))
    for tag in re.findall(r"<(?:canvas|section)[^>]*>", page):
        assert 'aria-label="' in tag
    assert 'role="status" aria-live="assertive"' in page
    assert 'class="why"' in page
    assert all(part in page for part in re.findall(r"this\.part\('\[(data-mirror=\w+)\]'\)", SCRIPT.replace("=", '="')))


def test_nothing_but_the_socket_is_drawn():
    """The camera's own picture goes into the sheet that is sent, never onto the glass."""
    assert re.findall(r"(\w+)\.drawImage\((\w[\w.]*),", SCRIPT.replace("this.", "")) == [
        ("pen", "video"),
        ("pen", "picture"),
    ]
    assert "const canvas = Object.assign(document.createElement('canvas')" in SCRIPT
    added = re.findall(r"\bappend\((.*)\);", SCRIPT)
    assert len(added) == 3, "the camera, a picture that was taken, its place in the list"
    assert "this.video" in added
    speck = re.search(r"\.mirror \.eye \{(.*?)\}", (live.STATIC / "mirror.css").read_text())[1]
    assert "width: 1px; height: 1px; opacity: 0" in speck
