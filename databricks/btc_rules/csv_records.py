"""Records of a CSV text, as the TypeScript reader takes them apart (contract section 1)."""

from collections.abc import Iterable, Iterator
from typing import TextIO

from btc_rules.errors import RuleError
from btc_rules.text import BLANKS

_LONGEST_RECORD = 1024 * 1024


class _StrayText(Exception):
    """Something stands behind the closing quote of a field."""


class OpenQuoteError(RuleError):
    """A quoted field is still open at the end of the file; all records before it were read."""


def csv_records(lines: Iterable[str], name: str, code: str, comments: bool = False) -> Iterator[tuple[int, list[str]]]:
    """The line, from 1, on which each record begins, and its fields; none for a blank line and for a comment.

    `lines` keep their line ends: LF, CRLF or CR. Raises `code` with `NAME:LINE: what is wrong`.
    """
    number = start = 1
    pending = ""
    in_quotes = False
    for line in lines:
        if comments:
            # Every quote counts for whether a line begins inside a field, also a quote in the middle of a bare field.
            if line.startswith("#") and not in_quotes:
                line = line[len(line.rstrip("\r\n")) :]
            elif line.count('"') % 2:
                in_quotes = not in_quotes
        text = pending + line if pending else line
        pending = ""
        if '"' not in text:
            yield number, _bare_record(text)
        else:
            if text is line:
                start = number
            try:
                fields = _quoted_record(text)
            except _StrayText:
                raise RuleError(code, f"{name}:{start}: something stands behind the closing quote of a field") from None
            if fields is None:
                pending = text
            else:
                yield start, fields
        if len(pending or line) > _LONGEST_RECORD:
            raise RuleError(code, f"{name}:{start if pending else number}: the record is longer than 1 MiB")
        number += 1
    if pending:
        raise OpenQuoteError(code, f"{name}:{start}: a quoted field is never closed")


def limited_lines(file: TextIO) -> Iterator[str]:
    """The lines of a file that was opened with `newline=""`; of a line longer than a record may be, its beginning."""
    first = file.readline(_LONGEST_RECORD + 2)
    # The parser of the other language takes a second byte-order mark off.
    yield first.removeprefix("\ufeff")
    yield from iter(lambda: file.readline(_LONGEST_RECORD + 2), "")


def _bare_record(text: str) -> list[str]:
    row = text.rstrip("\r\n")
    if not row.strip(BLANKS):
        return []
    first, comma, others = row.partition(",")
    # Blanks before the first comma are no field's text, as in the other language.
    return [first if first.strip(BLANKS) else "", *(others.split(",") if comma else ())]


def _quoted_record(text: str) -> list[str] | None:
    """The fields of a record that has quotes; None when a quoted field is still open at its end."""
    fields: list[str] = []
    at = 0
    while True:
        begins = at
        while begins < len(text) and text[begins] in BLANKS and text[begins] not in "\r\n":
            begins += 1
        if begins < len(text) and text[begins] == '"':
            field, at = _quoted_field(text, begins + 1)
            if at < 0:
                return None
        else:
            comma = text.find(",", at)
            end = len(text.rstrip("\r\n")) if comma < 0 else comma
            field, at = text[at:end], end
            if not fields and not field.strip(BLANKS):
                field = ""
        fields.append(field)
        if at >= len(text) or text[at] != ",":
            return fields
        at += 1


def _quoted_field(text: str, at: int) -> tuple[str, int]:
    """A field from behind its opening quote, and where the comma or the line end behind it is; -1 when it is open."""
    pieces: list[str] = []
    while True:
        quote = text.find('"', at)
        if quote < 0:
            return "", -1
        pieces.append(text[at:quote])
        if text[quote + 1 : quote + 2] != '"':
            break
        pieces.append('"')
        at = quote + 2
    at = quote + 1
    while at < len(text) and text[at] in BLANKS and text[at] not in "\r\n":
        at += 1
    if at < len(text) and text[at] not in ",\r\n":
        raise _StrayText
    return "".join(pieces), at
