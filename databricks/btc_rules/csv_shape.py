"""What a file is that is no CSV with commas in UTF-8 (the texts are those of the TypeScript rules)."""

import re

from btc_rules.text import BLANKS, first_units, printable, trim

_BYTES = (
    (re.compile(rb"PK\x03\x04"), "it is a ZIP archive or an Excel workbook (.xlsx), not CSV"),
    (re.compile(rb"\xd0\xcf\x11\xe0"), "it is an Excel workbook (.xls), not CSV"),
    (re.compile(rb"\x1f\x8b"), "it is compressed with gzip"),
    (
        re.compile(rb"\xff\xfe|\xfe\xff|\x00[^\x00]\x00[^\x00]|[^\x00]\x00[^\x00]\x00", re.DOTALL),
        "it is in UTF-16, not in UTF-8",
    ),
)
_TEXTS = (
    (re.compile(r"-----BEGIN PGP"), "it is encrypted with PGP"),
    (re.compile(rf"[{BLANKS}]*<(?:!doctype|html|\?xml)", re.IGNORECASE), "it is an HTML or XML page, not CSV"),
)
_SEPARATORS = ((";", "semicolons"), ("\t", "tabs"), ("|", "vertical bars"))


def foreign_shape(beginning: bytes) -> str | None:
    """What a file is, from its first bytes, in words that stand behind its name; None when they look like CSV."""
    text = beginning.decode("utf-8", "replace").removeprefix("\ufeff")
    for start, what in _BYTES:
        if start.match(beginning):
            return what
    for shape, what in _TEXTS:
        if shape.match(text):
            return what
    lines = re.split(r"\r\n|\n|\r", text)
    first = next((i for i, line in enumerate(lines) if trim(line) and not trim(line).startswith("#")), -1)
    line = trim(lines[first]) if first >= 0 else ""
    if re.fullmatch(r'"?sep=.?"?,*', line, re.IGNORECASE):
        below = lines[first + 1] if first + 1 < len(lines) else ""
        found = _separated(below)
        columns = found[1] if found else _pieces(below, ",")
        shown = printable('"' + line.replace('"', "") + '"')
        return f"line {first + 1} is {shown}, which only Excel knows; the columns stand below it ({_named(columns)})"
    if whole := re.fullmatch(r'"((?:[^"]|"")*)"', line):
        inner = whole[1].replace('""', '"')
        inside = _separated(inner)
        columns = inside[1] if inside else _pieces(inner, ",")
        if len(columns) > 1:
            return f"each line is in quotes as a whole and counts as one field (in the quotes: {_named(columns)})"
    other = _separated(line)
    if other is None:
        return None
    return f"it is separated by {other[0]}, not by commas (its columns: {_named(other[1])})"


def _separated(line: str) -> tuple[str, list[str]] | None:
    name, columns = max(((name, _pieces(line, separator)) for separator, name in _SEPARATORS), key=lambda found: len(found[1]))
    return (name, columns) if len(columns) > len(_pieces(line, ",")) else None


def _pieces(line: str, separator: str) -> list[str]:
    pieces, in_quotes = [""], False
    for character in line:
        if character == '"':
            in_quotes = not in_quotes
        elif character == separator and not in_quotes:
            pieces.append("")
        else:
            pieces[-1] += character
    return [trim(piece) for piece in pieces]


def _named(columns: list[str]) -> str:
    return printable(first_units(", ".join(filter(None, columns)), 300)) or "none"
