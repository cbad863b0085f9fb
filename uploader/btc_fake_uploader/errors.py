"""Errors that a person can act on."""


class UploaderError(Exception):
    """What stops the uploader: a line with what is wrong, and a remedy."""

    def __init__(self, message: str, remedy: str) -> None:
        super().__init__(message)
        self.remedy = remedy


class UsageError(UploaderError):
    """An option that is missing or wrong. The command ends with 2."""


class StorageError(UploaderError):
    """Storage or source did not answer after all attempts. A service tries again at its next interval."""
