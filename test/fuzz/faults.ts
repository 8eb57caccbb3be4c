import type { Told } from '../fixtures/verbs.ts';

// Colours are off where no person looks, so that no control byte is the product's own.
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const control = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/;
const stack = /^\s+at .+[:(]\d+:\d+\)?$/m;
const dump = /✖|ZodError|"code": "invalid_|→ at |RATCHET_DEBUG/;

/** What is wrong with the end of a command that asked for something odd: none when it was told in words. */
export function faultsOf({ code, stdout, stderr }: Told): string[] {
  const said = stdout + stderr;
  return [
    ...([0, 2, 3, 4].includes(Number(code)) ? [] : [`exit code ${code}`]),
    ...(stack.test(said) ? ['a stack'] : []),
    ...(dump.test(said) ? ['a dump'] : []),
    ...(control.test(said) ? ['a control byte'] : []),
  ];
}
