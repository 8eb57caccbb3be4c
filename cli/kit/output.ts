/**
 * What a verb says: its result to stdout (one JSON object with --json), everything else to stderr. All that is printed passes
 * through {@link printable} here, whoever wrote it.
 */
import { stripVTControlCharacters } from 'node:util';
import Table from 'cli-table3';
import pc from './color.ts';
import { escaped, printable, printableJson } from './printable.ts';

export interface Output {
  readonly json: boolean;
  /** True when a person looks at stderr: live progress may redraw. */
  readonly live: boolean;
  /** Progress and remarks, to stderr. */
  note(line: string): void;
  /** The result for people; with --json it is not printed. */
  print(text: string): void;
  /** The result for machines: printed with --json only. */
  object(value: unknown): void;
}

export function createOutput(json: boolean): Output {
  return {
    json,
    live: process.stderr.isTTY === true && !json,
    note: (line) => process.stderr.write(`${printable(line)}\n`),
    print: (text) => {
      if (!json) process.stdout.write(`${printable(text)}\n`);
    },
    object: (value) => {
      if (json) process.stdout.write(`${printableJson(value)}\n`);
    },
  };
}

/**
 * Columns without a grid: easy to read, easy to cut. Numbers are aligned right when `right` names their column.
 * @param room width at which the last column goes on in the next line; default: never
 */
export function table(head: string[], rows: string[][], right: number[] = [], room = Number.POSITIVE_INFINITY): string {
  const none = {
    top: '',
    'top-mid': '',
    'top-left': '',
    'top-right': '',
    bottom: '',
    'bottom-mid': '',
    'bottom-left': '',
    'bottom-right': '',
    left: '',
    'left-mid': '',
    mid: '',
    'mid-mid': '',
    right: '',
    'right-mid': '',
    middle: '  ',
  };
  const drawn = new Table({
    head: head.map((cell) => pc.dim(cell)),
    chars: none,
    style: { 'padding-left': 0, 'padding-right': 0, head: [], border: [] },
    colAligns: head.map((_, column) => (right.includes(column) ? 'right' : 'left')),
    ...(room < Number.POSITIVE_INFINITY ? { colWidths: [...head.slice(1).map(() => null), room], wordWrap: true } : {}),
  });
  // Before it is measured and cut: an escape is longer than what it stands for.
  drawn.push(...rows.map((row) => row.map(escaped)));
  // One long cell would fill every other line with blanks up to its width.
  return drawn.toString().replace(/ +$/gm, '');
}

/** What the last column is given at least, however narrow the terminal is. */
const LEAST_ROOM = 40;

/** A reason is told to its end in as many lines; what is longer is a log, which `ratchet show` prints. */
const MOST_LINES = 4;

/**
 * A table whose last column has the room that a terminal of `width` columns leaves it, and goes on below where that is too
 * little. Where nobody looks, as in a pipe, it is one line, and whole.
 */
export function fittedTable(head: string[], rows: string[][], right: number[] = [], width = columnsOf()): string {
  const last = head.length - 1;
  const wide = (column: number) =>
    Math.max(...[head, ...rows].map((row) => stripVTControlCharacters(escaped(row[column] ?? '')).length));
  const taken = head.slice(0, last).reduce((sum, _, column) => sum + wide(column) + 2, 0);
  const room = Math.max(LEAST_ROOM, width - taken);
  const most = room * MOST_LINES;
  const cut = rows.map((row) => row.map((cell, column) => (column === last ? shortened(escaped(cell), most) : cell)));
  return table(head, cut, right, room);
}

const columnsOf = () => (process.stdout.isTTY ? process.stdout.columns : Number.POSITIVE_INFINITY);

/** One line of at most `length` characters. */
export function shortened(text: string, length: number): string {
  const line = text.replace(/\s+/g, ' ').trim();
  return line.length > length ? `${line.slice(0, length - 1)}…` : line;
}

export function duration(ms: number | null): string {
  if (ms === null) return '';
  if (ms < 1_000) return `${Math.round(ms)} ms`;
  if (ms < 120_000) return `${(ms / 1_000).toFixed(1)} s`;
  return `${Math.floor(ms / 60_000)} min ${Math.round((ms % 60_000) / 1_000)} s`;
}
