"""Errors that carry the code under which docs/errors.md explains them."""

from collections.abc import Iterable

from btc_rules.text import printable


class RuleError(Exception):
    """An input breaks a rule. The message stands on one line and is safe to show."""

    def __init__(self, code: str, message: str, lines: Iterable[str] = ()) -> None:
        """`lines` say more, for example one for each row that is wrong."""
        super().__init__(printable(message))
        self.code = code
        self.lines = [printable(line) for line in lines]
