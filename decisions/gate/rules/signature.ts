import type { Signature } from '#contracts/signature.ts';
import type { Finding } from '../finding.ts';
import { versionName } from '../words.ts';
import type { GateRule } from './gate-rule.ts';

type Field = Signature['inputs'][number];

/** Columns named one by one; the rest is counted. */
const NAMED = 5;

/**
 * Who asks the champion can ask the candidate: it needs no column that the champion does without, takes each column's type, and gives
 * what the champion gave. Other differences, such as a column that it no longer reads, are told; they refuse where the rule
 * is `identical`.
 */
export const signature: GateRule<'signature'> = {
  title: 'Signature',
  judge: (asked, { signatures, champion }) => {
    if (!signatures)
      return [
        {
          outcome: 'inconclusive',
          reason: 'the signatures of the models are not in this evidence: evaluate again with this version of Ratchet',
          distance: ['signature', Number.NaN],
        },
      ];
    if (!signatures.candidate)
      return refused(
        'the candidate was logged without a signature: give log_model signature=infer_signature(inputs, predictions)',
      );
    if (!champion) return passed('the candidate has a signature, and there is no champion to compare it with');
    const name = `champion ${versionName(champion.version)}`;
    if (!signatures.champion) return passed(`${name} has no signature to be compared with`);
    const { broken, other } = differences(signatures.champion, signatures.candidate, name);
    if (broken.length > 0)
      return refused(`who asks ${name} cannot always ask the candidate: ${inWords([...broken, ...other])}`);
    if (other.length === 0) return passed(`the signature is that of ${name}`);
    if (asked === 'identical') return refused(`the signature is not that of ${name}: ${inWords(other)}`);
    return passed(`who asks ${name} can ask the candidate, though ${inWords(other)}`);
  },
};

const passed = (reason: string): Finding[] => [{ outcome: 'passed', reason }];
const refused = (reason: string): Finding[] => [{ outcome: 'refused', reason, distance: ['signature', Number.NaN] }];

/** @returns what breaks who asks the champion, and what else is different */
function differences(before: Signature, now: Signature, champion: string): { broken: string[]; other: string[] } {
  const [broken, other]: [string[], string[]] = [[], []];
  const [sent, read, was, given] = [before.inputs, now.inputs, before.outputs, now.outputs].map(byKey) as [
    ...[Fields, Fields, Fields, Fields],
  ];
  for (const [key, field] of read) {
    const known = sent.get(key);
    const what = named(field, key, 'input');
    if (!known) (field.required ? broken : other).push(`it reads ${what}, which ${champion} does not`);
    else if (known.type !== field.type)
      (accepts(field.type, known.type) ? other : broken).push(
        `it reads ${what} as ${field.type} and no longer as ${known.type}`,
      );
    if (known && known.required !== field.required)
      (field.required ? broken : other).push(`it can${field.required ? 'not' : ''} do without ${what}`);
  }
  for (const [key, field] of sent) if (!read.has(key)) other.push(`it no longer reads ${named(field, key, 'input')}`);
  for (const [key, field] of was) {
    const known = given.get(key);
    const what = named(field, key, 'output');
    if (!known) broken.push(`it no longer gives ${what}`);
    else if (known.type !== field.type) broken.push(`it gives ${what} as ${known.type} and no longer as ${field.type}`);
  }
  for (const [key, field] of given) if (!was.has(key)) other.push(`it gives ${named(field, key, 'output')}, too`);
  return { broken, other };
}

/** By name, or by place where there is none. */
type Fields = ReadonlyMap<string, Field>;
const byKey = (fields: readonly Field[]): Fields =>
  new Map(fields.map((field, at) => [field.name ?? `#${at + 1}`, field]));
const named = ({ name }: Field, key: string, what: string): string => (name === null ? `${what} ${key}` : `"${name}"`);

/** What MLflow converts without loss when it enforces a schema: whole numbers to wider ones and to double, float to double. */
const widened: Readonly<Record<string, readonly string[]>> = {
  integer: ['long', 'double'],
  long: ['double'],
  float: ['double'],
};
const accepts = (reads: string, sent: string): boolean => reads === sent || (widened[sent] ?? []).includes(reads);

function inWords(found: readonly string[]): string {
  const more = found.length - NAMED;
  return `${found.slice(0, NAMED).join('; ')}${more > 0 ? `; and ${more} more` : ''}`;
}
