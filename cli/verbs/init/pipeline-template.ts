/** What `ratchet init` writes. */
export type Task = 'binary' | 'multiclass' | 'regression';
export interface Starter {
  name: string;
  /** Relative to the pipeline's folder; absolute when it lies outside of the project. */
  data: string;
  target: string;
  trainer: string;
  time: string | null;
  task: Task;
  /** How late labels come, where some are missing. */
  labelsAfter: string | null;
}

/** By task: the metric that is compared, and rules that are a start. A floor needs knowledge of the problem, so it is left to the reader. */
const rules: Record<Task, string> = {
  binary: "metric: 'roc_auc', minimumEffect: 0.002, floors: { roc_auc: 0.6 }",
  multiclass: "task: 'multiclass', metric: 'accuracy', minimumEffect: 0.002, floors: { accuracy: 0.5 }",
  regression: "task: 'regression', metric: 'rmse', minimumEffect: 0, floors: { r2: 0 }",
};

const text = (value: string) => JSON.stringify(value);

export function pipelineSource(starter: Starter): string {
  const { name, data, target, trainer, time, task, labelsAfter } = starter;
  return `import { continuousTraining, expect, promotionChecklist, python } from 'ratchet-ml';

export default continuousTraining({
  name: ${text(name)},
  data: ${text(data)},
  target: ${text(target)},${time ? `\n  time: ${text(time)},` : ''}
  task: ${text(task)},
  trainer: python(${text(trainer)}),

  // What must hold before a model is trained: add what you know of the data.${labelsAfter ? ' A few labels may be later than all others.' : ''}
  expectations: [expect.rowCount({ min: 1 }), expect.column(${text(target)}).notNull(${labelsAfter ? '{ mostly: 0.9 }' : ''})],

  // The last fifth of the rows${time ? ', in time order,' : ''} is kept from the trainer: candidate and champion are compared on it.
  holdout: 0.2,
${
  labelsAfter
    ? `
  // Labels come so long after their rows: training, holdout and watch end so much earlier.
  labelsAfter: ${text(labelsAfter)},
`
    : ''
}
  // What a candidate must show. Better than the champion by minimumEffect, with 95 % confidence, surely above a floor, and of use to the
  // champion's clients. Name columns whose groups are to be treated alike (attributes: ['sex']), and slices (sliced: true beside slices: […]).
  rules: promotionChecklist({ ${rules[task]} }),
});
`;
}

export function readmeSource({ name, trainer, target, time }: Starter): string {
  const given = time
    ? `\`${target}\` and \`${time}\` among them: take both out of what a model learns from`
    : `\`${target}\` among them`;
  return `# ${name}

Predicts \`${target}\`. \`${trainer}\` trains the model; \`pipeline.ts\` says what it is trained on and what it must show.

    ratchet check ${name}          mistakes, found without running it
    ratchet run ${name} --wait     train, compare with the champion, promote when better
    ratchet plan ${name}           what a run would do, and what comes from the cache
    ratchet runs ${name}           what has run

The trainer finds its rows in the JSON file that RATCHET_JOB names: \`inputs.features.path\` (Parquet) and \`params\`.
They have all columns, ${given} (\`select\` names fewer).
It logs its model to MLflow; the server and the run are set in its environment. Trees of scikit-learn are logged with
\`serialization_format="cloudpickle"\`: MLflow's default refuses them.

It runs with MLflow, pandas, pyarrow and scikit-learn. For other packages put a \`requirements.lock\` beside \`pipeline.ts\`, every
version exact and MLflow among them (\`uv pip compile requirements.in -o requirements.lock\`).
`;
}
