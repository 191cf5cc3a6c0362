"""What stands in the manifest of a finished file of each format: read by the library, from the bytes that leave."""

import io
import json

import c2pa
import numpy as np
import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from app import codec
from app.stamp.context import open_context
from app.stamp.statement import parse
from tests.app.stamp_helpers import FORMATS, facts, picture, signer, stamped, write

IPTC = "http://cv.iptc.org/newscodes/digitalsourcetype/"
OURS = {"c2pa.actions.v2", "cawg.training-mining", "org.selfsame.consent"}


def read(fmt, data=None):
    """Everything that the library says about the active manifest: claim, assertions, and the rest."""
    kind = codec.Format(fmt)
    with (
        open_context([signer().anchor_pem]) as context,
        c2pa.Reader(kind.mime, io.BytesIO(data or stamped(fmt)), context=context) as reader,
    ):
        store, detailed = json.loads(reader.json()), json.loads(reader.detailed_json())
    name = store["active_manifest"]
    return store, store["manifests"][name], detailed["manifests"][name]


@pytest.mark.parametrize("fmt", FORMATS)
def test_the_claim_is_of_version_2_and_everything_in_it_is_created(fmt):
    store, manifest, detailed = read(fmt)
    claim = detailed["claim"]
    assert manifest["claim_version"] == 2
    assert len(store["manifests"]) == 1
    created = {entry["url"].rpartition("/")[2] for entry in claim["created_assertions"]}
    assert created >= OURS
    assert created == set(detailed["assertion_store"]), "also the ingredients and the hash of the file"
    assert not claim.get("gathered_assertions")
    assert claim["claim_generator_info"]["name"] == "Selfsame"


@pytest.mark.parametrize("fmt", FORMATS)
def test_opened_then_edited_then_labelled(fmt):
    _, manifest, detailed = read(fmt)
    actions = detailed["assertion_store"]["c2pa.actions.v2"]
    opened, edited, labelled = actions["actions"]
    assert [one["action"] for one in actions["actions"]] == ["c2pa.opened", "c2pa.edited", "c2pa.edited"]
    assert actions["allActionsIncluded"] is True
    assert edited["digitalSourceType"] == IPTC + "composite"
    assert [one["softwareAgent"]["name"] for one in (edited, labelled)] == ["Selfsame swap-mesh 1"] * 2
    assert labelled["description"].startswith("Visible label: AI MODIFIED")
    used = [one["parameters"]["ingredients"][0]["url"].rpartition("/")[2] for one in (opened, edited)]
    kinds = [detailed["assertion_store"][name]["relationship"] for name in used]
    assert kinds == ["parentOf", "inputTo"], "the target was opened, the source went in"
    assert len(manifest["ingredients"]) == 2


@pytest.mark.parametrize("fmt", FORMATS)
def test_an_ingredient_is_a_name_and_a_random_number(fmt):
    _, _, detailed = read(fmt)
    told = [one for name, one in detailed["assertion_store"].items() if name.startswith("c2pa.ingredient")]
    assert [set(one) for one in told] == [{"relationship", "dc:title", "instanceID"}] * 2
    assert all(one["instanceID"].startswith("xmp:iid:") for one in told)


@pytest.mark.parametrize("fmt", FORMATS)
def test_nothing_may_be_trained_on_it(fmt):
    _, _, detailed = read(fmt)
    entries = detailed["assertion_store"]["cawg.training-mining"]["entries"]
    assert {name: entry["use"] for name, entry in entries.items()} == dict.fromkeys(
        ("cawg.ai_inference", "cawg.ai_generative_training", "cawg.ai_training", "cawg.data_mining"), "notAllowed"
    )


@pytest.mark.parametrize("fmt", FORMATS)
def test_the_consent_assertion_and_nothing_that_identifies_the_person(fmt):
    _, _, detailed = read(fmt)
    told = detailed["assertion_store"]["org.selfsame.consent"]
    stated = parse(told)
    assert stated is not None
    assert (stated.consent, stated.purpose, stated.assurance) == ("c0ffee", "swap", "motion")
    assert (stated.source_score, stated.target_score) == (0.85, 0.7)
    assert len({stated.source_hmac, stated.target_hmac, "5" * 64}) == 3
    assert set(told) == set(stated.as_json())


@pytest.mark.parametrize("fmt", FORMATS)
def test_no_thumbnail_and_no_address(fmt):
    _, manifest, detailed = read(fmt)
    assert "thumbnail" not in json.dumps([manifest, detailed])
    data = stamped(fmt)
    for word in (b"thumbnail", b"exif", b"Exif", b"<x:xmpmeta", b"http://ns.adobe", b"GPS"):
        assert word not in data, word
    assert "http" not in json.dumps(detailed).replace(IPTC, "").replace("https://c2pa.org", "")


def carrying(fmt):
    """A picture as telephones and editors write it: place, time, maker, XMP with an instance id, a comment."""
    exif = Image.Exif()
    exif[0x010F], exif[0x0132], exif[0x9286] = "SecretMaker", "2001:02:03 04:05:06", b"SecretComment"
    exif.get_ifd(0x8825).update({1: "N", 2: (47.0, 22.0, 11.0), 3: "E", 4: (8.0, 32.0, 5.0)})
    xmp = b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><r xmpMM:InstanceID="xmp.iid:SecretInstance"/></x:xmpmeta>'
    out = io.BytesIO()
    more = {"comment": b"SecretJfif", "xmp": xmp} if fmt == "jpeg" else {"xmp": xmp}
    if fmt == "png":
        text = PngInfo()
        text.add_itxt("XML:com.adobe.xmp", xmp.decode())
        more = {"pnginfo": text}
    Image.fromarray(picture()).save(out, fmt, exif=exif.tobytes(), **more)
    return out.getvalue()


@pytest.mark.parametrize("fmt", FORMATS)
def test_nothing_of_the_originals_metadata_is_carried_over(fmt):
    given = carrying(fmt)
    assert b"SecretMaker" in given
    assert b"SecretInstance" in given, "the test itself must be able to fail"
    data = write(codec.decode(given), facts(), signer(), fmt).data
    assert b"Secret" not in data
    assert b"2001:02:03" not in data
    with Image.open(io.BytesIO(data)) as found:
        assert not found.getexif()
        assert not set(found.info) & {"exif", "xmp", "comment", "XML:com.adobe.xmp", "icc_profile"}


@pytest.mark.parametrize("fmt", FORMATS)
def test_a_stamped_target_leaves_nothing_of_its_manifest(fmt):
    """It is decoded like any other: its manifest, with another receipt, does not come along."""
    first = write(picture(), facts(consent="0ld5ecret"), signer(), fmt).data
    assert b"0ld5ecret" in first
    again = write(np.ascontiguousarray(codec.decode(first)), facts(), signer(), fmt).data
    assert b"0ld5ecret" not in again
    assert len(read(fmt, again)[0]["manifests"]) == 1


def test_two_outputs_share_no_number_but_the_certificates():
    first, second = (read("png", write(picture(), facts(), signer(), "png").data)[2] for _ in range(2))
    ids = [
        {
            one["claim"]["instanceID"],
            *(entry["instanceID"] for name, entry in one["assertion_store"].items() if "ingredient" in name),
            *(one["assertion_store"]["org.selfsame.consent"][name] for name in ("source_hmac", "target_hmac")),
        }
        for one in (first, second)
    ]
    assert [len(one) for one in ids] == [5, 5]
    assert not ids[0] & ids[1]
