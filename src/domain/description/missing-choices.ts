import type { Target } from './description.ts';
import type { Path, Problem } from './problem.ts';

/**
 * What one setting of a target makes necessary in another, with the path of the setting that asks for it.
 * @param given where the target says a setting: in its own part, or in the part for all targets.
 */
export function missingChoices(target: Target, given: (path: readonly string[]) => Path): Problem[] {
  const { name, job, simulation } = target;
  const { mode, url, table } = simulation.recommender;
  const found: Problem[] = [];
  const need = (path: readonly string[], what: string) =>
    found.push({ path: given(path), what: `${what} (target ${name})` });
  if (mode === 'table' && table === '')
    need(['simulation', 'recommender', 'mode'], 'simulation.recommender.table is missing: mode is table');
  if (mode !== 'table' && url === '')
    need(['simulation', 'recommender', 'mode'], `simulation.recommender.url is missing: mode is ${mode}`);
  if (job.compute === 'cluster' && job.cluster.node_type === undefined)
    need(['job', 'compute'], 'job.cluster.node_type is missing: compute is cluster');
  if (job.warn_after_minutes >= job.timeout_minutes)
    need(
      ['job', 'warn_after_minutes'],
      'job.warn_after_minutes is not below job.timeout_minutes: nobody is ever warned',
    );
  return found;
}
