import { expect, test } from '@jest/globals';
import { SETTING_NAMES } from '../../../config/schema.ts';
import {
  flowOf,
  isWanted,
  type OptionalStage,
  SINGLE_JOB_STAGES,
  STAGE_DEFINITIONS,
  STAGES,
} from '../../../src/domain/run/stages.ts';

// What this file proves: everything that depends on the stages of a run follows from one list.

test('the flow of a run has each stage once, the last one first, and optional ones only where they are wanted', () => {
  const always = ['file-assembly', 'assignment', 'catalog-download'];
  expect(flowOf({ publish: true, landing: false })).toEqual(['publish', ...always]);
  expect(flowOf({ publish: true, landing: true })).toEqual(['landing', 'publish', ...always]);
  expect(flowOf({ publish: false, landing: false })).toEqual(always);
  const optional = STAGE_DEFINITIONS.filter((stage) => stage.optional).map(({ name }) => name);
  for (const only of optional) {
    const wanted = Object.fromEntries(optional.map((name) => [name, name === only])) as Record<OptionalStage, boolean>;
    expect(flowOf(wanted).filter((stage) => optional.includes(stage as OptionalStage))).toEqual([only]);
    for (const stage of STAGES) {
      expect(isWanted(stage, wanted)).toBe(!optional.includes(stage as OptionalStage) || stage === only);
    }
  }
});

test('every stage has its setting, and the employees alone have a job each', () => {
  for (const { concurrency } of STAGE_DEFINITIONS) expect(SETTING_NAMES).toContain(concurrency);
  expect(STAGES.filter((stage) => !SINGLE_JOB_STAGES.some((single) => single === stage))).toEqual([
    'employee-simulation',
  ]);
});
