"""How many SMS segments a text costs, and which characters make it dear (3GPP TS 23.038: GSM-7 and UCS-2)."""

from __future__ import annotations

BASIC = "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
EXTENDED = "\f^{}\\[~]|€"  # these take two places
GSM_7 = frozenset(BASIC + EXTENDED)
# Characters of one segment, and of each where there are several.
ROOM = {"gsm7": (160, 153), "ucs2": (70, 67)}


def dear(text: str) -> list[str]:
    """The characters outside GSM-7: one of them more than halves what a segment holds."""
    return list(dict.fromkeys(char for char in text if char not in GSM_7))


def segments(text: str) -> int:
    """Segments of a text; 0 for an empty one. A character of two places is never split over two segments."""
    sizes = [1 + (char in EXTENDED) for char in text] if not dear(text) else [len(char.encode("utf-16-le")) // 2 for char in text]
    one, each = ROOM["ucs2" if dear(text) else "gsm7"]
    if sum(sizes) <= one:
        return int(bool(text))
    count, left = 1, each
    for size in sizes:
        if size > left:
            count, left = count + 1, each
        left -= size
    return count
