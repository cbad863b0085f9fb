import { didYouMean } from '../description/describe-problem.ts';
import type { Problem } from '../description/problem.ts';
import { quotedValue } from '../quoted-value.ts';
import { namedColumns, type Placed } from './check-recommendations.ts';
import { CATEGORY_ORDER } from './kinds.ts';
import type { Recommendation } from './recommendation.ts';

/**
 * Ids that occur twice, dependencies that do not exist, and circles of dependencies; a derived column depends on the
 * derived columns that it is made of.
 * @param placed the recommendations of one file.
 * @param others ids of other files that may be depended on.
 */
export function orderProblems(placed: readonly Placed[], others: ReadonlySet<string> = new Set()): Problem[] {
  const problems: Problem[] = [];
  const byId = new Map<string, Placed>();
  for (const one of placed) {
    const { id } = one.recommendation;
    if (byId.has(id) || others.has(id))
      problems.push({ path: [...one.path, 'id'], what: `the id ${quotedValue(id)} occurs twice` });
    byId.set(id, one);
  }
  for (const { recommendation, path } of placed)
    for (const [index, id] of recommendation.dependencies.entries())
      if (!byId.has(id) && !others.has(id))
        problems.push({
          path: [...path, 'dependencies', index],
          what: `there is no recommendation ${quotedValue(id)}${didYouMean(id, [...byId.keys(), ...others])}`,
        });
  const circle = circleOf(placed.map(({ recommendation }) => recommendation));
  if (circle !== undefined)
    problems.push({
      path: byId.get(circle[0]!)?.path ?? [],
      what: `recommendations depend on each other in a circle: ${circle.join(' → ')}`,
    });
  return problems;
}

/**
 * Recommendations in the order in which they apply: by layer and category, then by priority and place, but never before
 * what they depend on within their category. Needs recommendations without a circle.
 */
export function inOrder(recommendations: readonly Recommendation[]): Recommendation[] {
  const rank = ({ layer, category }: Recommendation) =>
    ['bronze', 'silver', 'gold'].indexOf(layer) * 100 + CATEGORY_ORDER[layer].indexOf(category);
  const sorted = [...recommendations].sort((a, b) => rank(a) - rank(b) || a.priority - b.priority);
  const needs = needsOf(sorted);
  const done = new Set<string>();
  const result: Recommendation[] = [];
  const place = (one: Recommendation): void => {
    if (done.has(one.id)) return;
    done.add(one.id);
    for (const needed of needs.get(one.id) ?? []) if (rank(needed) <= rank(one)) place(needed);
    result.push(one);
  };
  for (const one of sorted) place(one);
  return result;
}

/** What each recommendation depends on, by id. */
function needsOf(recommendations: readonly Recommendation[]): ReadonlyMap<string, readonly Recommendation[]> {
  const byId = new Map(recommendations.map((one) => [one.id, one]));
  const makers = new Map(
    recommendations.filter(({ category }) => category === 'derived').map((one) => [one.target_column, one]),
  );
  return new Map(
    recommendations.map((one) => [
      one.id,
      [
        ...one.dependencies.flatMap((id) => byId.get(id) ?? []),
        ...(one.category === 'derived' ? namedColumns(one).flatMap(([, column]) => makers.get(column) ?? []) : []),
      ],
    ]),
  );
}

/** The ids of a circle, its first one at both ends; undefined when there is none. */
function circleOf(recommendations: readonly Recommendation[]): readonly string[] | undefined {
  const needs = needsOf(recommendations);
  const done = new Set<string>();
  for (const { id } of recommendations) {
    const trail: { readonly id: string; readonly left: Recommendation[] }[] = [];
    const enter = (next: string) => trail.push({ id: next, left: [...(needs.get(next) ?? [])] });
    if (!done.has(id)) enter(id);
    while (trail.length > 0) {
      const { id: current, left } = trail.at(-1)!;
      const next = left.pop();
      if (next === undefined) {
        done.add(current);
        trail.pop();
        continue;
      }
      const start = trail.findIndex((step) => step.id === next.id);
      if (start >= 0) return [...trail.slice(start).map((step) => step.id), next.id];
      if (!done.has(next.id)) enter(next.id);
    }
  }
  return undefined;
}
