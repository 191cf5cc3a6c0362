"""The installation's own folder: its key, its receipts, its ledger. No picture and no biometrics ever go there."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from consent.errors import Fault
from models.added import data_folder

if TYPE_CHECKING:
    from consent.ledger import Ledger


@dataclass(frozen=True, slots=True)
class Home:
    """Where this installation keeps its few files.

    Attributes:
        root: The folder itself, 0700.
        keys: Folder of the stamping key, 0700.
        receipts: Folder of the signed consent receipts, 0700.
        ledger: The decision log, a file that may not exist yet.
    """

    root: Path
    keys: Path
    receipts: Path
    ledger: Path

    @classmethod
    def open(cls, path: str | os.PathLike[str] | None = None) -> Home:
        """Open the folder, and create it if it is not there.

        Args:
            path: The folder; None for `selfsame` in the user's data directory (`XDG_DATA_HOME`, else
                `~/.local/share`).

        Returns:
            The home, with its folders present and closed to other users.

        Raises:
            Fault: `home-not-usable`: a file is in the way, the folder is another user's, or cannot be made.
        """
        root = (data_folder() if path is None else Path(path)).absolute()
        for folder in (root, root / "keys", root / "receipts"):
            _private_folder(folder)
        return cls(root=root, keys=root / "keys", receipts=root / "receipts", ledger=root / "ledger.db")

    def open_ledger(self) -> Ledger:
        """The decision log, its heads signed with this installation's receipt key, which is made if there is none.

        Raises:
            Fault: `receipt-key-broken`.
        """
        from app.notary import open_notary
        from consent.ledger import Ledger

        return Ledger(self.ledger, open_notary(self.keys / "receipts.pem").key)


def _private_folder(folder: Path) -> None:
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        state = folder.stat()
        if hasattr(os, "getuid") and state.st_uid != os.getuid():
            raise Fault(
                "home-not-usable",
                f"The folder {folder} belongs to another user.",
                "Use a folder of your own, or give this one back to yourself.",
            )
        if state.st_mode & 0o077:
            folder.chmod(0o700)
    except OSError as error:
        raise Fault(
            "home-not-usable",
            f"The folder {folder} cannot be used: {error.strerror or error}.",
            "Move away what is in its place, or choose another folder.",
        ) from error
