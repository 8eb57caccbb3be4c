/** What came of a model's input example, as a rule of the gate. */
import { expect, it } from 'vitest';
import type { InputExample } from '#contracts/signature.ts';
import { decideGate } from '#decisions/gate.ts';
import { evidence, rules } from './gate-evidence.ts';

const judged = (asked: 'required' | 'when-logged', inputExample?: InputExample) => {
  const { findings } = decideGate({
    evidence: { ...evidence({}), ...(inputExample === undefined ? {} : { inputExample }) },
    rules: rules({ inputExample: asked }),
  });
  const { outcome, reason } = findings.find(({ rule }) => rule === 'inputExample') ?? {};
  return `${outcome}: ${reason}`;
};

it.each([
  ['required', { rows: 5, error: null }, 'passed: loaded anew, the candidate predicts its input example of 5 rows'],
  ['when-logged', { rows: 1, error: null }, 'passed: loaded anew, the candidate predicts its input example of 1 row'],
  ['required', { rows: null, error: null }, 'passed: loaded anew, the candidate predicts its input example'],
  [
    'when-logged',
    { rows: 5, error: "KeyError: 'b'" },
    "refused: loaded anew, the candidate does not predict its input example of 5 rows: KeyError: 'b'",
  ],
  [
    'required',
    null,
    'refused: the candidate was logged without an input example: give log_model input_example=inputs.head()',
  ],
  ['when-logged', null, 'passed: the candidate was logged without an input example, so none was predicted'],
  [
    'when-logged',
    undefined,
    'inconclusive: no input example was predicted in this evidence: evaluate again with inputExample: true in the input of evaluate',
  ],
] as const)('%s, %j: %s', (asked, found, said) => {
  expect(judged(asked, found)).toBe(said);
});
