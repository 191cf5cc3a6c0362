"""The registry: a stripped picture leads back to its manifest; a copied mark does not."""

import secrets
import sqlite3
import stat

import numpy as np
import pytest

from app.stamp import watermark
from app.stamp.proof import Proof
from app.stamp.registry import Likeness, Registry, fingerprint
from consent.errors import Fault
from tests.app.test_stamp_watermark import CHANGES, portrait, scenery


@pytest.fixture
def registry(tmp_path):
    return Registry(tmp_path / "stamped.db")


def remember(registry, ident, manifest, pixels):
    registry.keep(Proof(b"salt", "", secrets.token_hex(32)), "consent", ident, manifest, [fingerprint(pixels)])


def kept(registry, picture):
    """(entry, marked picture) of one that was stamped."""
    ident = registry.fresh()
    marked = watermark.embed(picture, ident)
    remember(registry, ident, b"manifest", marked)
    return registry.recall(ident), marked


@pytest.mark.parametrize("change", CHANGES)
def test_a_changed_copy_is_the_same(registry, change):
    entry, marked = kept(registry, scenery(5))
    seen = CHANGES[change](marked)
    assert entry.likeness(seen, watermark.find(seen)) is Likeness.SAME
    assert (entry.manifest, entry.ident) == (b"manifest", watermark.find(marked).ident)


def test_the_mark_on_another_picture_is_not(registry):
    entry, _ = kept(registry, scenery(5))
    for picture in (scenery(6), portrait()):
        forged = watermark.embed(picture, entry.ident)
        assert entry.likeness(forged, watermark.find(forged)) is Likeness.OTHER


def test_plain_ground_says_nothing(registry):
    entry, marked = kept(registry, np.full((400, 400, 3), 120, np.uint8))
    assert entry.likeness(marked, watermark.find(marked)) is Likeness.UNCLEAR


def test_no_pixels_are_kept(registry, tmp_path):
    _, marked = kept(registry, portrait())
    data = (tmp_path / "stamped.db").read_bytes()
    assert marked[200, 200:208].tobytes() not in data
    assert len(data) < 40_000
    row = sqlite3.connect(tmp_path / "stamped.db").execute("SELECT fingerprint FROM stamped").fetchone()
    assert set(np.frombuffer(row[0], np.int8)) <= {-1, 0, 1}


def test_ids_are_given_once(registry):
    entry, marked = kept(registry, scenery(1))
    assert registry.recall((entry.ident + 1) % 2**32) is None
    with pytest.raises(Fault, match="registry"):
        remember(registry, entry.ident, b"other", marked)
    assert registry.recall(entry.ident).manifest == b"manifest"
    rejected = Proof(b"salt", "", "f" * 64)
    with pytest.raises(Fault, match="registry"):
        registry.keep(rejected, "consent", entry.ident, b"other", [fingerprint(marked)])
    assert registry.salt(rejected.target) is None, "all of it or nothing"
    assert len({registry.fresh() for _ in range(50)}) == 50


def test_the_owner_alone_reads_it(registry, tmp_path):
    registry.fresh()
    assert stat.S_IMODE((tmp_path / "stamped.db").stat().st_mode) == 0o600


@pytest.mark.parametrize("broken", ["no database", "a link", "a folder", "a damaged row"])
def test_a_broken_registry_says_so(tmp_path, broken):
    path = tmp_path / "stamped.db"
    entry = None
    if broken == "no database":
        path.write_bytes(b"this is no database at all, but it is long enough to look at" * 20)
    elif broken == "a link":
        (tmp_path / "elsewhere").write_bytes(b"")
        path.symlink_to(tmp_path / "elsewhere")
    elif broken == "a folder":
        path.mkdir()
    else:
        entry, _ = kept(Registry(path), scenery(1))
        with sqlite3.connect(path) as data:
            data.execute("UPDATE stamped SET rows = 999")
    with pytest.raises(Fault) as told:
        Registry(path).recall(entry.ident if entry else 1)
    assert told.value.code == "registry-unusable"
