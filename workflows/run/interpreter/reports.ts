/** What is known of each node instance, in the order of the plan: the answer to the query `progress` and part of the result. */
import type { Block, PlanNode } from '#contracts/plan.ts';
import type { NodeReport } from '#contracts/run.ts';

/** Most node reports in a result: a wide map is told as a sum, so that a result never outgrows a payload. */
const REPORT_LIMIT = 300;

const repeating = new Set<PlanNode['kind']>(['map', 'mapSettled', 'repeat']);

export class Reports {
  readonly #plain = new Map<string, NodeReport>();
  /** Instances of a map or repeat, under the id of the outermost one. */
  readonly #instances = new Map<string, Map<string, NodeReport>>();
  readonly #changed: (report: NodeReport) => void;

  constructor(changed: (report: NodeReport) => void) {
    this.#changed = changed;
  }

  /** Lists a block's nodes as waiting (or skipped): all but the bodies of maps and repeats, whose instances do not exist yet. */
  list(block: Block, prefix: string, status: 'waiting' | 'skipped' | 'cancelled' = 'waiting'): void {
    for (const node of block.nodes) {
      this.#at(node, prefix).status = status;
      if (!repeating.has(node.kind)) for (const inner of node.blocks ?? []) this.list(inner, prefix, status);
    }
  }

  set(node: PlanNode, prefix: string, change: Partial<NodeReport>): void {
    this.#changed(Object.assign(this.#at(node, prefix), change));
  }

  get(id: string): Readonly<NodeReport> | undefined {
    return this.#home(id).get(id);
  }

  /** The last word of a running node; silently nothing for one that is not known (a late signal). */
  progress(id: string, text: string): void {
    const report = this.#home(id).get(id);
    if (report?.status === 'running') {
      report.progress = text;
      this.#changed(report);
    }
  }

  /** Starts over for a new plan of the same run. */
  clear(): void {
    this.#plain.clear();
    this.#instances.clear();
  }

  /** All reports; with too many of them, ended instances of maps are left out and counted in the map's reason. */
  all(): NodeReport[] {
    const total = [...this.#instances.values()].reduce((sum, some) => sum + some.size, this.#plain.size);
    return [...this.#plain.values()].flatMap((report) => {
      const instances = [...(this.#instances.get(report.id)?.values() ?? [])];
      if (total <= REPORT_LIMIT) return [report, ...instances];
      const telling = instances.filter(({ status }) => status === 'failed' || status === 'running').slice(0, 20);
      const hidden = instances.length - telling.length;
      return hidden === 0
        ? [report]
        : [{ ...report, reason: `${report.reason} (${hidden} instances not listed)`.trim() }, ...telling];
    });
  }

  #home(id: string): Map<string, NodeReport> {
    const bracket = id.indexOf('[');
    if (bracket < 0) return this.#plain;
    const container = id.slice(0, bracket);
    const home = this.#instances.get(container) ?? new Map<string, NodeReport>();
    this.#instances.set(container, home);
    return home;
  }

  #at(node: PlanNode, prefix: string): NodeReport {
    const id = prefix + node.id;
    const home = this.#home(id);
    let report = home.get(id);
    if (!report) {
      report = {
        id,
        kind: node.kind,
        step: node.step ?? null,
        status: 'waiting',
        cached: false,
        reason: '',
        ms: null,
        progress: null,
      };
      home.set(id, report);
    }
    return report;
  }
}

/** The signal `nodeProgress`, which anybody may send: one that is not ours must not fail the workflow's tasks for ever. */
export function hear(reports: Reports, said: unknown): void {
  const { node, text } = (said ?? {}) as { node?: unknown; text?: unknown };
  if (typeof node === 'string' && typeof text === 'string') reports.progress(node, text);
}
