"""The head start of the light network: what faces have in common, learnt from people who do not exist."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Final

from safetensors.torch import load
from torch import nn

from models.autoencoder import Light
from models.errors import Fault

HERE: Final = Path(__file__).parent / "headstart"
KNOWN: Final[dict[int, str]] = {}
"""Side of the network -> SHA-256 of `light-<side>.safetensors`. `python -m tests.pretrain` writes the files and says
this."""
_MEND: Final = "Install the program again."


def begin(net: Light) -> bool:
    """Fill a fresh network with the head start for its side, if there is one: encoder, and both decoders alike.

    Returns:
        Whether there is one.

    Raises:
        Fault: `weights-missing` or `weights-altered`.
    """
    known = KNOWN.get(net.side)
    if known is None:
        return False
    file = HERE / f"light-{net.side}.safetensors"
    try:
        data = file.read_bytes()
    except OSError as error:
        raise Fault("weights-missing", f"The file {file.name} cannot be read ({error.strerror}).", _MEND) from None
    if hashlib.sha256(data).hexdigest() != known:
        raise Fault("weights-altered", f"The file {file.name} is not the one this version was made for.", _MEND)
    fill(net, data)
    return True


def fill(net: Light, data: bytes) -> None:
    """Fill a network with what `python -m tests.pretrain` wrote."""
    table = {name: values.float() for name, values in load(data).items()}
    parts: list[tuple[str, nn.Module]] = [("encoder.", net.encoder), *(("decoder.", one) for one in net.decoders)]
    for prefix, part in parts:
        part.load_state_dict({name.removeprefix(prefix): v for name, v in table.items() if name.startswith(prefix)})
