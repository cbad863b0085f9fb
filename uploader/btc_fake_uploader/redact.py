"""Keeps secrets out of everything that the uploader says."""

import os
import re
from collections.abc import Mapping

_SECRET_NAME = re.compile(r"key|secret|token|sas|password|passwd|signature|credential|connection", re.IGNORECASE)
# Names that match and hold no secret.
_HARMLESS = re.compile(r"(access_key_id|checksum|conditional_put|key_prefix)$|_file$|_endpoint$|_uri$|_path$", re.IGNORECASE)
_URL_USER = re.compile(r"(\w+://)[^/\s@]+@")
_URL_QUERY = re.compile(r"([?&](?:sig|token|x-amz-signature|x-amz-security-token|x-amz-credential)=)[^&\s\"']+", re.IGNORECASE)
_SHORTEST = 4


class Redactor:
    """Replaces the values of secrets, and what URLs carry of them."""

    def __init__(self, storage_options: Mapping[str, str], environment: Mapping[str, str] | None = None) -> None:
        both = {**(os.environ if environment is None else environment), **storage_options}
        values = {v for k, v in both.items() if len(v) >= _SHORTEST and _SECRET_NAME.search(k) and not _HARMLESS.search(k)}
        self._values = sorted(values, key=len, reverse=True)

    def text(self, text: str) -> str:
        """The text without secrets, on one line."""
        for value in self._values:
            text = text.replace(value, "***")
        # An abfss:// address names its container before the @: that is no secret.
        text = _URL_USER.sub(lambda m: m[0] if m[1].startswith(("abfs", "wasb")) else f"{m[1]}***@", text)
        return " ".join(_URL_QUERY.sub(r"\1***", text).split())
