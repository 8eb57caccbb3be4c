/**
 * Columns that a pipeline names and its data have not, by the headers of its sources: told before the first run. What depends
 * on a step of the author's own is not known by then and not judged.
 */
import type { z } from 'zod';
import type { CompiledGraph } from '#contracts/compiled.ts';
import { type Duration, milliseconds } from '#contracts/duration.ts';
import { UserError } from '#contracts/failures.ts';
import type { Json } from '#contracts/json.ts';
import type { Block, PlanNode } from '#contracts/plan.ts';
import { howTimesAreWritten, readingOf } from '#contracts/reading.ts';
import { evaluate, featurize, getHistoricalFeatures, train, validateData } from '#contracts/stages/index.ts';
import type { WatchPolicy } from '#contracts/watch.ts';
import { MissingColumn } from '#measures/nearest.ts';
import type { HeaderColumn, TableHeader, Tables } from '#ports/tables.ts';
import type { HeaderSource } from '../data/source/header.ts';
import { isTimeType } from './columns-in-scope.ts';
import { foreseenHistory } from './history/foreseen.ts';
import { refuseEarlyLabels, refuseLabelLags } from './label-lags.ts';
import { expressionsOf, planColumns } from './plan-featurize.ts';

interface Foreseen {
  readonly node: string;
  /** `file:line` of the call, relative to the project. */
  readonly at: string | null;
  readonly message: string;
}

export interface ForeseenColumns {
  readonly problems: readonly Foreseen[];
  /** What was not looked at, and why. */
  readonly notes: readonly string[];
}

export interface ColumnsDependencies {
  /** A text says why the columns cannot be told now. @throws UserError for files that no run could read */
  header(source: HeaderSource): Promise<TableHeader | string>;
  readonly tables: Pick<Tables, 'parse'>;
}

/** A table that a node reads or hands on. */
interface Known extends TableHeader {
  /** What messages call it. */
  readonly label: string;
}

type Place = Pick<PlanNode, 'id' | 'at'>;

export async function foreseenColumns(
  graph: Pick<CompiledGraph, 'nodes'>,
  watch: WatchPolicy | null,
  deps: ColumnsDependencies,
): Promise<ForeseenColumns> {
  const look = new Look(deps, watch && milliseconds(watch.labelsAfter) > 0 ? watch.labelsAfter : null);
  for (const node of flattened(graph)) await look.at(node);
  if (watch) await look.atWatch(watch);
  return look;
}

class Look implements ForeseenColumns {
  readonly problems: Foreseen[] = [];
  readonly notes: string[] = [];
  readonly #deps: ColumnsDependencies;
  /** By node and output: `validateData/snapshot`. */
  readonly #known = new Map<string, Known>();
  /** A wrong name is told once, though the preset's watch and its graph both have it. */
  readonly #told = new Set<string>();

  readonly #labelsAfter: Duration | null;

  constructor(deps: ColumnsDependencies, labelsAfter: Duration | null) {
    this.#deps = deps;
    this.#labelsAfter = labelsAfter;
  }

  async at(node: PlanNode): Promise<void> {
    if (node.step === validateData.name) await this.#source(node);
    else if (node.step === getHistoricalFeatures.name) await this.#history(node);
    else if (node.step === featurize.name) await this.#features(node);
    else if (node.step === train.name) this.#named(node, 'features', {});
    else if (node.step === evaluate.name) {
      const { slices, fairness } = fieldsOf(node.input);
      const attributes = listOf(fieldsOf(fairness).attributes).flatMap((each) => (Array.isArray(each) ? each : [each]));
      this.#named(node, 'holdout', { slices: listOf(slices), 'fairness.attributes': attributes });
    }
  }

  /** The rows that are watched become features as training's do. */
  async atWatch({ source, format, reading = {}, timeColumn, target, features }: WatchPolicy): Promise<void> {
    const place: Place = { id: 'watch' };
    const data = await this.#read(place, { source, format, reading });
    if (!data) return;
    if (timeColumn === undefined) return this.#columns(place, data, { target });
    const { views = [], ...expressions } = features;
    const joined: Known[] = [];
    for (const view of views) {
      const read = await this.#read(place, { source: view.source, format: view.format, reading: view.reading ?? {} });
      if (!read) return;
      joined.push(read);
    }
    const input = featurize.input.safeParse({
      ...{ data: anyDataset, time: timeColumn, target, ...expressions },
      views: views.map(({ source: _, format: __, reading: ___, ...view }) => ({ ...view, data: anyDataset })),
    }).data;
    if (input) await this.#planned(place, input, data, joined);
  }

  async #source(node: PlanNode): Promise<void> {
    const { source, expectations: _, ...more } = fieldsOf(node.input);
    const input = validateData.input.safeParse({ ...more, source: typeof source === 'string' ? source : '-' }).data;
    if (!input) return;
    const { format, asOf, timeColumn, missing = input.nullStrings } = input;
    const reading = readingOf({ ...input, ...(format === 'csv' || format === undefined ? { missing } : {}) });
    const data =
      typeof source === 'string' ? await this.#read(node, { source, format, reading }) : this.#output(source);
    if (!data) return;
    this.#known.set(`${node.id}/snapshot`, data);
    if (asOf !== undefined && timeColumn !== undefined) this.#columns(node, data, { timeColumn });
  }

  async #history(node: PlanNode): Promise<void> {
    const { entities, sources, ...more } = fieldsOf(node.input);
    const given = fieldsOf(sources);
    const any = Object.fromEntries(Object.keys(given).map((view) => [view, anyDataset]));
    const input = getHistoricalFeatures.input.safeParse({ ...more, entities: anyDataset, sources: any }).data;
    if (!input) return;
    const tables = [this.#output(entities)];
    const foreseen = await foreseenHistory(
      input,
      tables[0],
      async (view) => this.#seen(tables, this.#output(given[view])),
      async ({ source, format, ...reading }) =>
        typeof source === 'string'
          ? this.#seen(tables, await this.#read(node, { source, format, reading: readingOf(reading) }))
          : null,
    ).catch((error) => {
      const known = tables.filter((table) => table !== null);
      const own = known.find((table) => error instanceof MissingColumn && table.columns === error.columns);
      this.#failed(node, error, own ? [own] : known);
      return null;
    });
    if (foreseen) this.#known.set(`${node.id}/features`, { ...foreseen, label: `what ${node.id} gives` });
  }

  #seen(tables: (Known | null)[], table: Known | null): Known | null {
    tables.push(table);
    return table;
  }

  async #features(node: PlanNode): Promise<void> {
    const { data, views, ...more } = fieldsOf(node.input);
    const given = listOf(views).map(fieldsOf);
    const input = featurize.input.safeParse({
      ...more,
      data: anyDataset,
      views: given.map((view) => ({ ...view, data: anyDataset })),
    }).data;
    if (!input) return;
    const tables = given.map((view) => this.#output(view.data));
    const known = tables.filter((table) => table !== null);
    const planned = await this.#planned(node, input, this.#output(data), known.length < tables.length ? null : known);
    if (!planned) return;
    const label = `what ${node.id} selects`;
    const columns = planned.select.map((name) => ({ name, type: null }));
    for (const part of ['train', 'holdout']) this.#known.set(`${node.id}/${part}`, { columns, complete: true, label });
  }

  /** @param views null: one of them is not known */
  async #planned(place: Place, input: z.output<typeof featurize.input>, data: Known | null, views: Known[] | null) {
    try {
      const facts = await this.#deps.tables.parse(expressionsOf(input), input.time ?? null);
      const gap = input.split.by === 'time' ? input.split.gap : undefined;
      const labels = { after: this.#labelsAfter ?? gap ?? null, source: data?.label ?? null };
      // Needs no columns.
      refuseLabelLags(input, facts, labels);
      if (!data || !views) return null;
      const columns = views.map((view) => view.columns);
      const planned = planColumns(input, data.columns, columns, facts, labels);
      const own = planned.views.filter((_, index) => views[index]?.label === data.label);
      refuseEarlyLabels(input, own, labels);
      return planned;
    } catch (error) {
      const tables = [...(data ? [data] : []), ...(views ?? [])];
      const own = tables.find((table) => error instanceof MissingColumn && table.columns === error.columns);
      this.#failed(place, error, own ? [own] : tables);
      return null;
    }
  }

  /** What reads a table that a step of ours handed on. */
  #named(node: PlanNode, from: string, more: { readonly [place: string]: readonly Json[] }): void {
    const { [from]: ref, target } = fieldsOf(node.input);
    const data = this.#output(ref);
    if (!data) return;
    this.#columns(node, data, { target });
    for (const [where, names] of Object.entries(more))
      for (const name of names) this.#columns(node, data, { [where]: name });
  }

  /** Columns by the place that names them; what is no text is not known yet. */
  #columns(place: Place, data: Known, named: { readonly [place: string]: Json | undefined }): void {
    for (const [where, name] of Object.entries(named)) {
      if (typeof name !== 'string') continue;
      const column = data.columns.find((each) => each.name.toLowerCase() === name.toLowerCase());
      if (!column) this.#failed(place, new MissingColumn(where, name, data.columns), [data]);
      else if (where === 'timeColumn' && column.type !== null && !isTimeType(column.type))
        this.#failed(place, new UserError('DataInvalid', notTimes(where, column)), [data]);
    }
  }

  async #read(place: Place, source: HeaderSource): Promise<Known | null> {
    try {
      const header = await this.#deps.header(source);
      if (typeof header !== 'string') return { ...header, label: source.source };
      this.#note(`the columns of ${source.source} are not checked: ${header}`);
    } catch (error) {
      this.#failed(place, error, []);
    }
    return null;
  }

  #output(ref: Json | undefined): Known | null {
    const path = fieldsOf(ref).$ref;
    return Array.isArray(path) ? (this.#known.get(path.join('/')) ?? null) : null;
  }

  /** @param tables that were looked into */
  #failed({ id, at }: Place, error: unknown, tables: readonly Known[]): void {
    if (!(error instanceof UserError)) throw error;
    const missing = error instanceof MissingColumn;
    const where = tables.map(({ label }) => label);
    const key = missing ? `${error.wanted}\n${where[0]}` : error.message.replace(/^time(Column)?: /, '');
    if (this.#told.has(key)) return;
    this.#told.add(key);
    const partly = tables.find(({ complete }) => !complete);
    if (missing && partly)
      this.#note(
        `${id}: ${error.place}: no column ${error.wanted} in what was looked at, the first lines of ${partly.label}; whether later ones have it, the run will see`,
      );
    else
      this.problems.push({
        node: id,
        at: at ?? null,
        message: `${id}: ${missing ? error.whole(where) : error.message}`,
      });
  }

  #note(text: string): void {
    if (!this.notes.includes(text)) this.notes.push(text);
  }
}

const notTimes = (where: string, { name, type }: HeaderColumn) =>
  `${where}: ${name} is ${type}, not a date or timestamp; ${howTimesAreWritten(name)}`;

/** Stands for a dataset that a run will have. */
const anyDataset = { kind: 'dataset', uri: '', digest: '', format: 'parquet', rows: 0, bytes: 0, columns: [] };

function flattened({ nodes }: Pick<Block, 'nodes'>): PlanNode[] {
  return nodes.flatMap((node) => [node, ...(node.blocks ?? []).flatMap(flattened)]);
}

type Fields = { readonly [key: string]: Json | undefined };
const isFields = (value: Json | undefined): value is Fields =>
  value !== undefined && value !== null && typeof value === 'object' && !Array.isArray(value);
const fieldsOf = (value: Json | undefined): Fields => (isFields(value) ? value : {});
const listOf = (value: Json | undefined): readonly Json[] => (Array.isArray(value) ? value : []);
