"""`selfsame demo`: the whole way, walked by a person who does not exist.

The person lives in a world of their own (`consent.domain`): their camera and their photographs are drawn and marked
here, in memory, by one `World` whose key nobody has; their gate matches nothing else, and everything it lets out is
labelled DEMO PERSON. The demo takes no picture from outside. Everything else is the real thing: challenge, liveness
check, consent, gate, engines, stamp, verify.
"""

from __future__ import annotations

import html
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from app import flow
from app.engines.age import AgeOptions
from app.engines.express import ExpressOptions
from app.engines.swap import SwapOptions
from app.files import write_atomic
from app.home import Home
from app.notary import open_notary
from app.stamp.signer import Signer
from app.verify import verify
from consent.errors import Refusal
from consent.gate import Gate
from consent.ledger import Ledger
from consent.receipt import Consent, Receipt
from consent.types import Clock, Photo, Purpose
from tests.booth import SEAT, Booth, World

USER: Final = "ada"
STRANGER: Final = "gita"
AGREED: Final = "A demo person agrees to everything."
Say = Callable[[str], None]


def run(out: Path, seed: int = 1, say: Say | None = None) -> dict[str, Any]:
    """Walk the whole way and write stamped pictures and a report page into `out`.

    Args:
        out: the folder; made when it is not there. Pictures of an earlier run are replaced.
        seed: the person's manner before the camera.
        say: gets each step as a sentence.

    Returns:
        `{"files": [{"file", "what", "verdict", "sentence"}], "refused": [{"what", "code", "reason", "remedy"}],
        "log": [...]}`.
    """
    tell = say or (lambda _: None)
    out.mkdir(parents=True, exist_ok=True)
    signer = Signer.open(Home.open().keys)  # this installation's, so that `selfsame verify` knows its own
    with TemporaryDirectory(prefix="selfsame-demo-") as folder:  # the log of this run; never a picture
        home = Home.open(folder)
        ledger = home.open_ledger()
        world = World()
        said = Consent(
            frozenset(Purpose),
            adult=True,
            myself=True,
            language="en",
            version="demo-1",
            text=AGREED,
        )
        notary = open_notary(home.keys / "receipts.pem")
        gate = _meet(world, seed, lambda clock: notary.sign(said, clock), ledger, tell)
        files = [_made(gate, signer, out, tell, *job) for job in _jobs(world)]
        refused = [_refused(gate, signer, tell, *attempt) for attempt in _attempts(world)]
        gate.withdraw()
        tell("Withdrawn: the gate has forgotten the person.")
        report = {"files": files, "refused": refused, "log": [_line(entry) for entry in ledger.entries()]}
        write_atomic(out / "anchor.pem", signer.anchor_pem.encode(), mode=0o644, overwrite=True)
    write_atomic(out / "report.html", _page(report).encode(), mode=0o644, overwrite=True)
    tell(f"Open {out / 'report.html'} to see it all.")
    return report


def _meet(world: World, seed: int, agree: Callable[[Clock], Receipt], ledger: Ledger, tell: Say) -> Gate:
    """The live check of the demo person, who tries again when it says no, three times at most, as anyone would."""
    tell(f"{USER.title()} sits down before the camera and follows the prompts.")
    for attempt in range(3):
        booth = Booth(USER, world, seed=seed + attempt, scene=replace(SEAT, size=(640, 480)))
        try:
            gate = flow.meet(booth, agree(booth.clock), ledger, booth.clock)
        except Refusal as refusal:
            last = refusal
            tell(f"Not yet: {refusal.reason} {refusal.remedy}")
            continue
        tell(f"Verified live in {booth.now - 1000:.0f} seconds ({booth.number} frames); the gate is open.")
        return gate
    raise last


Job = tuple[str, str, Photo | None, Photo, flow.Options]


def _jobs(world: World) -> list[Job]:
    """(file name, what it shows, source, target, options): the photographs are taken here, in the demo's world."""
    portrait = replace(SEAT, size=(960, 720), distance=95.0, view=20.0, background=3, seed=11)
    plain = world.photograph(USER, portrait)
    evening = world.photograph(
        USER, replace(portrait, light="warm", background=6, yaw=12.0, expression={"smile": 0.7}, seed=12)
    )
    return [
        ("older", "25 years older", None, plain, AgeOptions(years=25)),
        ("younger", "15 years younger", None, plain, AgeOptions(years=-15)),
        ("smiling", "smiling", None, plain, ExpressOptions(smile=0.6)),
        ("surprised", "brows up, mouth open", None, plain, ExpressOptions(brows=0.8, mouth=0.6, eyes=0.4)),
        ("swapped", "the face of the live check in an evening photograph", None, evening, SwapOptions()),
        ("swapped-photo", "the face of one photograph in another", plain, evening, SwapOptions()),
    ]


def _made(gate: Gate, signer: Signer, out: Path, tell: Say, *job: Any) -> dict[str, Any]:
    name, what, source, target, options = job
    stamped = flow.change(gate, source, target, options, signer)
    path = stamped.save(out / f"{name}{stamped.suffix}", overwrite=True)
    report = verify(path.read_bytes(), [signer.anchor_pem])
    tell(f"{path.name}: {what}. {report.sentence}")
    return {"file": path.name, "what": what, "verdict": report.verdict.value, "sentence": report.sentence}


def _attempts(world: World) -> list[tuple[str, Photo | None, Photo]]:
    """What must not work, in this world and from another one."""
    mine, theirs = world.photograph(USER, seed=21), world.photograph(STRANGER, seed=22)
    return [
        ("somebody else's picture as the target", None, theirs),
        ("somebody else's picture as the source", theirs, mine),
        ("the same picture without its mark, as a file would be", None, Photo(mine.pixels)),
        ("a picture from another simulator", None, World().photograph(USER, seed=23)),
        ("a mark moved to another picture", None, Photo(theirs.pixels, mine.mark)),
    ]


def _refused(gate: Gate, signer: Signer, tell: Say, what: str, source: Photo | None, target: Photo) -> dict[str, Any]:
    try:
        flow.change(gate, source, target, SwapOptions(), signer)
    except Refusal as refusal:
        tell(f"Refused, as it must be: {what}. {refusal.reason}")
        return {"what": what, "code": refusal.code, "reason": refusal.reason, "remedy": refusal.remedy}
    raise AssertionError(f"the gate let through: {what}")


def _line(entry: dict[str, str]) -> str:
    return " ".join(entry[k] for k in ("event", "purpose", "code") if entry.get(k))


_STYLE: Final = """
body{font:16px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:70rem;padding:0 1rem;
color:#1b2430;background:#f6f7f9}
h1,h2{font-weight:650;line-height:1.2}
.grid{display:grid;grid-template-columns:repeat(auto-fill,minmax(19rem,1fr));gap:1.2rem}
figure{margin:0;background:#fff;border-radius:.8rem;overflow:hidden;box-shadow:0 1px 4px #0002}
img{width:100%;display:block}figcaption{padding:.8rem 1rem}small{color:#51606f}li{margin:.3rem 0}code{font-size:.9em}
@media(prefers-color-scheme:dark){body{background:#10151b;color:#e6ebf0}figure{background:#1a222b}small{color:#9fb0c0}}
"""


def _page(report: dict[str, Any]) -> str:
    def text(value: object) -> str:
        return html.escape(str(value))

    pictures = "".join(
        f'<figure><img src="{text(f["file"])}" alt="Demo person, {text(f["what"])}"><figcaption>{text(f["what"])}<br>'
        f"<small>{text(f['sentence'])}</small></figcaption></figure>"
        for f in report["files"]
    )
    refusals = "".join(
        f"<li>{text(r['what'])}: {text(r['reason'])} <small>{text(r['remedy'])} [{text(r['code'])}]</small></li>"
        for r in report["refused"]
    )
    log = "".join(f"<li><code>{text(line)}</code></li>" for line in report["log"])
    return (
        '<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        f"<title>Selfsame demo</title><style>{_STYLE}</style><h1>Selfsame demo</h1>"
        "<p>A person who does not exist was verified live, and changed only their own face. Check any picture with "
        "<code>selfsame verify</code>; other C2PA verifiers need <code>anchor.pem</code>.</p>"
        f'<div class="grid">{pictures}</div><h2>What was refused</h2><ul>{refusals}</ul>'
        f"<h2>The log of decisions</h2><ol>{log}</ol></html>\n"
    )
