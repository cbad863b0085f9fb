import { expect, test } from '@jest/globals';
import type { RunId } from '../../src/domain/ids.ts';
import type { SlotDecision } from '../../src/domain/schedule/slot-decision.ts';
import { whyWithoutRun } from '../../src/producers/slot-without-run.ts';
import { instant } from '../support/domain-values.ts';

const SLOT = instant('2026-11-23T06:00:00Z');
const HOUR_MS = 3_600_000;

test.each<[string, Partial<SlotDecision>, string]>([
  [
    'that was missed for too long names the setting and its value',
    { outcome: 'missed', withinMs: 24 * HOUR_MS },
    'no worker was there within 24 h of it (SCHEDULE_CATCH_UP_HOURS)',
  ],
  [
    'that was missed without catching up names the minutes that it had',
    { outcome: 'missed', withinMs: 5 * 60_000 },
    'no worker was there within 5 min of it (SCHEDULE_CATCH_UP_HOURS)',
  ],
  [
    'whose place a later one took names that one, and no setting',
    { outcome: 'missed', supersededBy: SLOT + HOUR_MS },
    'no worker was there before the next slot came, and of several only the latest, 2026-11-23T07:00:00Z, is caught up',
  ],
  [
    'that was skipped names the run in its way and the setting',
    { outcome: 'skipped', inTheWay: 'run-x' as RunId },
    'run run-x had not ended (SCHEDULE_OVERLAP)',
  ],
  ['that an earlier version decided about says what is known', { outcome: 'missed' }, 'no worker was there in time'],
])('a slot %s', (_which, decision, why) => {
  expect(whyWithoutRun({ slot: SLOT, outcome: 'missed', decidedAt: SLOT, ...decision })).toBe(why);
});
