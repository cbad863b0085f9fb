/** An arithmetic expression over columns. Nothing else can be said, so nothing from a file becomes code. */
export type Expression =
  | { readonly kind: 'number'; readonly value: number }
  | { readonly kind: 'column'; readonly name: string }
  | { readonly kind: 'negative'; readonly of: Expression }
  | {
      readonly kind: 'operation';
      readonly operator: '+' | '-' | '*' | '/';
      readonly left: Expression;
      readonly right: Expression;
    }
  | { readonly kind: 'call'; readonly name: ExpressionFunction; readonly of: readonly Expression[] };

/** The functions of an expression, with how many values each takes. */
export const EXPRESSION_FUNCTIONS = {
  abs: [1, 1],
  ln: [1, 1],
  log1p: [1, 1],
  sqrt: [1, 1],
  floor: [1, 1],
  ceil: [1, 1],
  least: [2, 20],
  greatest: [2, 20],
  coalesce: [2, 20],
} as const;
export type ExpressionFunction = keyof typeof EXPRESSION_FUNCTIONS;

const TOKEN = /\s*(?:(\d+(?:\.\d+)?(?:e[+-]?\d+)?)|`((?:[^`]|``)+)`|([\p{L}_][\p{L}\p{N}_]*)|([-+*/(),]))/iuy;
const DEEPEST = 50;

interface Token {
  readonly type: 'number' | 'quoted' | 'name' | 'sign' | 'end';
  readonly text: string;
}

/**
 * Reads `a / (b + 1)`: numbers, columns (in backticks where a name is no word; a backtick doubled), `+ - * /`,
 * parentheses and `EXPRESSION_FUNCTIONS`.
 * @returns the expression, or what is wrong with it.
 */
export function parseExpression(text: string): Expression | { readonly problem: string } {
  try {
    return new Reader(tokens(text)).whole();
  } catch (error) {
    if (!(error instanceof ExpressionError)) throw error;
    return { problem: error.message };
  }
}

/** The columns that an expression reads, each once. */
export function columnsOfExpression(expression: Expression): string[] {
  switch (expression.kind) {
    case 'number':
      return [];
    case 'column':
      return [expression.name];
    case 'negative':
      return columnsOfExpression(expression.of);
    case 'operation':
      return [...new Set([...columnsOfExpression(expression.left), ...columnsOfExpression(expression.right)])];
    case 'call':
      return [...new Set(expression.of.flatMap(columnsOfExpression))];
  }
}

class ExpressionError extends Error {}

function tokens(text: string): Token[] {
  const found: Token[] = [];
  TOKEN.lastIndex = 0;
  const end = text.trimEnd().length;
  while (TOKEN.lastIndex < end) {
    const at = TOKEN.lastIndex;
    const match = TOKEN.exec(text);
    if (!match) throw new ExpressionError(`character ${at + 1} does not belong into an expression`);
    const [, number, quoted, name, sign] = match;
    if (number !== undefined) found.push({ type: 'number', text: number });
    else if (quoted !== undefined) found.push({ type: 'quoted', text: quoted.replaceAll('``', '`') });
    else if (name !== undefined) found.push({ type: 'name', text: name });
    else found.push({ type: 'sign', text: sign! });
  }
  return [...found, { type: 'end', text: '' }];
}

class Reader {
  readonly #tokens: readonly Token[];
  #at = 0;
  #depth = 0;

  constructor(found: readonly Token[]) {
    this.#tokens = found;
  }

  whole(): Expression {
    const expression = this.#sum();
    if (this.#next.type !== 'end') throw new ExpressionError(`"${this.#next.text}" is not expected there`);
    return expression;
  }

  get #next(): Token {
    return this.#tokens[this.#at]!;
  }

  #take(sign: string): boolean {
    if (this.#next.type !== 'sign' || this.#next.text !== sign) return false;
    this.#at += 1;
    return true;
  }

  #sum(): Expression {
    let left = this.#product();
    for (;;) {
      const operator = this.#take('+') ? '+' : this.#take('-') ? '-' : undefined;
      if (operator === undefined) return left;
      left = { kind: 'operation', operator, left, right: this.#product() };
    }
  }

  #product(): Expression {
    let left = this.#factor();
    for (;;) {
      const operator = this.#take('*') ? '*' : this.#take('/') ? '/' : undefined;
      if (operator === undefined) return left;
      left = { kind: 'operation', operator, left, right: this.#factor() };
    }
  }

  #factor(): Expression {
    this.#depth += 1;
    if (this.#depth > DEEPEST) throw new ExpressionError(`it is nested more than ${DEEPEST} deep`);
    const factor = this.#atom();
    this.#depth -= 1;
    return factor;
  }

  #atom(): Expression {
    if (this.#take('-')) return { kind: 'negative', of: this.#factor() };
    if (this.#take('(')) {
      const inner = this.#sum();
      if (!this.#take(')')) throw new ExpressionError('a parenthesis is not closed');
      return inner;
    }
    const { type, text } = this.#next;
    if (type === 'end' || type === 'sign') throw new ExpressionError('a value is missing');
    this.#at += 1;
    if (type === 'number') return { kind: 'number', value: Number(text) };
    return type === 'name' && this.#take('(') ? this.#call(text) : { kind: 'column', name: text };
  }

  #call(name: string): Expression {
    if (!Object.hasOwn(EXPRESSION_FUNCTIONS, name))
      throw new ExpressionError(`there is no function ${name}, only ${Object.keys(EXPRESSION_FUNCTIONS).join(', ')}`);
    const of = [this.#sum()];
    while (this.#take(',')) of.push(this.#sum());
    if (!this.#take(')')) throw new ExpressionError('a parenthesis is not closed');
    const [least, most] = EXPRESSION_FUNCTIONS[name as ExpressionFunction];
    if (of.length < least || of.length > most)
      throw new ExpressionError(`${name} takes ${least === most ? least : `${least} to ${most}`} values`);
    return { kind: 'call', name: name as ExpressionFunction, of };
  }
}
