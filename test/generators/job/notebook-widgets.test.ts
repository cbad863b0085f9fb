// Proves that job and notebook agree: each parameter of the job is a widget of the notebook, in the same order, and no
// widget is left out.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { JOB_PARAMETERS } from '../../../src/generators/job/parameters.ts';
import { JOB_TASKS } from '../../../src/generators/job/tasks.ts';

const DATABRICKS = join(import.meta.dirname, '../../../databricks');

test.each(JOB_TASKS.map(({ notebook }) => notebook))(
  'the widgets of %s are the parameters of the job',
  async (notebook) => {
    const source = await readFile(join(DATABRICKS, `${notebook}.py`), 'utf8');
    const widgets = Array.from(source.matchAll(/^dbutils\.widgets\.text\("([a-z_]+)"/gm), ([, name]) => name);
    expect(widgets).toEqual(JOB_PARAMETERS.map(({ name }) => name));
  },
);
