"""Settings of the C2PA library, for signing and for reading.

The library silently ignores a key that it does not know, so a spelling mistake would switch a protection off without a
word: `tests/app/test_stamp_settings.py` proves each of these by what happens with and without it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Final

import c2pa

_EKUS: Final = "1.3.6.1.4.1.62558.2.1\n1.3.6.1.5.5.7.3.4\n"
"""Accepted uses of a signing key: C2PA claim signing, e-mail protection."""
BEGIN: Final = "-----BEGIN CERTIFICATE-----"


_VERIFY: Final[Mapping[str, bool]] = MappingProxyType(
    {
        "verify_trust": True,
        "remote_manifest_fetch": False,
        "ocsp_fetch": False,
        # A wrong signature fails at signing rather than at the reader.
        "verify_after_sign": True,
    }
)


def settings(anchors: Sequence[str]) -> Mapping[str, object]:
    """Return the settings under which we sign and read.

    Args:
        anchors: PEM certificates, or whole chains, of which the last is trusted as a root; may be empty.

    Returns:
        A fresh nested dictionary, as the library takes it.
    """
    return {
        "version": 1,
        # An empty list of anchors is an error to the library; leaving it out means that nobody is trusted.
        "trust": {"trust_config": _EKUS} | ({"user_anchors": "\n".join(map(_last, anchors))} if anchors else {}),
        # No network, twice: no host may be asked, and nothing of a manifest makes anybody ask.
        "core": {"allowed_network_hosts": []},
        "verify": dict(_VERIFY),
        "builder": {
            # Thumbnails are on by default: they would put the faces of the originals into the manifest.
            "thumbnail": {"enabled": False},
            # Assertions say `created` themselves; ingredients cannot, and would be filed as gathered from elsewhere.
            "created_assertion_labels": ["c2pa.ingredient"],
            # A film's hash leaves boxes named `free` out by default: whoever likes could add some.
            "bmff_hash_exclude_free_and_skip_boxes": False,
        },
    }


def _last(chain: str) -> str:
    return BEGIN + chain.rpartition(BEGIN)[2]


def open_context(anchors: Sequence[str], *, reads_back: bool = True) -> c2pa.Context:
    """Open a context with `settings(anchors)`; it belongs to this process and is closed by its `with` block.

    Args:
        anchors: as for `settings`.
        reads_back: a signature is checked as soon as it was made; without, whoever signs reads it back.
    """
    chosen = dict(settings(anchors))
    if not reads_back:
        chosen["verify"] = {**_VERIFY, "verify_after_sign": False}
    return c2pa.Context.from_dict(chosen)
