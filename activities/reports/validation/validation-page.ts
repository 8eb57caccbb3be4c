/** A validation as a page: what does not hold, and all expectations. */
import type { ValidationResult } from '#contracts/validation.ts';
import { page, section } from '../page.ts';
import { table } from '../table.ts';

export function validationPage(result: ValidationResult): string {
  const { statistics, ratchet, results } = result;
  const rows = [...results].sort((a, b) => Number(a.success) - Number(b.success));
  return page({
    title: `${ratchet.passed ? 'Passed' : 'Failed'}: ${result.suite_name}`,
    lead: `${statistics.successful_expectations} of ${statistics.evaluated_expectations} expectations hold for ${ratchet.data} (${ratchet.rows.toLocaleString('en-US')} rows).`,
    sections: [
      section(
        'Expectations',
        table(
          'Expectations',
          [
            { head: 'Expectation', cell: ({ expectation_config }) => expectation_config.type },
            { head: 'Holds', cell: ({ success }) => (success ? 'yes' : 'no') },
            { head: 'Severity', cell: ({ ratchet: ours }) => ours.severity },
            { head: 'Finding', cell: ({ ratchet: ours }) => ours.message },
          ],
          rows,
        ),
      ),
    ],
  });
}
