/** The part of `DataFrame.query` that conditions of rows are written in: comparisons, lists, null tests, and, or, not. */
import type { Comparator, Operand, RowCondition, Scalar } from './condition.ts';

const tokens =
  /\s*(?:(`[^`]+`)|("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')|((?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)|(==|!=|<=|>=|[<>&|~()[\],.-])|([\p{L}_][\p{L}\p{N}_]*))/uy;

type Token = { kind: 'name' | 'text' | 'number' | 'sign'; text: string };

/** @throws Error in words, naming what is not understood */
export function pandasQuery(query: string): RowCondition {
  return new Parser(query).parse();
}

class Parser {
  private readonly list: Token[];
  private at = 0;
  private readonly query: string;

  constructor(query: string) {
    this.query = query;
    this.list = tokenize(query);
  }

  parse(): RowCondition {
    const condition = this.any();
    if (this.at < this.list.length) throw this.problem();
    return condition;
  }

  private problem(): Error {
    const found = this.list[this.at]?.text ?? 'its end';
    return new Error(
      `the row condition ${this.query} is not understood at ${found}: comparisons, in, isnull(), and, or, not are`,
    );
  }

  private is(...texts: string[]): boolean {
    const token = this.list[this.at];
    return token !== undefined && token.kind !== 'text' && texts.includes(token.text);
  }

  private take(...texts: string[]): boolean {
    if (!this.is(...texts)) return false;
    this.at++;
    return true;
  }

  private need(text: string): void {
    if (!this.take(text)) throw this.problem();
  }

  // pandas gives & and | the rank of and and or.
  private any(): RowCondition {
    const all = [this.every()];
    while (this.take('or', '|')) all.push(this.every());
    return all.length === 1 ? all[0]! : { kind: 'or', all };
  }

  private every(): RowCondition {
    const all = [this.one()];
    while (this.take('and', '&')) all.push(this.one());
    return all.length === 1 ? all[0]! : { kind: 'and', all };
  }

  private one(): RowCondition {
    if (this.take('not', '~')) return { kind: 'not', one: this.one() };
    if (this.take('(')) {
      const inner = this.any();
      this.need(')');
      return inner;
    }
    const first = this.operand();
    if ('column' in first) {
      if (this.take('.')) return this.nullTest(first.column);
      if (this.take('in')) return { kind: 'in', column: first.column, values: this.values(), not: false };
      if (this.is('not') && this.list[this.at + 1]?.text === 'in') {
        this.at += 2;
        return { kind: 'in', column: first.column, values: this.values(), not: true };
      }
    }
    const all: RowCondition[] = [];
    let left = first;
    while (this.is('==', '!=', '<', '<=', '>', '>=')) {
      const operator = this.list[this.at++]!.text as Comparator;
      const right = this.operand();
      all.push({ kind: 'compare', left, operator, right });
      left = right;
    }
    // A column of truths alone is the condition that it is true.
    if (all.length === 0 && 'column' in first)
      return { kind: 'compare', left: first, operator: '==', right: { value: true } };
    if (all.length === 0) throw this.problem();
    return all.length === 1 ? all[0]! : { kind: 'and', all };
  }

  private nullTest(column: string): RowCondition {
    const not = this.is('notnull', 'notna');
    if (!not && !this.is('isnull', 'isna')) throw this.problem();
    this.at++;
    this.need('(');
    this.need(')');
    return { kind: 'null', column, not };
  }

  private values(): Scalar[] {
    const end = this.take('(') ? ')' : ']';
    if (end === ']') this.need('[');
    const values: Scalar[] = [];
    while (!this.is(end)) {
      const operand = this.operand();
      if ('column' in operand) throw this.problem();
      values.push(operand.value);
      if (!this.take(',') && !this.is(end)) throw this.problem();
    }
    this.need(end);
    return values;
  }

  private operand(): Operand {
    const minus = this.take('-');
    const token = this.list[this.at++];
    if (token?.kind === 'number') return { value: minus ? -Number(token.text) : Number(token.text) };
    if (minus || !token || token.kind === 'sign') {
      this.at--;
      throw this.problem();
    }
    if (token.kind === 'text') return { value: token.text };
    if (token.text === 'True') return { value: true };
    if (token.text === 'False') return { value: false };
    if (token.text === 'None') return { value: null };
    return { column: token.text };
  }
}

function tokenize(query: string): Token[] {
  const list: Token[] = [];
  tokens.lastIndex = 0;
  const end = query.trimEnd().length;
  let at = 0;
  while (at < end) {
    const found = tokens.exec(query);
    if (!found) throw new Error(`the row condition ${query} is not understood at ${query.slice(at).trim()}`);
    at = tokens.lastIndex;
    const [, quoted, text, number, sign, name] = found;
    if (quoted) list.push({ kind: 'name', text: quoted.slice(1, -1) });
    else if (text) list.push({ kind: 'text', text: text.slice(1, -1).replace(/\\(.)/g, '$1') });
    else if (number) list.push({ kind: 'number', text: number });
    else list.push(sign ? { kind: 'sign', text: sign } : { kind: 'name', text: name ?? '' });
  }
  return list;
}
