"""What one start of the uploader was told, checked as a whole."""

import argparse
import difflib
import json
import os
import socket
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path

from .errors import UsageError
from .options import OPTIONS, Option

DESCRIPTION = """Uploads the new rows of a SQLite table to Delta or Parquet, each once.
Command line over environment over --config FILE (TOML, the same names). `state show|reset|set` looks after the state."""
_LONGEST_INTERVAL = 31 * 86400


@dataclass(frozen=True)
class Settings:
    """The options under their names; see options.py."""

    sqlite: str | None
    table: str
    timestamp_field: str | None
    files: str | None
    table_path: str
    state_dir: str
    source: str
    format: str
    interval: float
    once: bool
    dry_run: bool
    since: str | None
    full_refresh: bool
    changed_rows: str
    look_back: float
    batch_rows: int
    batch_bytes: int
    attempts: int
    settle: float
    after: str
    move_to: str | None
    metrics_port: int
    metrics_host: str
    storage_option: dict[str, str]


def read_settings(arguments: Sequence[str], environment: Mapping[str, str]) -> Settings:
    """The settings out of command line, environment and file. Raises UsageError with what is wrong."""
    given = vars(_parser().parse_args(arguments))
    values: dict[str, object] = {o.name: o.default for o in OPTIONS}
    file = given.pop("config", None) or environment.get("UPLOADER_CONFIG")
    if file:
        values.update(_from_file(Path(file)))
    values.update(_from_environment(environment))
    for option in OPTIONS:
        value = given.get(option.name.replace("-", "_"))
        if value is not None:
            values[option.name] = _parse(option, value, f"--{option.name}")
    return _checked({name.replace("-", "_"): value for name, value in values.items()})


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="btc-fake-uploader", description=DESCRIPTION, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--config", metavar="FILE", help="TOML file with the same names (UPLOADER_CONFIG)")
    for option in OPTIONS:
        default = "" if option.default in (None, {}) else f"; default {option.default}"
        text = f"{option.help} ({', '.join(option.environment)}{default})".replace("%", "%%")
        name = f"--{option.name}"
        if option.kind == "flag":
            parser.add_argument(name, action=argparse.BooleanOptionalAction, default=None, help=text)
        elif option.kind == "map":
            parser.add_argument(name, action="append", metavar="KEY=VALUE", help=text)
        else:
            parser.add_argument(name, metavar="|".join(option.choices) or option.kind.upper(), help=text)
    return parser


def _from_file(path: Path) -> dict[str, object]:
    try:
        content = tomllib.loads(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise UsageError(f"The config file {path} cannot be read: {error}", "Correct the file, or leave --config out.") from None
    known = {o.name: o for o in OPTIONS}
    values: dict[str, object] = {}
    for key, value in content.items():
        name = key.replace("_", "-")
        if name not in known:
            near = difflib.get_close_matches(name, known, 1)
            raise UsageError(f"{path}: there is no option {key}", f"Did you mean {near[0]}?" if near else "See --help.")
        values[name] = _parse(known[name], value, f"{key} in {path}")
    return values


def _from_environment(environment: Mapping[str, str]) -> dict[str, object]:
    known = {variable: o for o in OPTIONS for variable in reversed(o.environment)}
    values: dict[str, object] = {}
    for variable in environment:
        if variable.startswith("UPLOADER_") and variable not in known and variable != "UPLOADER_CONFIG":
            near = difflib.get_close_matches(variable, known, 1)
            raise UsageError(f"There is no setting {variable}", f"Did you mean {near[0]}?" if near else "See --help.")
    for option in OPTIONS:
        chosen = next((v for v in option.environment if environment.get(v)), None)
        if chosen is not None:
            values[option.name] = _parse(option, environment[chosen], chosen)
    return values


def _parse(option: Option, value: object, where: str) -> object:
    try:
        match option.kind:
            case "flag":
                return _flag(value)
            case "seconds":
                seconds = float(str(value))
                if not 0 <= seconds <= _LONGEST_INTERVAL:
                    raise ValueError
                return seconds
            case "count":
                if int(str(value)) < 0:
                    raise ValueError
                return int(str(value))
            case "choice":
                if value not in option.choices:
                    raise ValueError
                return value
            case "map":
                return _map(value)
            case _:
                return str(value)
    except ValueError:
        wanted = " or ".join(option.choices) or {"seconds": "seconds, at most 31 days", "map": "KEY=VALUE"}.get(
            option.kind, option.kind
        )
        shown = "" if option.kind == "map" else f" {value!r}"
        raise UsageError(f"{where} has a value that will not do{shown}", f"Give it {wanted}: {option.help}.") from None


def _flag(value: object) -> bool:
    if isinstance(value, bool):
        return value
    words = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}
    if str(value).lower() not in words:
        raise ValueError
    return words[str(value).lower()]


def _map(value: object) -> dict[str, str]:
    if isinstance(value, str):
        value = json.loads(value) if value.startswith("{") else [value]
    if isinstance(value, dict):
        return {str(k): str(v) for k, v in value.items()}
    if not isinstance(value, list) or not all("=" in str(pair) for pair in value):
        raise ValueError
    return dict(str(pair).split("=", 1) for pair in value)


def _checked(values: dict[str, object]) -> Settings:
    if bool(values["sqlite"]) == bool(values["files"]):
        raise UsageError("Give either --sqlite with --table, or --files", "One uploader uploads a table or a folder of files.")
    needed = ["table_path", "state_dir", *(["table"] if values["sqlite"] else [])]
    for name in needed:
        if not values[name]:
            option = name.replace("_", "-")
            raise UsageError(f"--{option} is missing", f"Give --{option}, UPLOADER_{name.upper()} or {option} in the file.")
    if values["after"] == "move" and not values["move_to"]:
        raise UsageError("--after move needs --move-to", "Name the folder that uploaded files move to.")
    if not values["batch_rows"] or not values["batch_bytes"] or not values["attempts"]:
        raise UsageError("--batch-rows, --batch-bytes and --attempts are at least 1", "Leave them out for their defaults.")
    if values["full_refresh"] and values["format"] == "parquet":
        raise UsageError(
            "--full-refresh cannot replace Parquet files: they are only ever added",
            "Upload to another --table-path with another --state-dir, or use --format delta.",
        )
    values["table"] = values["table"] or ""
    if not values["source"] and values["sqlite"]:
        values["source"] = f"{socket.gethostname()}:{os.path.abspath(str(values['sqlite']))}:{values['table']}"
    values["source"] = values["source"] or "files"
    return Settings(**{f.name: values[f.name] for f in fields(Settings)})  # type: ignore[arg-type]
