"""Was this very picture the source or the target of an output? For who has the salt of that output, and nobody else."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from app.codec import Pixels
from app.stamp.proof import SALT, Role, roles, roles_by_one, salt_of
from app.stamp.registry import Registry
from app.verify import Report
from consent.errors import Refusal


@dataclass(frozen=True, slots=True)
class Compared:
    """What came of it.

    Attributes:
        roles: What the picture was in the output; empty if nothing.
        salt: Of that picture in that output, 64 hexadecimal digits: for whom the owner wants to be able to compare,
            too. It says nothing about any other picture; empty if there is none.
    """

    roles: tuple[Role, ...]
    salt: str = field(repr=False)

    @property
    def sentence(self) -> str:
        """The answer in one sentence."""
        if not self.roles:
            return "not what this was made from to the last pixel; a copy that was saved again is another picture"
        return " and ".join(f"the {role}" for role in self.roles) + " of this, to the last pixel"


def compare(report: Report, pictures: Iterable[Pixels], registry: Registry | None, salt: str | None = None) -> Compared:
    """Compare pictures with what an output says it was made from.

    Args:
        report: Of the output. What it states counts as far as its verdict says.
        pictures: The decoded picture in a list, or the film; gone through more than once.
        registry: Where the salts of this installation are kept; None without one.
        salt: 64 hexadecimal digits, `Compared.salt` of the owner; None to look for the output's salt here.

    Raises:
        Refusal: `nothing-to-compare`: the output states nothing that can be compared; `no-salt`: it was not made here,
            so that nobody here can try pictures out; `bad-salt`: that is no salt.
        Fault: `registry-unusable`.
    """
    stated = report.statement
    if stated is None or stated.source_hmac is None or stated.target_hmac is None:
        raise Refusal(
            "nothing-to-compare",
            "This file states nothing that an original could be compared with.",
            "Only a picture of this program, with its manifest or watermark, does.",
        )
    if salt is not None and not SALT.fullmatch(salt):
        raise Refusal("bad-salt", "A salt is 64 digits 0-9 and a-f.", "Copy it again.")
    told = stated.source_hmac, stated.target_hmac
    if salt is not None:
        return Compared(roles_by_one(bytes.fromhex(salt), *told, pictures), salt)
    kept = registry.salt(stated.target_hmac) if registry is not None else None
    if kept is None:
        raise Refusal(
            "no-salt",
            "What this was made from can be compared only with the salt that its maker kept.",
            "Ask them for it, and say --salt.",
        )
    found = roles(kept, *told, pictures)
    return Compared(found, salt_of(kept, found[0]).hex() if found else "")
