"""Everything that looks like chance (contract section 3, item 5, and section 4, "Randomness")."""

from collections.abc import Callable
from hashlib import sha256

from btc_constants import REQUEST_ID_COUNT, REQUEST_ID_FIRST

Draw = Callable[[str, int], int]
"""A draw of one employee: purpose and n give a 48-bit integer; divided by 2^48 it is the contract's fraction."""


def hashed_integer(text: str) -> int:
    """The first 6 bytes, big-endian, of the SHA-256 of a text in UTF-8."""
    return int.from_bytes(sha256(text.encode()).digest()[:6], "big")


def seeded_draw(seed: str, employee_id: int) -> Draw:
    """The draws of one employee; they depend on nothing else."""
    return lambda purpose, n: hashed_integer(f"{seed}/{purpose}/{employee_id}/{n}")


def below(drawn: int, count: int) -> int:
    """`floor(drawn / 2^48 × count)` in doubles, as the contract's other language computes it."""
    return int(drawn / 281474976710656 * count)


def request_id(content_id: int, day: str) -> int:
    """The number for "this content, assigned that day"; `day` is `YYYY-MM-DD`, or empty for none."""
    return REQUEST_ID_FIRST + hashed_integer(f"{content_id}/{day}") % REQUEST_ID_COUNT


def run_token(run_id: str) -> str:
    """RAND: the first 6 hexadecimal characters of the SHA-256 of the run id (contract section 5)."""
    return sha256(run_id.encode()).hexdigest()[:6]
