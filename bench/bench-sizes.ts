/** How much each section does. */
export interface BenchSizes {
  /** Measurements of each thing, unless a section says otherwise. */
  readonly repeats: number;
  /** The run that is profiled. */
  readonly profileEmployees: number;
  /** A run against a bare loop: so many that neither is still being compiled most of the time. */
  readonly overheadEmployees: number;
  /** Besides the default of EMPLOYEE_CONCURRENCY. */
  readonly higherConcurrency: number;
  readonly latenciesMs: readonly number[];
  /** Calls of the loop that makes one after the other, and employees of the run beside it, by latency. */
  readonly oneByOne: (latencyMs: number) => { readonly calls: number; readonly employees: number };
  /** At a time, of the runs beside it. */
  readonly oneByOneConcurrency: number;
  readonly concurrency: { readonly employees: number; readonly few: number; readonly many: number };
  /** Employees, and how often: never more often than the size before. */
  readonly growth: readonly { readonly employees: number; readonly repeats: number }[];
  readonly scaleOut: {
    readonly processes: readonly number[];
    readonly latencyMs: number;
    /** Of each process. So few that the latency, not this machine, is the limit of a process. */
    readonly concurrency: number;
    /** For each process that works on them, so that each number of processes takes as long. */
    readonly employeesPerProcess: number;
  };
  readonly fanOutEmployees: number;
  readonly assemblyEmployees: number;
  /** Of the native job and the queue, in turn. */
  readonly native: { readonly employees: number; readonly repeats: number };
  /** Rows of the file that is explored. */
  readonly exploreRows: number;
  readonly watched: { readonly employees: number; readonly latencyMs: number };
}

/** What `npm run bench` does. */
export const FULL_SIZES: BenchSizes = {
  repeats: 5,
  profileEmployees: 10_000,
  overheadEmployees: 30_000,
  higherConcurrency: 200,
  latenciesMs: [0, 20, 100],
  oneByOne: (latencyMs) => ({ calls: latencyMs === 0 ? 5_000 : 10_000 / latencyMs, employees: 30_000 }),
  oneByOneConcurrency: 400,
  concurrency: { employees: 15_000, few: 50, many: 400 },
  growth: [
    { employees: 1_000, repeats: 5 },
    { employees: 10_000, repeats: 5 },
    { employees: 100_000, repeats: 3 },
    { employees: 1_000_000, repeats: 3 },
  ],
  scaleOut: { processes: [1, 2, 4], latencyMs: 50, concurrency: 25, employeesPerProcess: 5_000 },
  fanOutEmployees: 100_000,
  // About five rows each: a million rows.
  assemblyEmployees: 200_000,
  native: { employees: 1_000_000, repeats: 1 },
  exploreRows: 1_000_000,
  watched: { employees: 20_000, latencyMs: 20 },
};

/** What `npm run bench -- --quick` does: enough to see that all of it works; the figures mean nothing. */
export const QUICK_SIZES: BenchSizes = {
  repeats: 1,
  profileEmployees: 200,
  overheadEmployees: 200,
  higherConcurrency: 100,
  latenciesMs: [0, 20],
  oneByOne: () => ({ calls: 20, employees: 200 }),
  oneByOneConcurrency: 100,
  concurrency: { employees: 200, few: 10, many: 100 },
  growth: [
    { employees: 100, repeats: 1 },
    { employees: 1_000, repeats: 1 },
  ],
  scaleOut: { processes: [1, 2], latencyMs: 20, concurrency: 10, employeesPerProcess: 200 },
  fanOutEmployees: 1_000,
  assemblyEmployees: 500,
  native: { employees: 500, repeats: 1 },
  exploreRows: 2_000,
  watched: { employees: 2_000, latencyMs: 20 },
};
