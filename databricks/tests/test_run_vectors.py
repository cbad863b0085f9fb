"""Every committed vector of a run's plan, of its catalogs and of its summary: Python says what TypeScript says."""

import re
from collections import Counter
from pathlib import Path

import pytest
from vector_cases import Case, assert_outcome, cases

from btc_native.failures import describe_failures
from btc_rules import catalog_choice, run_plan, tally
from btc_rules.catalog import Notice
from btc_rules.decision import ManagerChoice


@pytest.mark.parametrize("case", cases("instants"))
def test_the_instant_that_a_run_is_told(case: Case) -> None:
    assert_outcome(case, lambda: run_plan.as_of_instant(case["text"], case["zone"]))


@pytest.mark.parametrize("case", cases("seeds"))
def test_the_seed_that_a_run_is_told(case: Case) -> None:
    assert_outcome(case, lambda: run_plan.checked_seed(case["seed"]))


@pytest.mark.parametrize("case", cases("catalog-choices"))
def test_which_catalogs_a_run_takes_out_of_a_folder(case: Case) -> None:
    entries = [
        catalog_choice.FolderEntry(one["name"], one["kind"] == "file", one["kind"] == "folder", one["modifiedAt"], one["bytes"])
        for one in case["entries"]
    ]

    def choose() -> Case:
        files, notices = catalog_choice.choose_catalogs(entries, case["day"], case["maxAgeDays"], case["place"], case["maxBytes"])
        return {"names": [file.name for file in files], "notices": [notice.as_json() for notice in notices]}

    assert_outcome(case, choose)


@pytest.mark.parametrize("case", cases("summary-tails"))
def test_the_summary_below_the_employees(case: Case) -> None:
    assignments = case["assignments"]
    doses = assignments["dailyDose"]
    found = tally.RunTally(ManagerChoice(tuple(dose["contentId"] for dose in doses), frozenset(), ()))
    found.doses = [Counter({"assigned": dose["assigned"], **dose["skipped"]}) for dose in doses]
    random = assignments["random"]
    found.counts.update(random=random["assigned"], nothing_left=random["nothingLeft"], open=assignments["openAssignments"])
    assert found.assignments_json() == assignments
    notices = [Notice(one["code"], one["text"]) for one in case["notices"]]
    failed = [(one["employeeId"], one["reason"]) for one in case["failedEmployees"]]
    assert tally.summary_tail(found, dict(case["titles"]), notices, failed, case["fileNames"]) == case["lines"]


@pytest.mark.parametrize("case", cases("failed-employees"))
def test_the_command_line_finds_failed_employees_in_what_the_notebook_says(case: Case) -> None:
    failed = [(employee_id, code, message) for employee_id, code, message in case["failed"]]
    assert re.search(case["pattern"], describe_failures(failed, Path("/Volumes/a/b/c/work/x/failed")))
