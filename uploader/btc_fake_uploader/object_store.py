"""Puts files into a folder or an object store, only where nothing has the name yet."""

import hashlib
import os
from pathlib import Path

from obstore import get, head, put
from obstore import list as list_
from obstore.exceptions import AlreadyExistsError, NotFoundError
from obstore.store import LocalStore, ObjectStore, from_url

from .attempts import Attempts
from .errors import UploaderError

_SCHEMES = ("s3://", "s3a://", "abfs://", "abfss://", "az://", "gs://", "file://")


class FileTarget:
    """A place for files."""

    def __init__(self, url: str, options: dict[str, str], attempts: Attempts) -> None:
        self._attempts = attempts
        self._store = _store(url, options)

    def put(self, name: str, content: bytes | Path) -> bool:
        """Puts a file under a new name. False: the name is there already, after a lost answer maybe from this call."""

        def once() -> bool:
            try:
                put(self._store, name, content, mode="create", use_multipart=False)
                return True
            except AlreadyExistsError:
                return False

        return self._attempts.run(f"Putting {name}", once)

    def has(self, name: str) -> bool:
        """Whether a file of this name is there."""

        def once() -> bool:
            try:
                head(self._store, name)
                return True
            except (NotFoundError, FileNotFoundError):
                return False

        return self._attempts.run(f"Looking for {name}", once)

    def holds(self, name: str, path: Path) -> bool:
        """Whether the file of this name has the same bytes as a local one."""

        def once() -> bool:
            if int(head(self._store, name)["size"]) != path.stat().st_size:
                return False
            there = hashlib.sha256()
            for chunk in get(self._store, name).stream():
                there.update(chunk)
            with open(path, "rb") as file:
                return there.digest() == hashlib.file_digest(file, "sha256").digest()

        return self._attempts.run(f"Comparing {name}", once)

    def any_below(self, prefix: str) -> bool:
        """Whether anything is below a prefix."""
        return self._attempts.run(f"Listing {prefix}", lambda: any(len(page) > 0 for page in list_(self._store, prefix)))


def _store(url: str, options: dict[str, str]) -> ObjectStore:
    if "://" not in url:
        if ":" in url.split("/", 1)[0]:
            raise _unknown(url)
        try:
            return LocalStore(url, mkdir=True)
        except Exception as error:
            raise UploaderError(
                f"The folder {url} cannot be used: {error}", "Correct --table-path or the folder's owner."
            ) from None
    if not url.startswith(_SCHEMES):
        raise _unknown(url)
    try:
        if url.startswith("file://"):
            return from_url(url, mkdir=True)
        config = {k: v for k, v in options.items() if not _is_plain_http(k)}
        allowed = any(_is_plain_http(k) and v.lower() == "true" for k, v in {**os.environ, **options}.items())
        return from_url(url, config=config or None, client_options={"allow_http": True} if allowed else None)  # type: ignore[arg-type]
    except Exception as error:
        raise UploaderError(f"The target {url} cannot be used: {error}", "Check --table-path and the storage options.") from None


def _is_plain_http(name: str) -> bool:
    return name.lower() in ("aws_allow_http", "azure_allow_http", "allow_http")


def _unknown(url: str) -> UploaderError:
    return UploaderError(f"The target {url} has an unknown scheme", f"Use a folder or one of {', '.join(_SCHEMES)}.")
