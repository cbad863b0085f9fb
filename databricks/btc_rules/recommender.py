"""The recommender's answers and addresses (contract section 1, "Recommendations")."""

import json
import math
import re
from datetime import UTC, datetime
from typing import NoReturn
from urllib.parse import urlsplit

from btc_rules.errors import RuleError
from btc_rules.ids import parse_content_id
from btc_rules.text import first_units, printable, trim

_LONGEST_RETRY_AFTER_MS = 600_000
_HTTP_DATES = (
    (re.compile(r"[A-Z][a-z]{2}, [0-9]{2} [A-Z][a-z]{2} [0-9]{4} [0-9:]{8} GMT"), "%d %b %Y %H:%M:%S GMT"),
    (re.compile(r"[A-Z][a-z]{5,8}, [0-9]{2}-[A-Z][a-z]{2}-[0-9]{2} [0-9:]{8} GMT"), "%d-%b-%y %H:%M:%S GMT"),
    (re.compile(r"[A-Z][a-z]{2} [A-Z][a-z]{2} [ 0-9][0-9] [0-9:]{8} [0-9]{4}"), "%b %d %H:%M:%S %Y"),
)


def parse_recommendations(text: str) -> list[int]:
    """The recommended contents in the order of the answer, each once. Raises RECOMMENDER_BODY."""
    try:
        body: object = json.loads(text, parse_constant=_no_constant)
    except (ValueError, RecursionError):
        _refuse("it is not JSON" if trim(text) else "it is empty", text)
    holder = _first(body, ("response", "data"), body) if isinstance(body, dict) else body
    found = _first(holder, ("ml_recommendations", "recommendations", "results")) if isinstance(holder, dict) else holder
    if not isinstance(found, list):
        _refuse("it holds no list of recommendations", text)
    if not found and _holds_error(body):
        _refuse("it names an error beside an empty list", text)
    ids: dict[int, None] = {}
    names = ("recommended_content_id", "content_id", "contentId", "ContentId")
    for position, item in enumerate(found, 1):
        content_id = parse_content_id(_first(item, names) if isinstance(item, dict) else item)
        if content_id is None:
            _refuse(f"item {position} of the list has no valid content id", text)
        ids[content_id] = None
    return list(ids)


def _no_constant(_name: str) -> NoReturn:
    raise ValueError("NaN and Infinity are no JSON")


def _first(item: dict[str, object], names: tuple[str, ...], otherwise: object = None) -> object:
    return next((item[name] for name in names if name in item), otherwise)


def _holds_error(body: object) -> bool:
    if not isinstance(body, dict):
        return False
    holders = (body, _first(body, ("response", "data")))
    return any(isinstance(h, dict) and any(h.get(name) for name in ("error", "errors")) for h in holders)


def _refuse(reason: str, text: str) -> NoReturn:
    shown = f": {body_excerpt(text)}" if trim(text) else ""
    raise RuleError("RECOMMENDER_BODY", f"The recommender's answer is no recommendation, {reason}{shown}")


def body_excerpt(text: str) -> str:
    """The first 200 characters of a body, on one line."""
    start = first_units(text, 402)
    return printable(start[:200]) + ("…" if len(start) > 200 else "")


def status_code_of(status: int) -> str | None:
    """The error code of an answer's status; None for 2xx."""
    if 200 <= status <= 299:
        return None
    if status == 429:
        return "RECOMMENDER_THROTTLED"
    if status == 408 or status >= 500:
        return "RECOMMENDER_UNAVAILABLE"
    return "RECOMMENDER_ACCESS" if status in (401, 403) else "RECOMMENDER_REJECTED"


def remedy_of(code: str, status: int | None = None) -> str:
    """What people do about a call that failed with a code, after an answer with a status or without one."""
    if code == "RECOMMENDER_BODY":
        return "Check that API_BASE_URL and API_ENDPOINT name the recommender, then re-queue the employee."
    if code == "PROXY_REFUSED":
        return "Ask for the proxy to let this address through, or correct its login."
    if status is None:
        return "Check API_BASE_URL and the network, and re-queue the failed employees."
    if code == "RECOMMENDER_THROTTLED":
        return "Lower the concurrency of the employee jobs if this keeps happening."
    if code == "RECOMMENDER_UNAVAILABLE":
        return "Wait until the recommender answers again, then re-queue the failed employees."
    if code == "RECOMMENDER_ACCESS":
        return "Check API_KEY or API_AUTH_HEADER, or ask for access from this machine, then re-queue the employee."
    if status == 404:
        return "Check API_BASE_URL and API_ENDPOINT, then re-queue the employee."
    if status < 400:
        return "Set API_BASE_URL to the address that the recommender itself has, then re-queue the employee."
    return "Correct what the recommender objects to, then re-queue the employee."


def is_retryable(code: str) -> bool:
    """Whether a call that failed with a code of the recommender may succeed when it is made again."""
    return code in ("RECOMMENDER_THROTTLED", "RECOMMENDER_UNAVAILABLE")


def retry_after_ms(header: str | None, now_ms: int) -> int | None:
    """How long `Retry-After` asks to wait: seconds or an HTTP date, at most 10 minutes; None when it says neither."""
    text = trim(header or "")
    if re.fullmatch(r"[0-9]+(\.[0-9]+)?", text):
        seconds = float(text)
        wait: int | None = _LONGEST_RETRY_AFTER_MS if seconds > 600 else math.ceil(seconds * 1000)
    else:
        wait = _http_date_ms(text, now_ms)
    return None if wait is None else min(max(wait, 0), _LONGEST_RETRY_AFTER_MS)


def _http_date_ms(text: str, now_ms: int) -> int | None:
    for shape, layout in _HTTP_DATES:
        if not shape.fullmatch(text):
            continue
        # The day of the week says nothing that the date does not.
        written = re.sub(r"^[A-Za-z]+,? ", "", text)
        try:
            return int(datetime.strptime(written, layout).replace(tzinfo=UTC).timestamp()) * 1000 - now_ms
        except ValueError:
            return None
    return None


def recommender_url(base: str, endpoint: str) -> str:
    """API_BASE_URL joined with API_ENDPOINT; what the base's end repeats of the endpoint's start is joined once."""
    url = urlsplit(base)
    if url.scheme not in ("http", "https") or not url.hostname or "?" in base or "#" in base:
        raise RuleError("CONFIG_INVALID", "API_BASE_URL is not an http or https address without a query.")
    if re.match(r"[A-Za-z][A-Za-z0-9+.-]*:", endpoint) or "#" in endpoint:
        raise RuleError("CONFIG_INVALID", "API_ENDPOINT is not a path.")
    path, question, query = endpoint.partition("?")
    start = [segment for segment in url.path.split("/") if segment]
    end = [segment for segment in path.split("/") if segment]
    length = next(n for n in range(min(len(start), len(end)), -1, -1) if start[len(start) - n :] == end[:n])
    joined = "/".join([*start, *end[length:]])
    last = path if end else url.path
    tail = "/" if last.endswith("/") and joined else ""
    return f"{url.scheme}://{url.netloc}/{joined}{tail}{question + query if query else ''}"
