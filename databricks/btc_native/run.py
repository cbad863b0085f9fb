"""One native run: what its widgets say, where its files are, and its manifest."""

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from btc_native.inputs import Catalogs, EmployeesInput
from btc_native.recommender import CallSettings, api_key_header
from btc_native.sftp import server_from_secrets
from btc_native.sftp_session import SftpServer
from btc_rules.catalog import Notice
from btc_rules.errors import RuleError
from btc_rules.feeds import feed_names
from btc_rules.run_plan import RunPlan, run_plan
from btc_rules.tally import RunTally
from btc_rules.text import quoted_value
from btc_rules.week import format_instant, local_date

if TYPE_CHECKING:
    from btc_native.records import TrainingRecords

_EMPLOYEES_PER_PARTITION = 20_000
_MODES = ("driver", "executors", "table")
_TOLD_EVERY = 10_000


@dataclass(frozen=True, slots=True)
class NativeRun:
    """A run as it is told."""

    plan: RunPlan
    environment: str
    software_version: str
    root: Path
    output: Path
    employees_file: Path
    template_file: Path | None
    catalog_folder: Path
    sftp: SftpServer | None
    catalog_date_formats: str
    catalog_max_age_days: int
    catalog_max_bytes: int
    training_catalog: str
    training_schema: str
    training_tables: tuple[str, str] | None
    recommender_mode: str
    recommender_table: str
    call_settings: CallSettings
    skip_invalid: bool
    without_failed: bool

    @classmethod
    def from_widgets(cls, dbutils: Any) -> "NativeRun":
        """Checks all widgets. Raises USAGE or CONFIG_INVALID. Widgets that a notebook does not define are empty."""
        widget = _reader(dbutils)
        secret = _secret_reader(dbutils, widget("secret_scope"))
        time_zone = widget("time_zone") or "UTC"
        as_of = widget("as_of") or datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        run_id = widget("run_id") or f"native-{datetime.now(UTC):%Y%m%dT%H%M%SZ}"
        plan = run_plan(run_id, widget("seed"), as_of, time_zone, widget("feed_date_format") or "yyyy_M_d")
        place = [widget(name) for name in ("catalog", "schema", "volume")]
        given_root = widget("volume_root")
        if not given_root and not all(place):
            raise RuleError("CONFIG_INVALID", "catalog, schema and volume say where inputs and drops are; one of them is empty")
        root = Path(given_root or "/Volumes/" + "/".join(place))
        mode = _one_of("recommender_mode", widget("recommender_mode") or "driver", _MODES)
        if mode == "table" and not widget("recommender_table"):
            raise RuleError("CONFIG_INVALID", "recommender_table is empty, and recommender_mode is table")
        output = widget("output")
        if "://" in output:
            raise RuleError("CONFIG_INVALID", f"output {quoted_value(output)} is not a path: give a folder of a volume")
        template = widget("template_file")
        tables = widget("training_tables").split("|") if widget("training_tables") else None
        return cls(
            plan=plan,
            environment=widget("environment"),
            software_version=widget("software_version") or "unknown",
            root=root,
            output=Path(output) if output else root,
            employees_file=_below(root, widget("employees_file") or "input/employees.csv"),
            template_file=_below(root, template) if template else None,
            catalog_folder=_below(root, widget("catalog_folder") or "catalogs"),
            sftp=server_from_secrets(secret),
            catalog_date_formats=widget("catalog_date_formats"),
            catalog_max_age_days=_whole("catalog_max_age_days", widget("catalog_max_age_days") or "45"),
            catalog_max_bytes=_whole("catalog_max_mb", widget("catalog_max_mb") or "500") * 1_000_000,
            training_catalog=widget("training_catalog"),
            training_schema=widget("training_schema"),
            training_tables=(tables[0], tables[1]) if tables and len(tables) == 2 else None,
            recommender_mode=mode,
            recommender_table=widget("recommender_table"),
            call_settings=_call_settings(secret, widget, root),
            skip_invalid=_switch("skip_invalid_employees", widget("skip_invalid_employees")),
            without_failed=_switch("without_failed", widget("without_failed")),
        )

    @property
    def has_training_records(self) -> bool:
        """Whether training records are configured."""
        return bool(self.training_catalog and self.training_schema)

    @property
    def work(self) -> Path:
        """Where the run keeps what it needs again: its answers, and its parts."""
        return self.root / "work" / self.plan.id

    @property
    def drop_folder(self) -> Path:
        """`drops/DATE` (contract section 7)."""
        return self.output / "drops" / local_date(self.plan.as_of, self.plan.time_zone)

    def tell(self, text: str) -> None:
        """Says at once what the run is doing."""
        print(text, flush=True)

    def progress(self, total: int) -> Callable[[int], None]:
        """Tells how many employees are done, now and then."""

        def told(done: int) -> None:
            if done == total or done % _TOLD_EVERY == 0:
                self.tell(f"  {done:,} of {total:,} employees")

        return told

    def partitions(self, employees: int) -> int:
        """How many parts the employees are decided in."""
        return max(1, -(-employees // _EMPLOYEES_PER_PARTITION))

    def file_names(self) -> dict[str, str]:
        """The names of the run's files."""
        plan = self.plan
        return feed_names(plan.id, plan.as_of, plan.time_zone, plan.feed_date_format)

    def notices(
        self,
        employees: EmployeesInput,
        catalogs: Catalogs,
        training: "TrainingRecords | None",
        of_choice: Sequence[Notice],
        failed: Sequence[tuple[int, str]],
    ) -> list[Notice]:
        """Everything that the run did without, guessed or left out, in the order of the summary."""
        notices: list[Notice] = []
        if employees.invalid:
            text = f"{employees.name}: skipped invalid rows: {employees.invalid}"
            notices.append(Notice("invalid-employees-skipped", text, employees.invalid))
        notices += catalogs.notices
        if training is None:
            text = "Databricks is not configured: open assignments and earlier completions were not read"
            notices.append(Notice("databricks-not-configured", text))
        elif training.skipped_rows:
            text = f"Databricks: skipped rows without a usable id: {training.skipped_rows}"
            notices.append(Notice("databricks-rows-skipped", text, training.skipped_rows))
        notices += of_choice
        if self.template_file is None:
            text = "No UserCompletion file was made: USER_COMPLETION_TEMPLATE_FILE is not set"
            notices.append(Notice("no-template", text))
        if failed:
            text = f"Finished without failed employees: {len(failed)}"
            notices.append(Notice("failed-employees-left-out", text, len(failed)))
        return notices

    def manifest_plan(self) -> dict[str, str]:
        """What the manifest says of the plan."""
        plan = self.plan
        return {
            "runId": plan.id,
            "seed": plan.seed,
            "asOf": format_instant(plan.as_of),
            "timeZone": plan.time_zone,
            "feedDateFormat": plan.feed_date_format,
        }

    def manifest(
        self,
        employees: EmployeesInput,
        catalogs: Catalogs,
        training: "TrainingRecords | None",
        template: dict[str, object] | None,
        notices: Sequence[Notice],
        tally: RunTally,
        failed: Sequence[tuple[int, str]],
        outputs: Sequence[dict[str, object]],
    ) -> dict[str, Any]:
        """The manifest, as the queue writes it (contract section 5)."""
        week = self.plan.week()
        databricks = None
        if training is not None:
            databricks = {
                "catalog": self.training_catalog,
                "schema": self.training_schema,
                "openAssignments": tally.counts["records_open"],
                "completions": tally.counts["records_completed"],
                "skippedRows": training.skipped_rows,
            }
        of_template = None
        if template is not None and self.template_file is not None:
            of_template = {"name": self.template_file.name, "sha256": template["sha256"]}
        return {
            "manifestVersion": 2,
            "engine": "native",
            **self.manifest_plan(),
            "week": {"start": format_instant(week.starts_at), "due": format_instant(week.due_at)},
            "inputs": {
                "employees": employees.as_json(),
                "catalogs": catalogs.inputs,
                "databricks": databricks,
                "template": of_template,
            },
            "sources": self._sources(),
            "notices": [notice.as_json() for notice in notices],
            "assignments": tally.assignments_json(),
            "counts": tally.counts_json(employees.employees),
            "failedEmployees": [{"employeeId": employee_id, "reason": reason} for employee_id, reason in failed],
            "outputs": list(outputs),
        }

    def _sources(self) -> dict[str, object]:
        is_table = self.recommender_mode == "table"
        tables = f"{self.training_catalog}.{self.training_schema}" if self.has_training_records else None
        recommender = self.recommender_table if is_table else _without_login(self.call_settings.url)
        sftp = None if self.sftp is None else self.sftp.as_json()
        return {"recommender": recommender, "sftp": sftp, "catalogs": str(self.catalog_folder), "databricks": tables}

    def result(self, manifest: dict[str, Any], names: dict[str, str]) -> dict[str, object]:
        """What the notebook ends with."""
        return {
            "runId": self.plan.id,
            "state": "finished",
            "employees": manifest["counts"]["employees"],
            "failedEmployees": len(manifest["failedEmployees"]),
            "notices": [notice["text"] for notice in manifest["notices"]],
            "drop": str(self.drop_folder),
            "files": [*(output["name"] for output in manifest["outputs"]), names["manifest"]],
        }


def _reader(dbutils: Any) -> Callable[[str], str]:
    def widget(name: str) -> str:
        try:
            return str(dbutils.widgets.get(name)).strip()
        except Exception:  # Databricks raises an error of its own for a widget that is not defined.
            return ""

    return widget


def _secret_reader(dbutils: Any, scope: str) -> Callable[[str], str]:
    keys = {secret.key for secret in dbutils.secrets.list(scope)} if scope else set()
    return lambda key: str(dbutils.secrets.get(scope, key)) if key in keys else ""


def _call_settings(secret: Callable[[str], str], widget: Callable[[str], str], root: Path) -> CallSettings:
    headers: list[tuple[str, str]] = []
    if key := secret("recommender-api-key"):
        headers.append(api_key_header(key))
    if header := secret("recommender-auth-header"):
        name, colon, value = header.partition(":")
        if not colon:
            raise RuleError("CONFIG_INVALID", "The secret recommender-auth-header is not 'Name: value'")
        headers.append((name.strip(), value.strip()))
    timeout = _whole("recommender_timeout", widget("recommender_timeout") or "30")
    attempts = _whole("recommender_attempts", widget("recommender_attempts") or "5")
    authority = ""
    if file := widget("recommender_ca_file"):
        try:
            authority = _below(root, file).read_text("utf-8")
        except (OSError, UnicodeDecodeError):
            raise RuleError("CONFIG_INVALID", f"recommender_ca_file {quoted_value(file)} cannot be read") from None
    proxy = secret("recommender-proxy")
    return CallSettings(widget("recommender_url"), timeout, tuple(headers), attempts, authority=authority, proxy=proxy)


def _without_login(url: str) -> str:
    start, at, rest = url.partition("@")
    return f"{start.split('//')[0]}//{rest}" if at else url


def _below(root: Path, path: str) -> Path:
    return Path(path) if os.path.isabs(path) else root / path


def _whole(name: str, text: str) -> int:
    if not (text.isascii() and text.isdigit() and 0 < int(text) <= 1_000_000):
        raise RuleError("CONFIG_INVALID", f"{name} {quoted_value(text)} is not a whole number from 1 to 1,000,000")
    return int(text)


def _switch(name: str, text: str) -> bool:
    return _one_of(name, text.lower() or "false", ("true", "false")) == "true"


def _one_of(name: str, text: str, words: Sequence[str]) -> str:
    if text not in words:
        raise RuleError("CONFIG_INVALID", f"{name} {quoted_value(text)} is not one of {', '.join(words)}")
    return text
