"""The C2PA manifest of an output: claim version 2.

Ingredients are declared, never handed over: the library gets neither the pixels of the original nor those of the
source, so nothing of them (thumbnail, hash, metadata) can be in the file. Their instance ids are random.
"""

from __future__ import annotations

import datetime as dt
import functools
import importlib.metadata
import uuid
from collections.abc import Sequence
from typing import Final

from app.codec import Format
from app.stamp import label
from app.stamp.statement import ASSERTION, PARTS, Statement, parts_as_json
from consent.errors import Fault

GENERATOR: Final = "Selfsame"
DESCRIPTIONS: Final = (
    ("swap", "The face was replaced by another picture of the same person's face"),
    ("age", "The face was changed to preview another age of the same person"),
    ("express", "The expression of the face was changed"),
)
_TITLES: Final = (("swap", "Face swap"), ("age", "Age preview"), ("express", "Expression preview"))
ENGINES: Final = (("swap-mesh", True), ("age-wrinkle", False), ("express-mesh", False), ("combine-mesh", False))
"""Engines without a trained model that makes pixels: whether all they show was captured somewhere."""
_SOURCE_TYPES: Final = "http://cv.iptc.org/newscodes/digitalsourcetype/"
_NOT_ALLOWED: Final = (
    "cawg.ai_inference",
    "cawg.ai_generative_training",
    "cawg.ai_training",
    "cawg.data_mining",
)


def build(statement: Statement, fmt: Format, when: dt.datetime, parts: Sequence[Statement] = ()) -> dict[str, object]:
    """Write the manifest for one output.

    Args:
        statement: What was done, for whom and with whose consent.
        fmt: The format of the output.
        when: The time of the change (aware); the signature carries no other time.
        parts: What was stated of each part of a film that was made in several.

    Returns:
        The manifest definition for the library's builder, JSON types only.

    Raises:
        Fault: `no-such-label` for a purpose without words.
    """
    moment = when.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    agent = {"name": f"{GENERATOR} {statement.engine}", "version": version()}
    return {
        "claim_generator_info": [{"name": GENERATOR, "version": version()}],
        "title": title(statement),
        "format": fmt.mime,
        "instance_id": _instance_id(),
        "ingredients": [
            _ingredient("target", "parentOf", f"The person's own {'film' if fmt is Format.MP4 else 'picture'}"),
            _ingredient("source", "inputTo", "The person's own live check or photo"),
        ],
        "assertions": [
            {
                "label": "c2pa.actions.v2",
                "created": True,
                "data": {
                    "actions": [
                        {"action": "c2pa.opened", "when": moment, "parameters": {"ingredientIds": ["target"]}},
                        {
                            "action": "c2pa.edited",
                            "when": moment,
                            "digitalSourceType": source_type(statement),
                            "softwareAgent": agent,
                            "description": ". ".join(_each(DESCRIPTIONS, statement.purpose)),
                            "parameters": {
                                "ingredientIds": ["source"],
                                "org.selfsame.engine": statement.engine,
                                "org.selfsame.parameters": dict(statement.parameters),
                            },
                        },
                        {
                            "action": "c2pa.edited",
                            "when": moment,
                            "softwareAgent": agent,
                            "description": "Visible label: "
                            + " / ".join(label.lines(statement.purpose, demo=statement.domain == "demo")),
                        },
                        *_joined(parts, moment, agent),
                    ],
                    "allActionsIncluded": True,
                },
            },
            {
                "label": "cawg.training-mining",
                "created": True,
                "data": {"entries": {name: {"use": "notAllowed"} for name in _NOT_ALLOWED}},
            },
            {"label": ASSERTION, "created": True, "kind": "Json", "data": statement.as_json()},
            *([{"label": PARTS, "created": True, "kind": "Json", "data": parts_as_json(parts)}] if parts else []),
        ],
    }


def _joined(parts: Sequence[Statement], moment: str, agent: dict[str, str]) -> list[dict[str, object]]:
    """The action of putting the parts of a film together."""
    if not parts:
        return []
    words = f"Put together from {len(parts)} parts, each made, labelled and signed by itself before"
    return [{"action": "c2pa.edited", "when": moment, "softwareAgent": agent, "description": words}]


def source_type(statement: Statement) -> str:
    """Choose the IPTC digital source type: what the engine did, and no more than we know.

    An engine that is not in the table makes pixels with a trained model, as far as anybody can tell from here, and its
    edit is `compositeWithTrainedAlgorithmicMedia` ("edit with generative AI"). Those in the table are no such models:
    networks show them where a face and its parts are, but each pixel is moved, relit, blended or computed by a formula,
    so the terms that speak of generative AI would be false. Nor is it `algorithmicallyEnhanced`, which is "without
    changing the main content", nor `humanEdits`: no human drew it.

    * An engine that only moves pixels, between two frames of the live check, is `compositeCapture`: all elements are
      captures of real life.
    * Everything else is `composite`, "any of which may or may not be generative AI": of a photo that was handed in we
      know whose face it shows but not how it was made, wrinkles and the inside of a mouth are drawn where no camera saw
      any, and the demonstration's person was never before a camera.

    The visible label says AI MODIFIED in each case: for who looks at it, a changed face is what matters.
    """
    captured = dict(ENGINES).get(statement.engine.rpartition(" ")[0])
    if captured is None:
        return _SOURCE_TYPES + "compositeWithTrainedAlgorithmicMedia"
    live = (statement.domain, statement.source_origin, statement.target_origin) == ("live", "live", "live")
    return _SOURCE_TYPES + ("compositeCapture" if captured and live else "composite")


def title(statement: Statement) -> str:
    """Name the output for people, e.g. `Age preview of the person themself`."""
    name = ", ".join(_each(_TITLES, statement.purpose)).capitalize()
    if statement.domain == "demo":
        return f"DEMO PERSON: {name} of a synthetic person who does not exist"
    return f"{name} of the person themself, made with their consent"


def _each(table: tuple[tuple[str, str], ...], purpose: str) -> list[str]:
    """The words for each thing that was done."""
    words = dict(table)
    if not set(purpose.split("+")) <= set(words):
        raise Fault("no-such-label", f"There are no words for {purpose!r}.", "Add them to the table.")
    return [words[name] for name in purpose.split("+")]


@functools.cache
def version() -> str:
    """Return the version of this program."""
    try:
        return importlib.metadata.version("selfsame")
    except importlib.metadata.PackageNotFoundError:
        return "0"  # run from a checkout that was not installed


def _ingredient(name: str, relationship: str, text: str) -> dict[str, str]:
    return {
        "label": name,
        "title": text,
        "relationship": relationship,
        "instance_id": _instance_id(),
    }


def _instance_id() -> str:
    return f"xmp:iid:{uuid.uuid4()}"
