"""S3 over its real protocol, and its faults: Delta and Parquet arrive once."""

import json
import sys
from collections.abc import Iterator

import pytest
from conftest import Edge, add, expected, run
from s3 import S3

# Readers are processes of their own: one in this process would hold Python's lock while the proxy needs it.
DELTA = """
table = deltalake.DeltaTable(url).scan(columns=["_rowid"]).read_all()
print(json.dumps(sorted(table.column("_rowid").to_pylist())))"""
PARQUET = """
store = obstore.store.from_url(url, client_options={"allow_http": True})
names = [entry["path"] for page in obstore.list(store) for entry in page]
read = lambda name: arro3.io.read_parquet(io.BytesIO(bytes(obstore.get(store, name).bytes()))).read_all()
print(json.dumps([sorted(read(name).column("value").to_pylist()) for name in names]))"""


def look(reader: str, url: str, s3: S3) -> object:
    program = "import io, json, sys, arro3.io, deltalake, obstore, obstore.store\nurl = sys.argv[1]" + reader
    ended = run(["-c", program, url], env=s3.options, program=[sys.executable])
    assert ended.code == 0, ended.err
    return json.loads(ended.out)


@pytest.fixture(scope="module")
def s3() -> Iterator[S3]:
    server = S3()
    yield server
    server.close()


@pytest.mark.parametrize("fault", [503, 500, 409, "lost"])
def test_a_storage_fault_at_any_write_loses_and_repeats_nothing(plain: Edge, s3: S3, fault: int | str) -> None:
    add(plain, 6, 20)
    url = f"s3://lake/{plain.folder.name}"
    seen: set[str] = set()

    def once_each(method: str, path: str) -> int | str | None:
        # Each attempt names its data file in a new way: only the first of those fails.
        key = path if "_delta_log" in path else "data"
        if method not in ("PUT", "POST") or key in seen:
            return None
        seen.add(key)
        return fault

    s3.fault = once_each
    arguments = plain.arguments("--table-path", url, "--batch-rows", "10")
    for _ in range(3):
        ended = run(arguments, env=s3.options)
    s3.fault = lambda _method, _path: None
    assert ended.code == 0, ended.err
    assert len(seen) >= 4
    assert look(DELTA, url, s3) == list(range(1, 21))


def test_storage_that_is_away_ends_with_one_clear_line_and_no_secret(plain: Edge, s3: S3) -> None:
    s3.fault = lambda _method, _path: 403
    secret = "another-secret-word"
    option = ("--storage-option", f"AWS_SESSION_TOKEN={secret}", "--attempts", "1")
    ended = run(plain.arguments("--table-path", "s3://lake/closed", *option), env=s3.options)
    s3.fault = lambda _method, _path: None
    assert ended.code == 1
    assert "Check address, credentials" in ended.err
    assert secret not in ended.err
    assert "very-secret-words" not in ended.err


@pytest.mark.parametrize("fault", [None, "lost"])
def test_parquet_on_s3_is_put_if_absent_and_a_lost_answer_repeats_nothing(plain: Edge, s3: S3, fault: str | None) -> None:
    url = f"s3://lake/{plain.folder.name}"
    first = {"PUT": fault}
    s3.fault = lambda method, path: first.pop(method, None) if "readings" in path else None
    ended = run(plain.arguments("--table-path", url, "--format", "parquet"), env=s3.options)
    s3.fault = lambda _method, _path: None
    assert ended.code == 0, ended.err
    assert look(PARQUET, url, s3) == [expected(1, 2, 3, 4, 5)]
