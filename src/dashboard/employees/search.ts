import type { RunId } from '../../domain/ids.ts';
import { type Html, html } from '../page/html.ts';
import { runPath } from '../runs/address.ts';

/** A form that leads to the page of one employee of a run. */
export function employeeSearch(runId: RunId): Html {
  return html`<form class="actions" method="get" action="${runPath(runId)}/employees" role="search">
<label for="employee">Employee id</label>
<input id="employee" name="employee" inputmode="numeric" autocomplete="off" required class="short">
<button class="quiet">Explain</button>
</form>`;
}

/** Where the page of one employee of a run is. */
export function employeePath(runId: RunId, employeeId: number): string {
  return `${runPath(runId)}/employees/${employeeId}`;
}
