"""Every committed vector: the Python rules say what the TypeScript rules say."""

from datetime import datetime
from typing import Any

import pytest
from vector_cases import Case, assert_outcome, cases

from btc_rules import catalog, catalog_dates, catalog_names, decision, draws, employees, feeds, ids, recommender, week


@pytest.mark.parametrize("case", cases("draws"))
def test_draws_and_request_ids(case: Case) -> None:
    assert draws.seeded_draw(case["seed"], case["id"])(case["purpose"], case["n"]) == case["drawn"]
    assert draws.request_id(case["id"], case["day"]) == case["requestId"]


@pytest.mark.parametrize("case", cases("weeks"))
def test_business_weeks_and_local_times(case: Case) -> None:
    if "time" in case:
        as_if_utc = int(datetime.fromisoformat(f"{case['date']}T{case['time']}+00:00").timestamp()) * 1000
        assert week.instant_of_local(as_if_utc, case["zone"]) == case["instant"]
        return
    found = week.business_week(case["asOf"], case["zone"])
    assert {
        "startsAt": found.starts_at,
        "dueAt": found.due_at,
        "startDate": found.start_date,
        "asOfDate": found.as_of_date,
    } == case["week"]


@pytest.mark.parametrize("case", cases("employees"))
def test_what_an_employee_is_assigned_and_completes(case: Case) -> None:
    given = case["given"]
    contents = [catalog.CatalogContent(c["id"], c["title"], c["dailyDose"], c["createdAt"]) for c in given["contents"]]
    choice = decision.manager_choice(contents)
    assert {"dailyDose": list(choice.daily_dose), "others": list(choice.others)} == case["choice"]
    person = employees.Employee(**given["person"])
    draw = draws.seeded_draw(given["seed"], person.id)
    open_rows = [decision.OpenAssignment(*row.values()) for row in given["open"]]
    completed = [(row["contentId"], row["completedOn"]) for row in given["completed"]]
    business_week = week.business_week(given["asOf"], given["zone"])
    assigned = decision.assign_employee(open_rows, completed, choice, business_week, draw)
    assert assigned.decision == case["decision"]
    assert [list(conflict) for conflict in assigned.conflicts] == case["conflicts"]
    items = decision.combined_list(assigned, given["advised"])
    completions = decision.complete_employee(person, items, given["asOf"], draw)
    assert [feeds.completion_row(person.id, completion) for completion in completions] == case["completions"]
    rows = feeds.NonCompletedRows(given["asOf"], given["zone"])
    assert [
        *(rows.open(person.id, row) for row in assigned.open),
        *(rows.assigned(person.id, content_id) for content_id in assigned.new()),
    ] == case["nonCompleted"]
    assert feeds.summary_line(person.id, completions) == case["summary"]


@pytest.mark.parametrize("case", cases("names"))
def test_names_of_files(case: Case) -> None:
    assert draws.run_token(case["id"]) == case["token"]
    names = feeds.feed_names(case["id"], case["asOf"], case["timeZone"], case["feedDateFormat"])
    assert names == case["names"]


@pytest.mark.parametrize("case", cases("catalog-names"))
def test_names_of_catalogs_and_which_is_newest(case: Case) -> None:
    if "files" not in case:
        parsed = catalog_names.parse_catalog_file_name(case["name"])
        shown = parsed and {field: getattr(parsed, field) for field in ("kind", "name", "date", "sequence")}
        assert shown == case["parsed"]
        return
    files = [(catalog_names.parse_catalog_file_name(name), modified) for name, modified in case["files"]]
    known = [(file, modified) for file, modified in files if file is not None]
    newest = catalog_names.newest_catalog_file(known, case["kind"], case["day"])
    assert (newest.name if newest else None) == case["newest"]


@pytest.mark.parametrize("case", cases("catalog-dates"))
def test_dates_of_catalogs(case: Case) -> None:
    pattern = None if case["pattern"] is None else catalog_dates.compile_date_pattern(case["pattern"])
    assert (case["pattern"] is None or pattern is not None) == case["isPattern"]
    readings = catalog_dates.read_catalog_date(case["text"], case["zone"], [pattern] if pattern else [])
    shown = readings and {"monthFirst": readings.month_first, "dayFirst": readings.day_first}
    assert shown == case["readings"]


@pytest.mark.parametrize("case", cases("catalogs"))
def test_rows_of_catalogs_and_their_notices(case: Case) -> None:
    def read() -> Case:
        reader = catalog.CatalogReader(case["kind"], case["header"], 1, "c.csv", "UTC", [])
        for line, fields in enumerate(case["rows"], 2):
            reader.add(line, fields)
        contents = [{"id": c.id, "title": c.title, "dailyDose": c.daily_dose, "createdAt": c.created_at} for c in reader.finish()]
        notices = [
            {"code": n.code, "text": n.text, "count": n.count, "firstLine": n.first_line}
            for n in catalog.catalog_notices("c.csv", reader.faults)
        ]
        return {"contents": contents, "notices": notices}

    assert_outcome(case, read)


@pytest.mark.parametrize("case", cases("ids"))
def test_ids(case: Case) -> None:
    content_id = ids.parse_content_id(case["text"])
    assert content_id == case["content"]
    assert (None if content_id is None else ids.format_content_id(content_id)) == case["written"]
    assert ids.parse_employee_id(case["text"]) == case["employee"]
    assert ids.is_run_id(case["text"]) == case["run"]


@pytest.mark.parametrize("case", cases("employee-rows"))
def test_rows_of_an_employees_file(case: Case) -> None:
    def read() -> list[Any]:
        reader = employees.EmployeeReader(case["header"], "employees.csv:1")
        rows = [reader.read(fields) for fields in case["rows"]]
        return [[row.id, row.type] if isinstance(row, employees.Employee) else row for row in rows]

    assert_outcome(case, read)


@pytest.mark.parametrize("case", cases("recommendations"))
def test_answers_of_the_recommender(case: Case) -> None:
    assert_outcome(case, lambda: recommender.parse_recommendations(case["body"]))


@pytest.mark.parametrize("case", cases("urls"))
def test_the_address_of_the_recommender(case: Case) -> None:
    assert_outcome(case, lambda: recommender.recommender_url(case["base"], case["endpoint"]))


@pytest.mark.parametrize("case", cases("retry-after"))
def test_how_long_retry_after_asks_to_wait(case: Case) -> None:
    assert recommender.retry_after_ms(case["header"], case["now"]) == case["wait"]


@pytest.mark.parametrize("case", cases("statuses"))
def test_what_an_answer_without_success_means(case: Case) -> None:
    code = recommender.status_code_of(case["status"])
    assert code == case["code"]
    if code is not None:
        assert recommender.remedy_of(code, case["status"]) == case["remedy"]
        assert recommender.is_retryable(code) == case["isRetryable"]
