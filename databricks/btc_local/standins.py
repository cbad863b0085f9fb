"""Stand-ins for what a workspace gives a notebook: `dbutils` and `display`, on the local file system."""

import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any, NoReturn

from btc_local.notebook import NotebookExit

_SHOWN_ROWS = 40


class LocalDbutils:
    """`widgets` are the job's parameters, `secrets` texts by scope and key; `volumes` stands for `/Volumes`."""

    def __init__(
        self,
        widgets: Mapping[str, str] | None = None,
        secrets: Mapping[tuple[str, str], str] | None = None,
        volumes: Path | None = None,
    ) -> None:
        self.widgets = _Widgets(widgets or {})
        self.secrets = _Secrets(secrets or {})
        self.fs = _Files(volumes)
        self.notebook = SimpleNamespace(exit=_exit)


class _Widgets:
    """A value from outside comes before the notebook's default, as with a job's parameters. All are texts."""

    def __init__(self, given: Mapping[str, str]) -> None:
        self._given = {name: str(value) for name, value in given.items()}
        self._defaults: dict[str, str] = {}

    def text(self, name: str, defaultValue: str = "", label: str | None = None) -> None:
        self._defaults[name] = str(defaultValue)

    def get(self, name: str) -> str:
        values = self.getAll()
        if name not in values:
            raise ValueError(f"InputWidgetNotDefined: no input widget named {name} is defined")
        return values[name]

    def getAll(self) -> dict[str, str]:
        return {**self._defaults, **self._given}


@dataclass(frozen=True, slots=True)
class _Secret:
    key: str


class _Secrets:
    def __init__(self, values: Mapping[tuple[str, str], str]) -> None:
        self._values = values

    def get(self, scope: str, key: str) -> str:
        if (scope, key) not in self._values:
            raise ValueError(f"Secret does not exist with scope: {scope} and key: {key}")
        return self._values[scope, key]

    def list(self, scope: str) -> list[_Secret]:
        return [_Secret(key) for owner, key in self._values if owner == scope]


class _Files:
    """`/Volumes/…` and `dbfs:/Volumes/…` are below the folder that stands for them; other paths are as they are."""

    def __init__(self, volumes: Path | None) -> None:
        self._volumes = volumes

    def _local(self, path: str) -> Path:
        bare = path.removeprefix("dbfs:").removeprefix("file:")
        if not (bare == "/Volumes" or bare.startswith("/Volumes/")):
            return Path(bare)
        if self._volumes is None:
            raise FileNotFoundError(f"{path}: no local folder stands for /Volumes")
        return self._volumes / bare.removeprefix("/Volumes").lstrip("/")

    def ls(self, path: str) -> list[SimpleNamespace]:
        return [
            SimpleNamespace(
                path=f"{path.rstrip('/')}/{entry.name}{'/' if entry.is_dir() else ''}",
                name=entry.name + ("/" if entry.is_dir() else ""),
                size=0 if entry.is_dir() else entry.stat().st_size,
                modificationTime=int(entry.stat().st_mtime * 1000),
            )
            for entry in sorted(self._local(path).iterdir())
        ]

    def mkdirs(self, path: str) -> bool:
        self._local(path).mkdir(parents=True, exist_ok=True)
        return True

    def put(self, path: str, contents: str, overwrite: bool = False) -> bool:
        with self._local(path).open("wb" if overwrite else "xb") as file:
            file.write(contents.encode())
        return True

    def cp(self, source: str, target: str, recurse: bool = False) -> bool:
        if recurse:
            shutil.copytree(self._local(source), self._local(target))
        else:
            shutil.copyfile(self._local(source), self._local(target))
        return True

    def rm(self, path: str, recurse: bool = False) -> bool:
        local = self._local(path)
        if not local.exists():
            return False
        if not local.is_dir():
            local.unlink()
        elif recurse:
            shutil.rmtree(local)
        else:
            local.rmdir()
        return True


def _exit(value: str = "") -> NoReturn:
    raise NotebookExit(str(value))


def display(*values: Any) -> None:
    """Shows tables as text."""
    for value in values:
        if hasattr(value, "show"):
            value.show(_SHOWN_ROWS, truncate=False)
        else:
            print(value)
