/** One notebook of the native job. Further parts of the product add theirs to `JOB_TASKS`, and nothing else. */
export interface JobTask {
  /** Key of the task in the job, and what `btc-fake databricks run --task` takes. */
  readonly key: string;
  /** File name of the notebook without its ending; its source is `databricks/NOTEBOOK.py`. */
  readonly notebook: string;
  readonly about: string;
  /** Keys of the tasks that must have succeeded before. */
  readonly dependsOn: readonly string[];
}

/** All tasks of the native job, each after those that it depends on. */
export const JOB_TASKS: readonly JobTask[] = [
  {
    key: 'simulation',
    notebook: 'btc_simulation',
    about: 'Simulates one week and writes the feeds, the drop and the ground truth.',
    dependsOn: [],
  },
];

/** The packages and modules under `databricks/` that the notebooks import. */
export const NOTEBOOK_MODULES: readonly string[] = ['btc_constants.py', 'btc_native', 'btc_rules'];
