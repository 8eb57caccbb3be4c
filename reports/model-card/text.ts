/** The part of a model card that is generated: what a stranger needs to use the model, and how much to trust it. Markdown. Pure. */
import type { Figure } from '#contracts/trigger.ts';
import { amount, count, moment } from '../numbers.ts';
import type { CardStory } from './story.ts';

export function cardText(story: CardStory): string {
  const { model, version, evidence, verdict } = story;
  const kinds = { binary: 'two classes', multiclass: 'classes', regression: 'numbers' };
  const made = [
    story.pipeline && `pipeline ${code(story.pipeline)}`,
    story.asOf && `data until ${moment(story.asOf)} UTC`,
  ];
  return [
    `## ${plain(model)}, version ${plain(version)}`,
    `Predicts ${code(evidence.target)} (${kinds[evidence.task]}). From ${made.filter(Boolean).join(', ') || 'a run of Ratchet'}.`,
    '### Use it',
    use(story),
    '### How good it is',
    `Measured on ${count(evidence.rows)} rows that it was not trained on${evidence.champion ? `, beside version ${plain(evidence.champion.version)} on the same rows` : ''}. Figures of other rows may be others.`,
    figures(story),
    comparisons(story),
    '### Why it was released',
    `The gate’s verdict: **${plain(verdict.outcome)}**${verdict.against === null ? '' : `, judged against version ${plain(verdict.against)}`}.`,
    list(verdict.reasons),
    ...(evidence.notes.length > 0 ? ['### What to know', list(evidence.notes)] : []),
    '### Where it is from',
    table(
      ['what', 'digest'],
      [
        ['model', code(story.digest)],
        ['verdict', code(verdict.digest)],
        ['data it was judged on', code(evidence.data.digest)],
        ...(story.featureService === null ? [] : [['feature service', code(story.featureService)]]),
      ],
    ),
    story.registry === undefined
      ? `${code('ratchet.json')} beside this card names each file of the model with its SHA-256.`
      : `${code(`ratchet model audit ${story.model}@${story.version}`)} writes the account of it, which verifies without any server.`,
  ]
    .filter((part) => part !== '')
    .join('\n\n');
}

/** Names of models and repos are letters, digits and a few signs: nothing in them ends a string. */
function use({ repo, tag, registry, model, version, evidence }: CardStory): string {
  const revision = tag === null ? '' : `, revision=${JSON.stringify(tag)}`;
  const { candidate } = evidence.signatures ?? {};
  const wanted = candidate?.inputs.flatMap(({ name, type }) =>
    name === null ? [] : [`${code(name)} (${plain(type)})`],
  );
  const columns =
    wanted && wanted.length > 0
      ? `\n\nIt takes ${wanted.slice(0, 50).join(', ')}${wanted.length > 50 ? ` and ${wanted.length - 50} more` : ''}.`
      : '';
  if (registry !== undefined)
    return `\`\`\`python
# pip install mlflow, and what requirements.txt among the model's files names
import mlflow

mlflow.set_tracking_uri(${JSON.stringify(registry)})
model = mlflow.pyfunc.load_model(${JSON.stringify(`models:/${model}/${version}`)})
predictions = model.predict(rows)  # a pandas.DataFrame
\`\`\`

Loading it runs code that was logged with it.${columns}`;
  return `\`\`\`python
# pip install huggingface_hub mlflow, and what requirements.txt beside this card names
import mlflow
from huggingface_hub import snapshot_download

model = mlflow.pyfunc.load_model(snapshot_download(${JSON.stringify(repo)}${revision}))
predictions = model.predict(rows)  # a pandas.DataFrame
\`\`\`

Loading it runs code out of this repo: ${tag === null ? 'pin the revision that you looked at.' : `pin it, as above, or by the commit that ${code(tag)} names.`}${columns}`;
}

function figures({ evidence }: CardStory): string {
  const { metrics } = evidence.candidate;
  const before = evidence.champion;
  const rows = Object.entries(metrics).map(([name, value]) => {
    const interval = evidence.intervals?.[name];
    const range = interval ? `${amount(interval.lower)} … ${amount(interval.upper)}` : '–';
    const better = evidence.directions[name];
    const meaning = [evidence.meanings[name], better === undefined ? '' : better ? 'more is better' : 'less is better'];
    return [
      code(name),
      amount(value),
      range,
      ...(before ? [amount(before.metrics[name])] : []),
      plain(meaning.filter(Boolean).join('; ')),
    ];
  });
  const [some] = Object.values(evidence.intervals ?? {});
  const range = `interval${some ? ` (${confidence(some.confidence)})` : ''}`;
  return table(
    ['metric', 'this version', range, ...(before ? [`version ${plain(before.version)}`] : []), 'what it says'],
    rows,
  );
}

function comparisons({ evidence }: CardStory): string {
  return list(
    evidence.comparisons.map(
      ({ metric, difference, lower, upper, confidence: sure }) =>
        `${metric}: ${signed(difference)} in the direction of better, ${confidence(sure)} interval ${signed(lower)} … ${signed(upper)}`,
    ),
  );
}

const confidence = (share: number) => `${Math.round(share * 1000) / 10} %`;
const signed = (value: Figure) => `${typeof value === 'number' && value > 0 ? '+' : ''}${amount(value)}`;
const list = (lines: readonly string[]) => lines.map((line) => `- ${plain(line)}`).join('\n');

function table(heads: readonly string[], rows: readonly (readonly string[])[]): string {
  if (rows.length === 0) return '';
  const line = (cells: readonly string[]) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(heads), line(heads.map(() => '---')), ...rows.map(line)].join('\n');
}

/** Words of others as words: no markup, no link, no line of their own. */
const plain = (text: string) =>
  text
    .replace(/\s+/g, ' ')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replace(/[\\`*_[\]#!~]/g, '\\$&')
    .trim();
/** A name as it is typed. */
const code = (text: string) => `\`${text.replace(/\s+/g, ' ').replaceAll('`', 'ˋ')}\``;
