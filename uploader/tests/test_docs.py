"""The page of the docs says what the options are."""

from conftest import ROOT

from btc_fake_uploader.options import OPTIONS


def test_every_option_is_in_the_docs_with_variables_and_default() -> None:
    lines = (ROOT.parent / "docs" / "uploader.md").read_text().splitlines()
    for option in OPTIONS:
        line = next(x for x in lines if x.startswith(f"| `--{option.name}` |"))
        assert all(f"`{variable}`" in line for variable in option.environment)
        assert option.default in (None, {}) or f"| `{str(option.default).lower()}` |" in line
        assert option.help in line


def test_the_dockerfile_keeps_the_rules_of_hadolint() -> None:
    import subprocess
    import sys
    from pathlib import Path

    program = Path(sys.executable).parent / "hadolint"
    ended = subprocess.run([program, ROOT / "Dockerfile"], capture_output=True, text=True)
    assert (ended.returncode, ended.stdout) == (0, "")
