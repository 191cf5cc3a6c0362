import datetime as dt
import json
import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app import engines
from app.codec import Format
from app.stamp import manifest
from app.stamp.statement import ASSERTION, PURPOSES, Statement, parse, purpose_of, rounded, version_of
from consent.errors import Fault
from consent.types import Domain, Origin, Purpose
from tests.app.stamp_helpers import statement

WHEN = dt.datetime(2026, 8, 2, 14, 30, tzinfo=dt.timezone(dt.timedelta(hours=2)))
SYNTHETIC = "http://cv.iptc.org/newscodes/digitalsourcetype/"


def build(**changes):
    return manifest.build(statement(**changes), Format.PNG, WHEN)


def assertion(definition, name):
    (found,) = [entry for entry in definition["assertions"] if entry["label"] == name]
    return found


def test_actions_are_complete_and_in_order():
    actions = assertion(build(), "c2pa.actions.v2")["data"]
    assert actions["allActionsIncluded"] is True
    opened, edited, labelled = actions["actions"]
    assert opened == {
        "action": "c2pa.opened",
        "when": "2026-08-02T12:30:00Z",
        "parameters": {"ingredientIds": ["target"]},
    }
    assert edited["action"] == labelled["action"] == "c2pa.edited"
    assert edited["parameters"]["ingredientIds"] == ["source"]
    assert edited["parameters"]["org.selfsame.engine"] == "swap-mesh 1"
    assert edited["parameters"]["org.selfsame.parameters"] == {"strength": 0.75, "mode": "soft"}
    assert edited["softwareAgent"]["name"] == "Selfsame swap-mesh 1"
    assert labelled["description"] == "Visible label: AI MODIFIED / FACE SWAP"


def test_all_assertions_are_created_not_gathered():
    assert all(entry["created"] is True for entry in build()["assertions"])


def test_no_training_or_mining():
    entries = assertion(build(), "cawg.training-mining")["data"]["entries"]
    assert len(entries) == 4
    assert all(entry == {"use": "notAllowed"} for entry in entries.values())


def test_ingredients_are_names_only():
    target, source = build()["ingredients"]
    assert (target["relationship"], source["relationship"]) == ("parentOf", "inputTo")
    for ingredient in (target, source):
        assert set(ingredient) == {"label", "title", "relationship", "instance_id"}
    ids = [entry["instance_id"] for made in (build(), build()) for entry in (made, *made["ingredients"])]
    assert len(set(ids)) == 6


def test_the_consent_assertion_says_what_the_gate_found():
    data = assertion(build(), ASSERTION)["data"]
    assert data == {
        "version": 3,
        "subject": "self",
        "source_matches_subject": True,
        "target_matches_subject": True,
        "purpose": "swap",
        "domain": "live",
        "person": "real",
        "assurance": "motion",
        "session": "5f0c6a",
        "consent": "c0ffee",
        "source_origin": "live",
        "target_origin": "photo",
        "engine": "swap-mesh 1",
        "watermark": "none",
        "parameters": {"strength": 0.75, "mode": "soft"},
        "source_score": 0.85,
        "target_score": 0.7,
        "source_hmac": "5" * 64,
        "target_hmac": "7" * 64,
    }


def test_no_biometrics_and_no_place_of_the_face():
    text = json.dumps(build())
    assert "face_box" not in text
    assert "0.87" not in text, "the cosine as it was measured"
    assert len(re.findall(r"[0-9a-f]{40,}", text)) == 2, "of private photos no more than the two HMACs"


@pytest.mark.parametrize(
    ("cosine", "told"),
    [(0.55, 0.55), (0.5999, 0.55), (0.6, 0.6), (0.7, 0.7), (0.3 * 0.5, 0.15), (1.0, 1.0), (0.0, 0.0), (-0.2, 0.0)],
)
def test_scores_are_rounded_down(cosine, told):
    assert rounded(cosine) == told


@given(st.floats(-1, 1))
def test_a_rounded_score_is_a_multiple_that_does_not_boast(cosine):
    told = rounded(cosine)
    assert told in [step / 20 for step in range(21)]
    assert told <= max(0, cosine) + 1e-9 < told + 0.05 + 1e-8


def old():
    """What version 2 wrote."""
    data = statement().as_json() | {"version": 2}
    return {name: value for name, value in data.items() if not name.endswith(("_score", "_hmac"))}


def test_version_2_is_still_read():
    found = parse(old())
    assert found.as_json() == old()
    assert (found.source_score, found.source_hmac, found.purpose) == (None, None, "swap")


@pytest.mark.parametrize("field", ["source_score", "target_score", "source_hmac", "target_hmac"])
def test_a_mixture_of_versions_is_nothing(field):
    assert parse(old() | {field: statement().as_json()[field]}) is None
    assert parse(statement().as_json() | {"version": 2}) is None
    assert parse(old() | {"version": 3}) is None


@pytest.mark.parametrize(
    ("data", "version"),
    [({"version": 1}, 1), ({"version": 4}, 4), ({"version": True}, None), ({"version": "3"}, None), ([], None),
     ({"version": 0}, None), ({"version": 10**9}, None), ({}, None)],
)  # fmt: skip
def test_which_version_it_says(data, version):
    assert version_of(data) == version


@pytest.mark.parametrize("purpose", PURPOSES)
def test_the_demo_says_so_everywhere(purpose):
    done = tuple(map(Purpose, purpose.split("+")))
    definition = build(purposes=done, domain=Domain.DEMO)
    assert definition["title"].startswith("DEMO PERSON")
    data = assertion(definition, ASSERTION)["data"]
    assert (data["domain"], data["person"]) == ("demo", "synthetic")
    label_action = assertion(definition, "c2pa.actions.v2")["data"]["actions"][-1]
    assert label_action["description"].endswith("DEMO PERSON")
    assert "DEMO" not in build(purposes=done)["title"]


def test_several_things_done_at_once_are_all_named():
    definition = build(purposes=(Purpose.AGE, Purpose.SWAP, Purpose.EXPRESS))
    assert definition["title"].startswith("Face swap, age preview, expression preview of the person")
    edited = assertion(definition, "c2pa.actions.v2")["data"]["actions"][1]["description"]
    assert [word in edited for word in ("replaced", "age", "expression")] == [True] * 3
    assert assertion(definition, ASSERTION)["data"]["purpose"] == "swap+age+express"


@pytest.mark.parametrize("purpose", ["", "age+swap", "swap+swap", "+", "swap+", "video", "swap age"])
def test_what_was_done_has_one_name(purpose):
    data = assertion(build(), ASSERTION)["data"]
    assert parse(data) is not None
    assert parse({**data, "purpose": purpose}) is None


@pytest.mark.parametrize("other", sorted(set(Purpose) - {Purpose.SWAP, Purpose.AGE, Purpose.EXPRESS}))
def test_what_has_no_name_is_not_left_out(other):
    assert purpose_of((Purpose.EXPRESS, Purpose.SWAP)) == "swap+express"
    assert purpose_of((other, Purpose.SWAP)) not in PURPOSES


LIVE, PHOTO, DEMO = Origin.LIVE, Origin.PHOTO, Domain.DEMO


@pytest.mark.parametrize(
    ("engine", "domain", "source", "target", "expected"),
    [
        ("swap-mesh 1", Domain.LIVE, LIVE, LIVE, "compositeCapture"),
        ("swap-mesh 2", Domain.LIVE, LIVE, LIVE, "compositeCapture"),
        ("swap-mesh 1", Domain.LIVE, LIVE, PHOTO, "composite"),
        ("swap-mesh 1", Domain.LIVE, PHOTO, LIVE, "composite"),
        ("swap-mesh 1", DEMO, LIVE, LIVE, "composite"),
        ("age-wrinkle 2", Domain.LIVE, LIVE, LIVE, "composite"),
        ("express-mesh 1", Domain.LIVE, LIVE, LIVE, "composite"),
        ("personal-64 1", Domain.LIVE, LIVE, LIVE, "compositeWithTrainedAlgorithmicMedia"),
        ("personal-64 1", DEMO, PHOTO, PHOTO, "compositeWithTrainedAlgorithmicMedia"),
        ("swap-mesh", Domain.LIVE, LIVE, LIVE, "compositeWithTrainedAlgorithmicMedia"),
    ],
)
def test_source_type_by_engine(engine, domain, source, target, expected):
    found = statement(engine=engine, domain=domain, source_origin=source, target_origin=target)
    assert manifest.source_type(found) == SYNTHETIC + expected


def test_which_engines_there_are_without_a_trained_model():
    """A new engine is said to be trained until somebody has thought about it and put it into the table."""
    sources = "".join(path.read_text() for path in Path(engines.__file__).parent.glob("*.py"))
    found = {name for name, _ in re.findall(r'"([a-z]+-[a-z]+) (\d+)"', sources)}
    assert {name for name, _ in manifest.ENGINES} <= found


def test_an_unknown_purpose_has_no_title():
    odd = Statement("undress", "live", "motion", "a", "b", "live", "live", "x 1", {})
    with pytest.raises(Fault):
        manifest.title(odd)


def test_a_statement_survives_json():
    assert parse(json.loads(json.dumps(statement().as_json()))) == statement()


def test_parameters_cannot_be_changed_afterwards():
    given_parameters = {"years": 30.0}
    found = Statement("age", "live", "motion", "a", "b", "live", "live", "age 1", given_parameters)
    given_parameters["years"] = 99.0
    assert found.parameters["years"] == 30.0
    with pytest.raises(TypeError):
        found.parameters["years"] = 99.0


@pytest.mark.parametrize(
    "change",
    [
        {"version": 4},
        {"source_score": 0.87},
        {"source_score": 1.05},
        {"source_score": -0.05},
        {"target_score": float("nan")},
        {"target_score": "0.7"},
        {"target_score": None},
        {"source_hmac": "5" * 63},
        {"source_hmac": "G" * 64},
        {"target_hmac": None},
        {"watermark": "C0FFEE42"},
        {"watermark": 7},
        {"subject": "other"},
        {"source_matches_subject": False},
        {"target_matches_subject": 0},
        {"purpose": "undress"},
        {"domain": "moon"},
        {"person": "synthetic"},
        {"source_origin": "web"},
        {"session": ""},
        {"session": "x" * 200},
        {"session": "<script>"},
        {"consent": 7},
        {"engine": None},
        {"engine": "a\nb"},
        {"parameters": []},
        {"parameters": {"a b": 1}},
        {"parameters": {"a": "<img>"}},
        {"parameters": {"a": True}},
        {"parameters": {"a": float("nan")}},
        {"parameters": {"a": 1e300}},
        {"parameters": {"a": {"b": 1}}},
        {"parameters": {f"a{i}": i for i in range(33)}},
        {"extra": 1},
    ],
)
def test_parse_takes_nothing_else(change):
    assert parse(statement().as_json() | change) is None


@pytest.mark.parametrize("field", sorted(statement().as_json()))
def test_parse_wants_every_field(field):
    data = statement().as_json()
    del data[field]
    assert parse(data) is None


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(JSON, st.sampled_from(sorted(statement().as_json())))
@settings(max_examples=200)
def test_parse_never_fails(value, field):
    parse(value)
    found = parse(statement().as_json() | {field: value})
    assert found is None or found.as_json() == statement().as_json() | {field: value}
