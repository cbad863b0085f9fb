"""The drop and the ground truth in their places (contract section 7): each file as a whole, and none twice."""

import filecmp
import hashlib
import json
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow.parquet as pq

from btc_rules.draws import run_token
from btc_rules.errors import RuleError

if TYPE_CHECKING:
    from btc_native.ground_truth import GroundTruth

MANIFEST_KEY = b"btc_fake.manifest_sha256"
"""Under this key a file of the ground truth holds the SHA-256 of its run's manifest."""


@dataclass(frozen=True, slots=True)
class MadeFiles:
    """What a run has made in a local folder, and where its catalogs lie; `names` are those of the run's files."""

    folder: Path
    names: dict[str, str]
    feeds: Sequence[str]
    employees: Path
    catalogs: Sequence[Path]
    truth: "GroundTruth"


def land(made: MadeFiles, run_id: str, output: Path, drop: Path, manifest: dict[str, Any]) -> None:
    """Copies the drop and the ground truth of a run to their places below `output`. Raises LANDING_CONFLICT."""
    tables = [(path, output / path.relative_to(made.truth.folder)) for path in made.truth.paths]
    for _, target in tables:
        _refuse_other_content(target, run_id, manifest)
    token = run_token(run_id)
    for name in made.feeds:
        _copy(made.folder / name, drop)
    for path in made.catalogs:
        is_other = (drop / path.name).is_file() and not filecmp.cmp(drop / path.name, path, shallow=False)
        _copy(path, drop / token if is_other else drop)
    frozen = made.folder / f"employees_{token}.csv"
    _write_population(made.employees, frozen)
    for path in (frozen, made.folder / made.names["summary"]):
        _copy(path, drop / "inputs")
    for path, target in tables:
        if not target.is_file():
            _copy(path, target.parent)
    _copy(made.folder / made.names["manifest"], drop / "inputs")


def manifest_sha256(manifest: dict[str, Any]) -> str:
    """The hash by which a landed run is known: of its manifest without the engine."""
    kept = {key: value for key, value in manifest.items() if key != "engine"}
    return hashlib.sha256(json.dumps(kept, ensure_ascii=False, separators=(",", ":")).encode()).hexdigest()


def _refuse_other_content(target: Path, run_id: str, manifest: dict[str, Any]) -> None:
    if not target.is_file():
        return
    metadata = pq.read_schema(target).metadata or {}
    if metadata.get(MANIFEST_KEY) == manifest_sha256(manifest).encode():
        return
    message = f"{target}: the run {run_id} has landed with other content; give this one another run_id"
    raise RuleError("LANDING_CONFLICT", message)


def _write_population(employees: Path, target: Path) -> None:
    with target.open("w", encoding="utf-8", newline="") as file, pq.ParquetFile(employees) as source:
        file.write("employee_id,employee_edu_type\n")
        for batch in source.iter_batches():
            file.writelines(f"{row['employee_id']},{row['employee_type']}\n" for row in batch.to_pylist())


def _copy(path: Path, folder: Path) -> None:
    """Copies a file as a whole; an existing file with the same bytes stays as it is."""
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / path.name
    if not (target.is_file() and filecmp.cmp(target, path, shallow=False)):
        shutil.copyfile(path, target)
