/** A cell of a notebook. */
export interface NotebookCell {
  readonly kind: 'code' | 'markdown' | 'magic';
  /** Shown above the cell (`# DBTITLE`). */
  readonly title?: string;
  /** For `magic` with the magic itself (`%pip install …`), for `markdown` without it. */
  readonly text: string;
}

const HEADER = '# Databricks notebook source';
const SEPARATOR = '# COMMAND ----------';

/**
 * The cells of a notebook in Databricks source format.
 * @throws RangeError when the text does not begin as one.
 */
export function notebookCells(source: string): NotebookCell[] {
  const [header, ...lines] = source.split('\n');
  if (header !== HEADER) throw new RangeError(`The notebook does not begin with "${HEADER}"`);
  return lines
    .join('\n')
    .split(`\n${SEPARATOR}\n`)
    .map((text) => cellOf(text.replace(/^\n+|\s+$/g, '')))
    .filter(({ text }) => text !== '');
}

function cellOf(written: string): NotebookCell {
  const [, title, below] = /^# DBTITLE \d+,(.*)\n([\s\S]*)$/.exec(written) ?? [];
  const text = below ?? written;
  const named = title === undefined ? {} : { title };
  if (!text.startsWith('# MAGIC')) return { ...named, kind: 'code', text };
  const magic = text
    .split('\n')
    .map((line) => line.replace(/^# MAGIC ?/, ''))
    .join('\n');
  if (!/^%md(-sandbox)?\b/.test(magic)) return { ...named, kind: 'magic', text: magic };
  return { ...named, kind: 'markdown', text: magic.replace(/^%md(-sandbox)?[ \n]?/, '') };
}

/** A notebook in Databricks source format out of its cells. */
export function sourceNotebook(cells: readonly NotebookCell[]): string {
  const texts = cells.map(({ kind, title, text }) => {
    const lines = (kind === 'markdown' ? `%md\n${text}` : text).split('\n');
    const body = kind === 'code' ? lines : lines.map((line) => `# MAGIC ${line}`.trimEnd());
    return [...(title === undefined ? [] : [`# DBTITLE 1,${title}`]), ...body].join('\n');
  });
  return `${HEADER}\n${texts.join(`\n\n${SEPARATOR}\n\n`)}\n`;
}

/** The same notebook as an `.ipynb` file, without outputs; the same cells give the same text. */
export function jupyterNotebook(cells: readonly NotebookCell[]): string {
  const notebook = {
    cells: cells.map(({ kind, title, text }, i) => {
      const shared = {
        id: `cell-${i + 1}`,
        metadata: title === undefined ? {} : { 'application/vnd.databricks.v1+cell': { title, showTitle: true } },
        source: text.split(/(?<=\n)/),
      };
      return kind === 'markdown'
        ? { cell_type: 'markdown', ...shared }
        : { cell_type: 'code', execution_count: null, outputs: [], ...shared };
    }),
    metadata: {
      kernelspec: { display_name: 'Python 3', language: 'python', name: 'python3' },
      language_info: { name: 'python' },
    },
    nbformat: 4,
    nbformat_minor: 5,
  };
  return `${JSON.stringify(notebook, null, 1)}\n`;
}
