# Databricks notebook source
# MAGIC %md
# MAGIC # BTC Fake: one simulated week
# MAGIC
# MAGIC Reads employees and the vendor's catalogs from a volume and training records from two tables, asks the recommender,
# MAGIC decides for each employee on the executors, and writes the vendor's files byte for byte, with the ground truth beside.
# MAGIC
# MAGIC The rules are in `btc_rules`, what surrounds them in `btc_native`. A run with the same inputs makes the same bytes.

# COMMAND ----------

# DBTITLE 1,Widgets
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from btc_native.workspace import dbutils, display, spark

dbutils.widgets.text("environment", "dev")
dbutils.widgets.text("training_catalog", "", "Catalog of the training records; empty: none are read")
dbutils.widgets.text("training_schema", "", "Schema of the training records")
dbutils.widgets.text("catalog", "", "Catalog that is written to")
dbutils.widgets.text("schema", "", "Schema that is written to")
dbutils.widgets.text("volume", "", "Volume with inputs and drops")
dbutils.widgets.text("run_id", "", "Id of the run")
dbutils.widgets.text("seed", "", "Seed; empty: the run id")
dbutils.widgets.text("as_of", "", "Instant that is simulated; empty: now")
dbutils.widgets.text("time_zone", "UTC", "Business time zone")
dbutils.widgets.text("employees_file", "input/employees.csv", "Below the volume, or an absolute path")
dbutils.widgets.text("template_file", "", "UserCompletion template; empty: none")
dbutils.widgets.text("feed_date_format", "yyyy_M_d", "yyyy_M_d or yy_MM_dd")
dbutils.widgets.text("catalog_date_formats", "", "date-fns patterns, separated by ;")
dbutils.widgets.text("catalog_max_age_days", "45")
dbutils.widgets.text("catalog_max_mb", "500", "Largest catalog file, in megabytes")
dbutils.widgets.text("recommender_mode", "driver", "driver, executors or table")
dbutils.widgets.text("recommender_url", "", "The whole address that is called")
dbutils.widgets.text("recommender_table", "", "Answers instead of calls")
dbutils.widgets.text("recommender_timeout", "30", "Seconds for one call")
dbutils.widgets.text("recommender_ca_file", "", "PEM file of an authority to trust; empty: the well-known ones")
dbutils.widgets.text("secret_scope", "", "Scope with the credentials")
dbutils.widgets.text("output", "", "Root of the drops; empty: the volume")
dbutils.widgets.text("without_failed", "false", "true: leave out employees whose call failed for good")
dbutils.widgets.text("skip_invalid_employees", "false", "true: leave out rows of employees that are wrong")
dbutils.widgets.text("software_version", "", "Of the BTC Fake that wrote the job")

# COMMAND ----------

# DBTITLE 1,What the run is told
import json
import shutil
import tempfile
from pathlib import Path

from pyspark import cloudpickle

import btc_constants
import btc_native
import btc_rules
from btc_native import answers, assemble, decide, inputs, records, sftp
from btc_native.drop import MadeFiles, land, manifest_sha256
from btc_native.failures import describe_failures
from btc_native.ground_truth import GroundTruth
from btc_native.run import NativeRun
from btc_rules.decision import manager_choice
from btc_rules.errors import RuleError
from btc_rules.tally import RunTally, choice_notices, summary_tail
from btc_rules.week import local_date

# The rules travel to the executors with the functions that use them: nothing has to be installed there.
for module in (btc_constants, btc_rules, btc_native):
    cloudpickle.register_pickle_by_value(module)

run = NativeRun.from_widgets(dbutils)
plan = run.plan
# It goes with the process, also when a cell fails.
scratch_folder = tempfile.TemporaryDirectory(prefix="btc-fake-")
scratch = Path(scratch_folder.name)
run.tell(f"Run {plan.id}: {run.environment}, as of {run.manifest_plan()['asOf']}, {plan.time_zone}")

# COMMAND ----------

# DBTITLE 1,Employees and catalogs
run.tell("Reading employees and catalogs")
employees_input = inputs.write_employees(run.employees_file, scratch / "employees.parquet", run.skip_invalid)
run.work.mkdir(parents=True, exist_ok=True)
shutil.copyfile(scratch / "employees.parquet", run.work / "employees.parquet")
day = local_date(plan.as_of, plan.time_zone)
listed = None
if run.sftp is not None:
    run.tell(f"Fetching the newest catalogs from {run.sftp.endpoint}")
    listed = sftp.fetch_catalogs(run.sftp, run.catalog_folder, scratch, day, run.catalog_max_age_days, run.catalog_max_bytes)
catalogs = inputs.read_catalogs(
    run.catalog_folder,
    scratch / "catalogs",
    day,
    plan.time_zone,
    run.catalog_date_formats,
    run.catalog_max_age_days,
    run.catalog_max_bytes,
    listed,
)
choice = manager_choice(catalogs.stand_alone)
employees = spark.read.parquet(str(run.work / "employees.parquet"))

# COMMAND ----------

# DBTITLE 1,Training records
training = None
if run.has_training_records:
    run.tell(f"Reading training records from {run.training_catalog}.{run.training_schema}")
    ranges = inputs.id_ranges(scratch / "employees.parquet", records.EMPLOYEES_PER_RANGE)
    with records.in_utc(spark):
        training = records.read_training_records(spark, run.training_catalog, run.training_schema, ranges, run.training_tables)

# COMMAND ----------

# DBTITLE 1,Recommendations
answer_folder = run.work / "answers"
if run.recommender_mode == "table":
    run.tell(f"Reading recommendations from {run.recommender_table}")
    found = answers.answers_from_table(spark, run.recommender_table, employees)
elif run.recommender_mode == "executors":
    run.tell("Asking the recommender from the executors")
    answers.ask_from_executors(spark, employees, str(answer_folder), run.call_settings)
    found = answers.kept_answers(spark, str(answer_folder)).join(employees.select("employee_id"), "employee_id", "left_semi")
else:
    run.tell("Asking the recommender")
    answers.ask_from_driver(
        scratch / "employees.parquet", answer_folder, run.call_settings, run.progress(employees_input.employees)
    )
    found = answers.kept_answers(spark, str(answer_folder)).join(employees.select("employee_id"), "employee_id", "left_semi")

failed = [
    (row["employee_id"], row["code"], row["message"])
    for row in found.where("code IS NOT NULL").orderBy("employee_id").select("employee_id", "code", "message").collect()
]
reasons = [(employee_id, f"{code}: {message}") for employee_id, code, message in failed]
if failed:
    failures = found.where("code IS NOT NULL").select("employee_id", "code", "message")
    failures.write.mode("overwrite").parquet(str(run.work / "failed"))
    display(failures.orderBy("employee_id"))
    if not run.without_failed:
        raise RuleError("RUN_INCOMPLETE", describe_failures(failed, run.work / "failed"))

# COMMAND ----------

# DBTITLE 1,What each employee is assigned and completes
run.tell(f"Deciding for {employees_input.employees:,} employees")
good = found.where("code IS NULL").select("employee_id", "recommendations")
joined = decide.in_input_order(decide.join_inputs(employees, training, good), run.partitions(employees_input.employees))
schema = decide.arrow_schema(spark)
decided_folder = run.work / "decided"
decider = decide.decider(plan, choice, catalogs.known_ids(), schema)
with records.in_utc(spark):
    joined.mapInArrow(decider, decide.DECIDED_SCHEMA).write.mode("overwrite").parquet(str(decided_folder))

# COMMAND ----------

# DBTITLE 1,Files
run.tell("Writing the files")
names = run.file_names()
tally = RunTally(choice)
drafts = assemble.write_feeds(decided_folder, scratch, names, tally, employees_input.employees)
feeds = [drafts.completions.finish(), drafts.non_completed.finish()]
template = None
if run.template_file is not None:
    template = assemble.copy_template(run.template_file, scratch / names["userCompletion"])
    feeds.append(template)
notices = run.notices(employees_input, catalogs, training, choice_notices(choice, tally.counts["nothing_left"]), reasons)
file_names = [*(str(feed["name"]) for feed in feeds), names["summary"], names["manifest"]]
for line in summary_tail(tally, catalogs.titles(choice.daily_dose), notices, reasons, file_names):
    drafts.summary.write(f"{line}\n", 1)
outputs = [*feeds, drafts.summary.finish()]
manifest = run.manifest(employees_input, catalogs, training, template, notices, tally, reasons, outputs)
(scratch / names["manifest"]).write_text(assemble.manifest_text(manifest), "utf-8")

# COMMAND ----------

# DBTITLE 1,Drop and ground truth
run.tell(f"Writing the drop to {run.drop_folder}")
truth = GroundTruth(scratch / "truth", plan, manifest_sha256(manifest))
contents = {content.id: content for content in catalogs.stand_alone}
chosen = [contents[content_id] for content_id in choice.daily_dose]
truth.write(scratch / "employees.parquet", decided_folder, chosen, tally, failed, run.software_version)
feed_names = [str(feed["name"]) for feed in feeds]
made = MadeFiles(scratch, names, feed_names, scratch / "employees.parquet", catalogs.files, truth)
land(made, plan.id, run.output, run.drop_folder, manifest)
shutil.rmtree(decided_folder, ignore_errors=True)
scratch_folder.cleanup()

# COMMAND ----------

# DBTITLE 1,Result
result = run.result(manifest, names)
display(spark.createDataFrame([(str(name), str(value)) for name, value in result.items()], "name string, value string"))
dbutils.notebook.exit(json.dumps(result))
