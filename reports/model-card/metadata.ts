/** A card's metadata, as the Hub reads it from the YAML above the text: what finds, loads and compares the model. Pure. */
import type { CardStory } from './story.ts';

const tasks = {
  binary: 'tabular-classification',
  multiclass: 'tabular-classification',
  regression: 'tabular-regression',
} as const;

export interface CardMetadata {
  license: string | null;
  library_name: string;
  pipeline_tag: string;
  tags: string[];
  /** What the Hub calls `model-index`: figures of the holdout. */
  index: { name: string; results: object[] };
}

export function cardMetadata({ model, version, evidence, library, license }: CardStory): CardMetadata {
  const type = tasks[evidence.task];
  const metrics = Object.entries(evidence.candidate.metrics).flatMap(([name, value]) =>
    // JSON of the Hub has no figure that is not finite.
    typeof value === 'number' ? [{ type: name, value, name }] : [],
  );
  const result = {
    task: { type, name: `${evidence.task === 'regression' ? 'prediction' : 'classification'} of ${evidence.target}` },
    dataset: { type: 'holdout', name: `holdout of ${model}, version ${version}`, args: { rows: evidence.rows } },
    metrics,
  };
  return {
    license,
    library_name: library,
    pipeline_tag: type,
    tags: ['mlflow', 'ratchet', ...(library === 'mlflow' ? [] : [library])],
    index: { name: model, results: metrics.length > 0 ? [result] : [] },
  };
}
