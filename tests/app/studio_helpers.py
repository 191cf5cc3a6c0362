"""A studio without a page, and one browser whose synthetic person has passed the check, for the tests of its desk."""

from types import SimpleNamespace

from starlette.testclient import TestClient

from app import media
from app.home import Home
from app.studio import pictures, preview
from app.studio.server import build
from consent.enrolment import enrol
from tests.booth import SEAT
from tests.conftest import checked_again, frames_of
from tests.people import person

PORT = 7997
OWN = {"origin": f"http://127.0.0.1:{PORT}"}


def jpeg(name, **changes):
    return media.encode(person(name).render(SEAT, **changes), "jpeg", 93)


def my_picture():
    return jpeg("ada", yaw=6.0, size=(480, 600), background=4)


def visited(port, root, page):
    """A studio of these routes alone, and one browser that has opened it."""
    guard, desk = build(port, Home.open(root), page=page)
    address = f"http://127.0.0.1:{port}"
    client = TestClient(guard, base_url=address, headers={"origin": address})
    client.get("/", params={"t": guard.token}, follow_redirects=False)
    visitor = desk.visitor({"cookie": f"{guard.cookie}={client.cookies[guard.cookie]}"})
    return SimpleNamespace(guard=guard, desk=desk, client=client, visitor=visitor)


def seated(root, gate):
    """A studio with a clock of its own, and one browser whose person has passed the check.

    Returns:
        The guard, the desk, the clock, the browser and its visitor.
    """
    one, time = visited(PORT, root, _pictures_only), SimpleNamespace(now=1000.0)
    one.desk.store.clock = lambda: time.now
    sit_down(one.desk, one.visitor, gate)
    return one.guard, one.desk, time, one.client, one.visitor


def agree(desk, visitor, purposes=("age", "swap")):
    return desk.agree(visitor, purposes, "test", "I agree.", myself=True, adult=True)


def sit_down(desk, visitor, gate):
    """Agree, and have passed the check: with the live frames of the person whom all tests met."""
    clock = desk.store.clock
    receipt = agree(desk, visitor)
    visitor.open(enrol(checked_again(frames_of(gate), clock), receipt, desk.ledger, clock), receipt)


def _pictures_only(api, desk):
    api.include_router(pictures.routes(desk))
    api.include_router(preview.routes(desk))


def put(client, side, data):
    return client.put(f"/studio/picture/{side}", content=data, headers=OWN)
