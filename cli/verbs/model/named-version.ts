import { UserError } from '#contracts/failures.ts';

/** `NAME@NUMBER`. @throws UserError InvalidInput for anything else */
export function namedVersion(text: string): { model: string; version: string } {
  const { model = '', version = '' } = /^(?<model>.+)@(?<version>\d+)$/.exec(text)?.groups ?? {};
  if (model === '')
    throw new UserError(
      'InvalidInput',
      `"${text}" names no version: write NAME@NUMBER, flight-delays@5. \`ratchet model list\` names what there is.`,
    );
  return { model, version };
}
