"""Text as both languages read and show it: JavaScript's blanks, UTF-16 lengths, and what a terminal must not see."""

import json
import re
import unicodedata

BLANKS = (
    "\t\n\v\f\r \u00a0\u1680\u2000\u2001\u2002\u2003\u2004"
    "\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000\ufeff"
)
"""What JavaScript's `trim` and `\\s` take for blank; Python's own set differs."""

BLANK = f"[{BLANKS}]"
_BLANKS = re.compile(f"{BLANK}+")
_DIRECTIONS = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def trim(text: str) -> str:
    """The text without blanks at its ends."""
    return text.strip(BLANKS)


def first_units(text: str, units: int) -> str:
    """The first UTF-16 units of a text, as JavaScript cuts it; half a pair stays half."""
    if len(text) * 2 <= units:
        return text
    encoded = text.encode("utf-16-le", "surrogatepass")
    return encoded[: units * 2].decode("utf-16-le", "surrogatepass")


def length_in_units(text: str) -> int:
    """The length in UTF-16 units."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def printable(text: str) -> str:
    """A text that somebody else wrote, on one line: what would change how the rest is shown is escaped."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(_escaped(character) for character in text)


def _escaped(character: str) -> str:
    if unicodedata.category(character) not in ("Cc", "Cf", "Cs") and character not in "\u2028\u2029":
        return character
    quoted = _json(character)[1:-1]
    return quoted if quoted != character else f"\\u{{{ord(character):x}}}"


def _json(text: str) -> str:
    encoded = json.dumps(text, ensure_ascii=False)
    return re.sub("[\ud800-\udfff]", lambda match: f"\\u{ord(match[0]):04x}", encoded)


def quoted_value(text: str, shown: int = 40) -> str:
    """A value from outside as an error message shows it: in quotes, on one line, and not the whole of a huge one."""
    cut = f"{first_units(text, shown)}…" if length_in_units(text) > shown else text
    return printable(_json(cut))


def display_text(text: str) -> str:
    """A title on one line, without control or bidirectional characters (contract section 1, "Columns")."""
    kept = (
        (" " if character in BLANKS else "") if unicodedata.category(character) == "Cc" or character in _DIRECTIONS else character
        for character in text
    )
    return trim(_BLANKS.sub(" ", "".join(kept)))


def plural(number: int, noun: str) -> str:
    """`1 row`, `2,000 rows`."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def column_key(name: str) -> str:
    """A column's name without regard to case, blanks and underscores (contract section 1)."""
    return _BLANKS.sub("", name).replace("_", "").lower()


def columns_found(header: list[str]) -> str:
    """The columns that a file has, for an error message."""
    names = ", ".join(name for name in map(trim, header) if name)
    return f"it has: {printable(first_units(names, 300)) or 'none'}"
