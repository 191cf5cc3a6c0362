"""What others' verifiers say, in other code bases and languages: encypher-c2pa (Rust) and c2pa-ts (TypeScript).

The second needs Node and its package, which `.ci/run` installs; without them its tests are skipped and say so. Both are
asked about what they look at: neither knows that a byte outside hash and signature is not as we write it.
"""

import json
import shutil
import subprocess
from pathlib import Path

import encypher_c2pa
import pytest

from app import codec
from app.stamp.signer import Signer
from app.verify import Verdict
from tests.app.stamp_helpers import FORMATS, facts, picture, signer, stamped, write
from tests.app.tampering import CASES
from tests.app.test_stamp_organisation import P256, P384, adopted, chain_pem, house
from tests.app.test_verify_tampering import flipped, place_of

FOLDER = Path(__file__).parents[1] / "second_opinion"
NODE = shutil.which("node")
WHY = "Node is not here" if NODE is None else "tests/second_opinion is not installed (npm install --prefix ...)"
node = pytest.mark.skipif(NODE is None or not (FOLDER / "node_modules").is_dir(), reason=WHY)
HASHED = {"pixels", "claim", "assertions"}
TWO = ("jpeg", "png")


@pytest.fixture
def encypher(tmp_path, monkeypatch):
    """Without network and telemetry, and without a home to leave anything in."""
    for name in ("HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME"):
        monkeypatch.setenv(name, str(tmp_path))

    def ask(data, fmt, trusted):
        return encypher_c2pa.verify(
            data, codec.Format(fmt).mime, trust_pem=trusted, no_default_trust=True, telemetry=False, online=False
        )

    return ask


@pytest.mark.parametrize("fmt", FORMATS)
def test_encypher_agrees(fmt, encypher):
    data = stamped(fmt)
    report = encypher(data, fmt, signer().anchor_pem)
    assert (report["integrity"], report["hard_binding"]) == ("valid", "match")
    assert report["trust"]["status"] == "valid_for_supplied_material"
    assert report["validation_results"]["failure"] == []
    stranger = encypher(data, fmt, signer("stranger").anchor_pem)
    assert stranger["integrity"] == "valid"
    assert stranger["trust"]["status"] != "valid_for_supplied_material"
    broken = encypher(flipped(data, place_of(data, b"notAllowed")), fmt, signer().anchor_pem)
    assert broken["integrity"] != "valid"


@pytest.mark.parametrize(("kind", "fmt"), [(P256, "webp"), (P384, "png"), (2048, "jpeg")])
def test_encypher_agrees_about_an_organisations_signature(tmp_path, kind, fmt, encypher):
    data = write(picture(), facts(), adopted(tmp_path, kind), fmt).data
    root = chain_pem(house(kind)[0][-1:]).decode()
    report = encypher(data, fmt, root)
    assert (report["integrity"], report["trust"]["status"]) == ("valid", "valid_for_supplied_material")


def changed(fmt):
    """The rows of the tamper matrix in this format in which something that is hashed or signed was changed."""
    found = [case for case in CASES if case.name.startswith(f"{fmt}: ") and HASHED & set(case.changed)]
    assert len(found) > 10
    return found


@pytest.mark.parametrize("fmt", TWO)
def test_encypher_calls_no_changed_file_sound(fmt, encypher):
    sound = []
    for case in changed(fmt):
        try:
            report = encypher(case.make(), fmt, signer().anchor_pem)
        except (ValueError, RuntimeError):
            continue  # it cannot even be read
        if report["integrity"] == "valid" and report["hard_binding"] == "match":
            sound.append(case.name)
    assert sound == []


def ask_node(folder, files):
    """What c2pa-ts says of files: `[{valid, codes, labels}]`."""
    paths = []
    for number, data in enumerate(files):
        paths.append(folder / f"{number}.bin")
        paths[-1].write_bytes(data)
    done = subprocess.run(
        [NODE, str(FOLDER / "verify.mjs"), *map(str, paths)],
        capture_output=True, text=True, timeout=120, check=True,
    )  # fmt: skip
    return json.loads(done.stdout)


@node
def test_c2pa_ts_agrees(tmp_path):
    for found in ask_node(tmp_path, [stamped(fmt) for fmt in TWO]):
        assert (found["valid"], found["codes"]) == (True, [])
        assert {"c2pa.actions.v2", "cawg.training-mining", "org.selfsame.consent"} <= set(found["labels"])


@node
def test_c2pa_ts_agrees_about_an_organisations_signature(tmp_path):
    (tmp_path / "keys").mkdir()
    pen: Signer = adopted(tmp_path / "keys")
    (found,) = ask_node(tmp_path, [write(picture(), facts(), pen, "jpeg").data])
    assert (found["valid"], found["codes"]) == (True, [])


@node
def test_c2pa_ts_calls_no_changed_file_sound(tmp_path):
    cases = [case for fmt in TWO for case in changed(fmt)]
    found = ask_node(tmp_path, [case.make() for case in cases])
    assert [case.name for case, told in zip(cases, found, strict=True) if told["valid"]] == []


@node
def test_c2pa_ts_knows_what_has_no_manifest(tmp_path):
    cases = [case for case in CASES if case.verdict is Verdict.NO_MANIFEST and case.name.startswith(TWO)]
    assert cases
    assert {told["valid"] for told in ask_node(tmp_path, [case.make() for case in cases])} == {False}
