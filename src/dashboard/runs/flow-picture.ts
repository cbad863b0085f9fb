import type { RunRecord } from '../../domain/run/record.ts';
import { isWanted, STAGES, type Stage } from '../../domain/run/stages.ts';
import { count, duration } from '../../domain/wording.ts';
import type { RunStatus } from '../../queries/run-status.ts';
import { type Html, html } from '../page/html.ts';
import { localTime } from '../page/local-time.ts';

type StageState = 'done' | 'working' | 'waiting' | 'failed' | 'needs you' | 'stopped';

const TITLES: Readonly<Record<Stage, string>> = {
  'run-start': 'Start',
  'catalog-download': 'Fetch the catalogs',
  assignment: 'Manager assigns',
  'employee-simulation': 'Simulate employees',
  'file-assembly': 'Write the files',
  publish: 'Publish',
  landing: 'Land',
};

/** Beside the word, for who looks at the picture only. */
const MARKS: Readonly<Record<StageState, string>> = {
  done: '✓',
  working: '▶',
  waiting: '·',
  failed: '✕',
  'needs you': '!',
  stopped: '■',
};

/** A run's stages as a picture of the flow: each with its state, when it began and how long it took or takes. */
export function runFlowPicture(run: RunRecord, status: RunStatus, now: number): Html {
  const stages = STAGES.filter((stage) => isWanted(stage, run));
  return html`<ol class="flow">${stages.map((stage) => step(stage, run, status, now))}</ol>`;
}

function step(stage: Stage, run: RunRecord, status: RunStatus, now: number): Html {
  const state = stateOf(stage, run, status);
  const { begunAt, endedAt } = timesOf(stage, run);
  const { done, employees } = status.counts;
  return html`<li class="flow-step ${state.replace(' ', '-')}"${state === 'working' && html` aria-current="step"`}>
<span class="flow-mark" aria-hidden="true">${MARKS[state]}</span>
<strong>${TITLES[stage]}</strong>
<span>${state}${stage === 'employee-simulation' && html`: ${count(done)} of ${count(employees)}`}</span>
${
  begunAt !== undefined &&
  html`<span class="muted">${localTime(begunAt, run.plan.timeZone)}${
    (endedAt !== undefined || state === 'working') &&
    html`, <span class="nowrap">${duration(Math.max(0, (endedAt ?? now) - begunAt))}${endedAt === undefined && ' so far'}</span>`
  }</span>`
}
</li>`;
}

function stateOf(stage: Stage, run: RunRecord, status: RunStatus): StageState {
  const state = workOf(stage, run, status);
  return status.state === 'cancelled' && state === 'working' ? 'stopped' : state;
}

function workOf(stage: Stage, { stageStartedAt, stageFinishedAt }: RunRecord, status: RunStatus): StageState {
  if (status.state === 'failed' && status.stage === stage) return 'failed';
  if (stage === 'employee-simulation') {
    if (stageStartedAt['file-assembly'] !== undefined) return 'done';
    if (status.state === 'incomplete') return 'needs you';
    const { done, failed, employees } = status.counts;
    if (done === employees) return 'done';
    return stageFinishedAt.assignment !== undefined || done + failed > 0 ? 'working' : 'waiting';
  }
  if (stageFinishedAt[stage] !== undefined) return 'done';
  return stageStartedAt[stage] !== undefined ? 'working' : 'waiting';
}

/** The first employees are done while the last ones are still given to the queue; the stage is counted from then. */
function timesOf(stage: Stage, { stageStartedAt, stageFinishedAt }: RunRecord) {
  if (stage !== 'employee-simulation') return { begunAt: stageStartedAt[stage], endedAt: stageFinishedAt[stage] };
  return { begunAt: stageFinishedAt.assignment, endedAt: stageStartedAt['file-assembly'] };
}
