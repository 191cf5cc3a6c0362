"""What the tests of the studio in a real browser share; each says which browser, and who sits before it."""

import pytest

from app.studio.page import mount
from app.studio.server import Running, bind, build
from tests.app.mirror_helpers import known_again


@pytest.fixture(scope="module")
def studio(home, ledger):
    door = bind("127.0.0.1", 0)
    guard, desk = build(door.getsockname()[1], home, page=mount)
    desk.__dict__["ledger"] = ledger
    with Running(guard, door) as running:
        running.wait()
        yield guard, desk


@pytest.fixture
def playing(browser, studio, gate, notary, ledger):
    """Opens the Play page of somebody whose check is passed."""
    from tests.flow.browser import visit  # which skips a module, not a conftest, where there is no Playwright

    guard, desk = studio
    contexts = []

    def opened(**settings):
        page = visit(browser, guard.link(), **settings)
        contexts.append(page.context)
        page.wait_for_selector("#agree-text h2")
        (cookie,) = (one for one in page.context.cookies() if one["name"] == guard.cookie)
        visitor = desk.visitor({"cookie": f"{guard.cookie}={cookie['value']}"})
        mine, receipt = known_again(gate, notary, ledger)
        visitor.agreed(receipt)
        visitor.open(mine, receipt)
        page.reload()
        page.wait_for_selector("#session .pill")
        page.get_by_role("tab").nth(2).click()
        page.wait_for_selector("#stage [data-drop]")
        return page, visitor

    yield opened
    for context in contexts:
        context.close()
