"""Which browser, in the words people use for it. The user agent itself is not kept: it tells more than anybody needs."""

from __future__ import annotations

import re

# The first that fits: most browsers also call themselves by an older one's name.
BROWSERS = (
    ("Edge", r"Edg(e|A|iOS)?/"),
    ("Opera", r"OPR/|Opera"),
    ("Samsung Internet", r"SamsungBrowser/"),
    ("Firefox", r"Firefox/|FxiOS/"),
    ("Chrome", r"Chrome/|CriOS/|Chromium/"),
    ("Safari", r"Safari/"),
)
SYSTEMS = (
    ("iPhone", r"iPhone"),
    ("iPad", r"iPad"),
    ("Android", r"Android"),
    ("Windows", r"Windows"),
    ("Chromebook", r"CrOS"),
    ("Mac", r"Mac OS X|Macintosh"),
    ("Linux", r"Linux|X11"),
)


def named(user_agent: str) -> str:
    """A browser and the device it is on, "Firefox/Android"; a side that is not known is empty."""
    return "/".join(next((name for name, sign in signs if re.search(sign, user_agent)), "") for signs in (BROWSERS, SYSTEMS))
