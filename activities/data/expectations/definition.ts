/** What an expectation type is: its arguments, what it wants measured, and its judgement of the figures. Pure. */
import type { z } from 'zod';
import type { Column, Figure } from '#contracts/data.ts';
import type { Json } from '#contracts/json.ts';
import type { Answer, Measure } from '../../ports/measures.ts';

export interface Judgement {
  readonly success: boolean;
  /** What was wanted and what was found, after the column's name. */
  readonly message: string;
  readonly observed: Json;
  readonly unexpectedCount?: number;
  /** Of the values that count, 0–100; null when there are none. */
  readonly unexpectedPercent?: Figure | null;
}

export interface TableShape {
  readonly rows: number;
  readonly columns: readonly Column[];
}

/** An expectation with its arguments. */
export interface Bound {
  /** The column that it is about. */
  readonly column: string | null;
  /** Columns without which nothing can be measured. */
  readonly needs: readonly string[];
  readonly measures: readonly Measure[];
  judge(answers: readonly Answer[], table: TableShape): Judgement;
}

export interface Definition {
  /** @throws ZodError */
  bind(kwargs: unknown): Bound;
}

export function define<S extends z.ZodType>(kwargs: S, bind: (kwargs: z.output<S>) => Bound): Definition {
  return { bind: (raw) => bind(kwargs.parse(raw)) };
}

export type Family = Readonly<Record<string, Definition>>;

/** 1,234 · 12.5: figures in messages. */
export function shown(value: number): string {
  return Number.isInteger(value) && Math.abs(value) < 1e15
    ? value.toLocaleString('en-US')
    : String(Number(value.toPrecision(6)));
}
