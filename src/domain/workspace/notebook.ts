/** Line 1 of a notebook in Databricks source format, by the ending of its file. */
const HEADERS: Readonly<Record<string, string>> = {
  py: '# Databricks notebook source',
  sql: '-- Databricks notebook source',
  r: '# Databricks notebook source',
  scala: '// Databricks notebook source',
};

/** Why a file is no notebook; undefined for one. @param text of the file, a byte order mark included. */
export function notebookProblem(path: string, text: string): string | undefined {
  const ending = path.slice(path.lastIndexOf('.') + 1).toLowerCase();
  if (ending === 'ipynb') return isJupyter(text) ? undefined : 'is no Jupyter notebook';
  const header = HEADERS[ending];
  if (header === undefined) return 'does not end in .py, .sql, .r, .scala or .ipynb';
  const [first = ''] = text.split('\n');
  return first.replace(/\r$/, '') === header ? undefined : `is no notebook: its first line is not "${header}"`;
}

function isJupyter(text: string): boolean {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && 'cells' in value && Array.isArray(value.cells);
  } catch {
    return false;
  }
}
