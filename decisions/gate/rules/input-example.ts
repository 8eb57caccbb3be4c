import type { Finding } from '../finding.ts';
import type { GateRule } from './gate-rule.ts';

/** A model that fails on the example that its author gave with it fails on the first request of a client who follows it. */
export const inputExample: GateRule<'inputExample'> = {
  title: 'Input example',
  asks: () => ({ where: 'rules.inputExample', metrics: [], inputExample: true }),
  judge: (asked, { inputExample: found }) => {
    if (found === undefined)
      return undecided(
        'no input example was predicted in this evidence: evaluate again with inputExample: true in the input of evaluate',
      );
    if (found === null)
      return asked === 'required'
        ? refused('the candidate was logged without an input example: give log_model input_example=inputs.head()')
        : [{ outcome: 'passed', reason: 'the candidate was logged without an input example, so none was predicted' }];
    const { rows, error } = found;
    const example = `its input example${rows === null ? '' : ` of ${rows.toLocaleString('en-US')} ${rows === 1 ? 'row' : 'rows'}`}`;
    if (error !== null) return refused(`loaded anew, the candidate does not predict ${example}: ${error}`);
    return [{ outcome: 'passed', reason: `loaded anew, the candidate predicts ${example}` }];
  },
};

const distance = ['input example', Number.NaN] as const;
const refused = (reason: string): Finding[] => [{ outcome: 'refused', reason, distance }];
const undecided = (reason: string): Finding[] => [{ outcome: 'inconclusive', reason, distance }];
