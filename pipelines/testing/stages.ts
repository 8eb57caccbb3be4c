/** The stages without data and models: what a simulated pipeline's steps answer. The gate is the real one. */
import type { DatasetRef, EvidenceRef, ModelRef, Verdict } from '#contracts/data.ts';
import type { Json } from '#contracts/json.ts';
import type { StepCall } from '#contracts/run.ts';
import {
  evaluate,
  featurize,
  gate,
  getHistoricalFeatures,
  promote,
  publish,
  register,
  train,
  validateData,
} from '#contracts/stages/index.ts';
import { decideGate } from '#decisions/gate.ts';
import { higherIsBetter } from '#decisions/retrain/performance-limit.ts';

/**
 * Metric → value on the holdout.
 * @example
 * ```ts
 * const shown: Metrics = { roc_auc: 0.71, log_loss: 0.4 };
 * ```
 */
export type Metrics = Record<string, number>;
/**
 * A version that the simulation's runs registered.
 * @example
 * ```ts
 * const older = (version: SimulatedVersion) => ({ roc_auc: (version.metrics.roc_auc ?? 0) - 0.01 });
 * ```
 */
export interface SimulatedVersion {
  version: string;
  digest: string;
  asOf: string;
  metrics: Metrics;
}
export interface StageAnswers {
  /** What a model trained as of this time shows on its holdout. */
  candidate(asOf: string): Metrics;
  /** What an older version shows on the holdout of this time; default what it showed on its own. */
  champion(version: SimulatedVersion, asOf: string): Metrics;
  /** Half the width of the comparison's interval. */
  interval: number;
}

/** The registry of a simulated world, and the stages that write to it. */
export class SimulatedStages {
  readonly versions: SimulatedVersion[] = [];
  champion: SimulatedVersion | null = null;
  #previous: SimulatedVersion | null = null;
  #epoch = 0;
  readonly #answers: StageAnswers;

  constructor(answers: StageAnswers) {
    this.#answers = answers;
  }

  /** Null for a step that is no stage. */
  answer({ step, input, run }: StepCall): Json | null {
    const work = this.#stages[step];
    // Stage outputs are plain JSON.
    return work ? (work(input as Record<string, Json>, run.asOf) as unknown as Json) : null;
  }

  rollBack(): SimulatedVersion | null {
    [this.champion, this.#previous] = [this.#previous, this.champion];
    return this.champion;
  }

  readonly #stages: Record<string, (input: Record<string, Json>, asOf: string) => unknown> = {
    [validateData.name]: (_input, asOf) => ({ snapshot: dataset(`snapshot-${asOf}`), warnings: [] }),
    [getHistoricalFeatures.name]: (_input, asOf) => ({
      features: dataset(`features-${asOf}`),
      matched: {},
      withoutTime: 0,
      sources: {},
    }),
    [featurize.name]: (_input, asOf) => ({
      train: dataset(`train-${asOf}`),
      holdout: dataset(`holdout-${asOf}`),
      matched: {},
    }),
    [train.name]: (_input, asOf) => ({ model: this.#model(asOf), metrics: this.#answers.candidate(asOf) }),
    [evaluate.name]: (input, asOf) => ({ evidence: this.#evidence(input.candidate as unknown as ModelRef, asOf) }),
    [gate.name]: (input) => {
      const { report, rules: given } = gate.input.parse(input);
      // Simulated models score no rows: there are no groups of them, none that were used before, and nobody who asks for predictions.
      const nobody = { calibration: undefined, latency: undefined, signature: undefined, stability: undefined };
      const rules = { ...given, ...nobody, fairness: undefined, holdout: undefined };
      const { outcome, reasons, against, distance, comparison, findings } = decideGate({ evidence: report, rules });
      const evidence = { uri: report.uri, digest: report.digest, html: null };
      const record: Verdict = {
        ...{ kind: 'verdict', outcome, reasons, against, distance, comparison, evidence },
        digest: `sha256:${report.candidate.digest}`,
        findings,
      };
      return { passed: outcome === 'passed', record };
    },
    [register.name]: (input) => {
      const { candidate, verdict } = register.input.parse(input);
      const known = this.versions.find(({ digest }) => digest === candidate.digest);
      const asOf = candidate.runId;
      const version = known ?? {
        version: String(this.versions.length + 1),
        digest: candidate.digest,
        asOf,
        metrics: this.#answers.candidate(asOf),
      };
      if (!known) this.versions.push(version);
      const { runId, uri, digest } = candidate;
      const about = { digest: verdict.digest, against: verdict.against };
      return {
        already: known !== undefined,
        ref: { kind: 'version', model: 'simulated', version: version.version, digest, runId, uri, verdict: about },
      };
    },
    [promote.name]: (input) => {
      const { version } = promote.input.parse(input);
      const found = this.versions.find((each) => each.version === version.version) ?? null;
      [this.#previous, this.champion] = [this.champion, found];
      const previous = this.#previous?.version ?? null;
      return { outcome: 'promoted', champion: version.version, previous, epoch: ++this.#epoch };
    },
    // There is no Hub: a commit of nobody's.
    [publish.name]: (input) => {
      const { repo, tag, version } = publish.input.parse(input);
      const url = `https://huggingface.co/${repo}`;
      const named = tag?.replaceAll('{version}', version.version) ?? null;
      return { repo, revision: '0'.repeat(40), tag: named, url, already: false };
    },
  };

  #model(asOf: string): ModelRef {
    // The run's id carries the time that the model was trained for.
    return {
      kind: 'model',
      runId: asOf,
      uri: `runs:/${asOf}/model`,
      digest: `sha256:${asOf}`,
      environment: null,
      trainedOn: null,
    };
  }

  #evidence(candidate: ModelRef, asOf: string): EvidenceRef {
    const own = this.#answers.candidate(asOf);
    const theirs = this.champion ? this.#answers.champion(this.champion, asOf) : null;
    const half = this.#answers.interval;
    const intervals = Object.fromEntries(
      Object.entries(own).map(([metric, value]) => [
        metric,
        { value, lower: value - half, upper: value + half, confidence: 0.95, standardError: half / 1.96 },
      ]),
    );
    const directions = Object.fromEntries(Object.keys(own).map((metric) => [metric, higherIsBetter(metric)]));
    const comparisons = Object.entries(own).flatMap(([metric, value]) => {
      const other = theirs?.[metric];
      if (other === undefined) return [];
      const better = higherIsBetter(metric);
      const difference = better ? value - other : other - value;
      const [lower, upper] = [difference - half, difference + half];
      const figures = { candidate: value, champion: other, difference, lower, upper, standardError: half / 1.96 };
      return [{ metric, higherIsBetter: better, ...figures, confidence: 0.95, resamples: 1_000 }];
    });
    return {
      ...{ kind: 'evidence', uri: `memory:evidence-${asOf}`, digest: `sha256:evidence-${asOf}`, html: null },
      ...{ task: 'binary', rows: 1_000, directions, comparisons, intervals, slices: [] },
      scored: { eligible: 1_000, candidate: 1_000, champion: theirs ? 1_000 : null, both: 1_000 },
      candidate: { digest: candidate.digest, runId: candidate.runId, metrics: own },
      champion:
        this.champion && theirs
          ? { version: this.champion.version, digest: this.champion.digest, metrics: theirs }
          : null,
    };
  }
}

function dataset(name: string): DatasetRef {
  return {
    kind: 'dataset',
    uri: `memory:${name}`,
    digest: `md5:${name}`,
    format: 'parquet',
    rows: 1_000,
    bytes: 1,
    columns: [],
  };
}
