import type { UnstartedRun } from '../../queries/unstarted-runs.ts';
import { type Html, html } from '../page/html.ts';
import { localTime } from '../page/local-time.ts';
import { runPath } from './address.ts';

/** The page of a scheduled run that is not there yet: why it could not begin, and what can be done. */
export function unstartedRunPage({ runId, slot, state, reason, queuedAt }: UnstartedRun, timeZone: string): Html {
  return html`<section class="panel" aria-labelledby="state-title">
<h2 id="state-title">${state === 'failed' ? 'It could not be started' : 'It waits to be started'}</h2>
<dl class="facts">
<div><dt>State</dt><dd><span class="state ${state}">${state}</span></dd></div>
<div><dt>Slot</dt><dd>${localTime(slot, timeZone)}</dd></div>
<div><dt>Queued</dt><dd>${localTime(queuedAt, timeZone)}</dd></div>
</dl>
${
  state === 'failed'
    ? html`<p class="reason">${reason}</p>
<p>Fix the cause, then start the run. It reads the employees file again, for the same slot.</p>
<form method="post" action="${runPath(runId)}/requeue"><input type="hidden" name="what" value="start">
<button>Start it now</button></form>`
    : html`<p>A worker that serves the queue run-start will start the run.</p>`
}
</section>`;
}
