"""The library ignores settings it does not know: each of ours is proved by what happens with and without it."""

import http.server
import io
import json
import threading

import c2pa
import pytest

from app.stamp.context import open_context
from app.verify import Verdict, verify
from tests.app.stamp_helpers import (
    C2PA_EKU,
    DOCUMENT_EKU,
    EMAIL_EKU,
    certificate,
    settings,
    sign,
    signer,
    stamped,
    state,
)


@pytest.fixture
def web():
    """A web server on this machine that remembers who called."""
    calls = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            calls.append(self.path)
            self.send_response(404)
            self.end_headers()

        do_POST = do_GET  # noqa: N815

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", calls
    server.shutdown()
    server.server_close()
    thread.join()


def without(section, key):
    under = settings()
    assert key in under[section]
    del under[section][key]
    return under


def test_user_anchors():
    assert state(settings(), stamped()) == "Trusted"
    assert state(without("trust", "user_anchors"), stamped()) == "Valid"


def test_no_anchor_trusts_nobody():
    with open_context([]) as context:
        assert context.is_valid
    assert verify(stamped(), []).verdict is Verdict.SELFSAME_ELSEWHERE


def test_verify_trust():
    under = settings()
    under["verify"]["verify_trust"] = False
    assert state(under, stamped()) == "Valid"


@pytest.mark.parametrize(("eku", "allowed"), [(C2PA_EKU, True), (EMAIL_EKU, True), (DOCUMENT_EKU, False)])
def test_trust_config_says_what_a_key_may_be_for(eku, allowed):
    key, chain, root = certificate(eku)
    under = settings()
    under["trust"]["user_anchors"] = root
    if allowed:
        assert state(under, sign(under, sign_with=key, chain=chain)) == "Trusted"
    else:
        with pytest.raises(c2pa.C2paError):
            sign(under, sign_with=key, chain=chain)


def test_without_trust_config_claim_signing_is_refused():
    key, chain, _ = certificate(C2PA_EKU)
    with pytest.raises(c2pa.C2paError):
        sign(without("trust", "trust_config"), sign_with=key, chain=chain)


def test_a_wrong_signature_fails_at_signing():
    def wrong(claim):
        return signer().sign(claim + b"!")

    with pytest.raises(c2pa.C2paError):
        sign(settings(), sign_with=wrong)
    under = settings()
    under["verify"]["verify_after_sign"] = False
    assert state(under, sign(under, sign_with=wrong)) == "Invalid"


def test_no_thumbnails():
    assert b"c2pa.thumbnail" not in sign(settings())
    assert b"c2pa.thumbnail" in sign(without("builder", "thumbnail"))


def test_ingredients_are_created_not_gathered():
    def gathered(under):
        with (
            c2pa.Context.from_dict(under) as context,
            c2pa.Reader("image/jpeg", io.BytesIO(sign(under)), context=context) as reader,
        ):
            store = json.loads(reader.detailed_json())
        return len(store["manifests"][store["active_manifest"]]["claim"].get("gathered_assertions") or [])

    assert gathered(settings()) == 0
    assert gathered(without("builder", "created_assertion_labels")) == 2


def test_a_remote_manifest_is_not_fetched(web):
    address, calls = web
    data = sign(settings(), remote=f"{address}/manifest.c2pa")
    calls.clear()
    assert verify(data, [signer().anchor_pem]).verdict is Verdict.NO_MANIFEST
    for section, key in (("core", "allowed_network_hosts"), ("verify", "remote_manifest_fetch")):
        with pytest.raises(c2pa.C2paError):
            state(without(section, key), data)
    assert calls == [], "either setting alone must be enough"
    neither = without("verify", "remote_manifest_fetch")
    neither["core"] = {}
    with pytest.raises(c2pa.C2paError):
        state(neither, data)
    assert calls, "the test itself must be able to fail"


def test_no_revocation_server_is_asked(web):
    address, calls = web
    key, chain, root = certificate(C2PA_EKU, EMAIL_EKU, ocsp=address)
    under = settings()
    under["trust"]["user_anchors"] = root
    data = sign(under, sign_with=key, chain=chain)
    assert state(under, data) == "Trusted"
    under["core"] = {}
    assert state(under, data) == "Trusted"
    assert calls == []
    under["verify"]["ocsp_fetch"] = True
    state(under, data)
    assert calls, "the test itself must be able to fail"
