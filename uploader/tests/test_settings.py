"""Options, secrets, and what a service shows of itself."""

import urllib.error
import urllib.request
from pathlib import Path

import pytest
from conftest import Edge, run

from btc_fake_uploader.errors import UsageError
from btc_fake_uploader.metrics import Metrics, serve
from btc_fake_uploader.redact import Redactor
from btc_fake_uploader.settings import read_settings

NEEDED = ["--sqlite", "a.db", "--table", "t", "--table-path", "x", "--state-dir", "s"]


def test_command_line_wins_over_environment_over_file(tmp_path: Path) -> None:
    file = tmp_path / "uploader.toml"
    file.write_text('interval = 5\nformat = "parquet"\nbatch_rows = 7\n[storage_option]\nAWS_REGION = "eu"\n')
    env = {"UPLOAD_INTERVAL": "6", "UPLOADER_FORMAT": "delta", "UPLOADER_CONFIG": str(file), "SENSOR_ID": "press-07"}
    settings = read_settings([*NEEDED, "--interval", "8"], env)
    assert (settings.interval, settings.format, settings.batch_rows, settings.source) == (8, "delta", 7, "press-07")
    assert read_settings(NEEDED, env).interval == 6
    assert read_settings(NEEDED, {}).interval == 60
    assert settings.storage_option == {"AWS_REGION": "eu"}


@pytest.mark.parametrize(
    ("more", "env", "says"),
    [
        (["--interval", "soon"], {}, "--interval has a value that will not do"),
        (["--interval", "nan"], {}, "--interval has a value that will not do"),
        (["--format", "csv"], {}, "--format has a value that will not do"),
        ([], {"UPLOADER_FORMTA": "delta"}, "There is no setting UPLOADER_FORMTA"),
        (["--files", "x"], {}, "either --sqlite with --table, or --files"),
        (["--after", "move"], {}, "--after move needs --move-to"),
        (["--format", "parquet", "--full-refresh"], {}, "--full-refresh cannot replace Parquet files"),
        (["--config", "/nowhere/x.toml"], {}, "cannot be read"),
    ],
)
def test_what_is_wrong_is_said_in_one_line(more: list[str], env: dict[str, str], says: str) -> None:
    with pytest.raises(UsageError, match=says.replace("(", r"\(")):
        read_settings([*NEEDED, *more], env)


def test_a_missing_option_ends_with_two_and_a_remedy() -> None:
    ended = run(["--sqlite", "x.db"])
    assert ended.code == 2
    assert "--table-path is missing" in ended.err


def test_secrets_do_not_reach_the_log() -> None:
    redactor = Redactor(
        {"AWS_SECRET_ACCESS_KEY": "abcd1234", "aws_region": "eu-central-1"}, {"AZURE_STORAGE_SAS_TOKEN": "sv=1&sig=zz9"}
    )
    text = "GET https://ann:pw@lake.example/x?sig=q%2B1&b=2 abcd1234 eu-central-1\nsv=1&sig=zz9 abfss://box@lake.example/t"
    assert redactor.text(text) == ("GET https://***@lake.example/x?sig=***&b=2 *** eu-central-1 *** abfss://box@lake.example/t")


def test_metrics_and_health_are_served() -> None:
    metrics = Metrics(0)
    server = serve(metrics, "127.0.0.1", 0)
    url = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        metrics.add("rows_total", 12)
        metrics.succeed(3, 1.5)
        text = urllib.request.urlopen(f"{url}/metrics").read().decode()
        assert "btc_fake_uploader_rows_total 12\n" in text
        assert "btc_fake_uploader_lag_seconds 1.5\n" in text
        assert urllib.request.urlopen(f"{url}/health").status == 200
        metrics._well -= 61
        with pytest.raises(urllib.error.HTTPError, match="503"):
            urllib.request.urlopen(f"{url}/health")
    finally:
        server.shutdown()
        server.server_close()


def test_the_interval_is_read_from_the_environment_of_the_process(plain: Edge) -> None:
    assert run(plain.arguments(), env={"UPLOAD_INTERVAL": "$UPLOAD_INTERVAL"}).code == 2
    shown = run(["--help"]).out
    assert "UPLOAD_INTERVAL; default 60" in " ".join(shown.split())
