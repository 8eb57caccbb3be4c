import { UserError } from '#contracts/failures.ts';

/**
 * `NAME@NUMBER`, or `NAME@vNUMBER`.
 * @param other what else could have been meant: `the folder of a pack`
 * @throws UserError InvalidInput for anything else
 */
export function namedVersion(text: string, other?: string): { model: string; version: string } {
  const { model = '', version = '' } = /^(?<model>[^/\\]{1,250})@v?(?<version>\d{1,18})$/.exec(text)?.groups ?? {};
  if (model !== '') return { model, version };
  const wanted = 'NAME@NUMBER, such as flight-delays@5';
  const problem = other === undefined ? `names no version: write ${wanted}` : `is neither ${wanted}, nor ${other}`;
  throw new UserError(
    'InvalidInput',
    `"${text.slice(0, 100)}" ${problem}. \`ratchet model list\` names what there is.`,
  );
}
