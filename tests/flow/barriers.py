"""Barriers for people with disabilities on a page as it stands, found by axe-core; and on what every page must keep.

axe-core is an npm package (`npm ci --prefix tests/accessibility`); where it is not installed the walks go on without.
"""

from pathlib import Path

AXE = Path(__file__).parents[1] / "accessibility" / "node_modules" / "axe-core" / "axe.min.js"
LOOK = """async () => {
  const found = await axe.run(document, { resultTypes: ['violations'] });
  return found.violations.map(one => `${one.id}: ${one.nodes.map(node => node.target.join(' ')).join(', ')}`);
}"""


def barriers(page):
    """What axe finds in all of its rules (WCAG 2.2 A and AA, and good manners); none where it is not installed."""
    if not AXE.exists():
        return []
    page.wait_for_timeout(250)  # colours that fade are measured when they have
    page.evaluate(f"if (!window.axe) {{ {AXE.read_text()} }}")
    return page.evaluate(LOOK)


def too_wide(page):
    """What sticks out of the window sideways, so that the page would scroll both ways."""
    return page.evaluate("""() => document.documentElement.scrollWidth <= innerWidth ? [] :
      [...document.querySelectorAll('body *')].filter(part => part.getBoundingClientRect().right > innerWidth + 1
        && !part.closest('.wide, .gallery, .strip')).map(part => part.id || part.className).slice(0, 5)""")


def assert_open_to_all(page):
    """No barrier in light and in dark, wide and narrow."""
    found = barriers(page)
    assert found == [], found
    assert too_wide(page) == []
