// Proves which files count as notebooks of Databricks.
import { expect, test } from '@jest/globals';
import { notebookProblem } from '../../../src/domain/workspace/notebook.ts';

test.each([
  ['a.py', '# Databricks notebook source\nprint(1)\n'],
  ['a.py', '# Databricks notebook source\r\nprint(1)\r\n'],
  ['A.SQL', '-- Databricks notebook source\nSELECT 1\n'],
  ['a.scala', '// Databricks notebook source\n'],
  ['a.r', '# Databricks notebook source'],
  ['a.ipynb', '{"cells": []}'],
])('%s with %j is a notebook', (path, text) => expect(notebookProblem(path, text)).toBeUndefined());

test.each([
  ['a.py', 'print(1)\n', 'is no notebook: its first line is not "# Databricks notebook source"'],
  [
    'a.py',
    '\uFEFF# Databricks notebook source\n',
    'is no notebook: its first line is not "# Databricks notebook source"',
  ],
  ['a.sql', '# Databricks notebook source\n', 'is no notebook: its first line is not "-- Databricks notebook source"'],
  ['a.txt', '# Databricks notebook source\n', 'does not end in .py, .sql, .r, .scala or .ipynb'],
  ['a.ipynb', '{"cells"', 'is no Jupyter notebook'],
  ['a.ipynb', '[]', 'is no Jupyter notebook'],
  ['a.ipynb', 'null', 'is no Jupyter notebook'],
])('%s with %j is none, and the reason is said', (path, text, why) => expect(notebookProblem(path, text)).toBe(why));
