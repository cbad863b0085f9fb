// Proves that a notebook in Databricks source format is read as Databricks reads it, and that nothing is lost on the
// way through cells.
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  jupyterNotebook,
  type NotebookCell,
  notebookCells,
  sourceNotebook,
} from '../../src/generators/notebook-cells.ts';

const anyLine = fc
  .stringMatching(/^[a-z(=#' ]{0,20}[a-z)]$/)
  .filter((line) => !/^# (MAGIC|COMMAND|DBTITLE)/.test(line));
const anyText = fc.array(anyLine, { minLength: 1, maxLength: 4 }).map((lines) => lines.join('\n').trim());
const anyCell: fc.Arbitrary<NotebookCell> = fc
  .record(
    {
      kind: fc.constantFrom('code' as const, 'markdown' as const),
      title: fc.constantFrom('Widgets', 'The week, again'),
      text: anyText,
    },
    { requiredKeys: ['kind', 'text'] },
  )
  .filter(({ text }) => text !== '' && !text.startsWith('%'));

describe('a notebook', () => {
  test('has the same cells after it was written and read', () =>
    fc.assert(
      fc.property(fc.array(anyCell, { minLength: 1, maxLength: 5 }), (cells) => {
        expect(notebookCells(sourceNotebook(cells))).toEqual(cells);
      }),
    ));

  test('has its magics, titles and pages of text as Jupyter has them', () => {
    const source = `# Databricks notebook source
# MAGIC %md
# MAGIC # Week
# MAGIC
# MAGIC Text

# COMMAND ----------

# DBTITLE 1,Install
# MAGIC %pip install $wheel

# COMMAND ----------

one = 1
two = 2
`;
    expect(notebookCells(source)).toEqual([
      { kind: 'markdown', text: '# Week\n\nText' },
      { kind: 'magic', title: 'Install', text: '%pip install $wheel' },
      { kind: 'code', text: 'one = 1\ntwo = 2' },
    ]);
    const { cells, nbformat } = JSON.parse(jupyterNotebook(notebookCells(source)));
    expect(nbformat).toBe(4);
    expect(cells).toMatchObject([
      { cell_type: 'markdown', source: ['# Week\n', '\n', 'Text'] },
      { cell_type: 'code', source: ['%pip install $wheel'], outputs: [], execution_count: null },
      { cell_type: 'code', source: ['one = 1\n', 'two = 2'] },
    ]);
  });

  test('that lacks the first line is refused', () => {
    expect(() => notebookCells('print(1)\n')).toThrow('does not begin');
  });
});
