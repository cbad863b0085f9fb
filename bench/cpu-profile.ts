/**
 * What `node --cpu-prof` writes: a tree of calls, and which of them the processor was found in. Times in microseconds.
 */
export interface CpuProfile {
  readonly nodes: readonly {
    readonly id: number;
    readonly callFrame: { readonly functionName: string; readonly url: string };
    readonly children?: readonly number[];
  }[];
  readonly samples: readonly number[];
  readonly timeDeltas: readonly number[];
}

/** A part of the work, and which calls belong to it. */
export interface ProfileStep {
  readonly name: string;
  readonly holds: (functionName: string, url: string) => boolean;
}

const IDLE = '(idle)';

/**
 * How the busy time of a profile divides into steps, in microseconds; steps without time are left out. A call that
 * belongs to no step counts for its caller, and without a caller in the steps for `others`.
 */
export function timeBySteps(profile: CpuProfile, steps: readonly ProfileStep[], others: string): Map<string, number> {
  const totals = new Map([...steps.map(({ name }) => name), others].map((name) => [name, 0]));
  const stepById = stepsOfNodes(profile, steps, others);
  for (const [i, id] of profile.samples.entries()) {
    const step = stepById.get(id);
    if (step !== undefined) totals.set(step, totals.get(step)! + profile.timeDeltas[i]!);
  }
  for (const [name, total] of totals) if (total === 0) totals.delete(name);
  return totals;
}

/** The step of each node; none for the time in which there was nothing to do. */
function stepsOfNodes({ nodes }: CpuProfile, steps: readonly ProfileStep[], others: string): Map<number, string> {
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const stepById = new Map<number, string>();
  const isChild = new Set(nodes.flatMap(({ children = [] }) => children));
  const open = nodes.filter(({ id }) => !isChild.has(id)).map(({ id }) => ({ id, caller: others }));
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const { callFrame, children = [] } = byId.get(next.id)!;
    const { functionName, url } = callFrame;
    const step = steps.find(({ holds }) => holds(functionName, url))?.name ?? next.caller;
    if (functionName !== IDLE) stepById.set(next.id, step);
    for (const id of children) open.push({ id, caller: step });
  }
  return stepById;
}
