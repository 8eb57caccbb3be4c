/** The engine's complaints about JSON lines, with the file and the line as an editor counts it. */
import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { UserError } from '#contracts/failures.ts';
import { plain } from '../../errors.ts';
import { labelOf, type Source } from '../source.ts';

/** Puts the file and the line into an error of reading. */
export async function located({ request, files }: Source, error: unknown): Promise<unknown> {
  if (!(error instanceof Error) || error instanceof UserError) return error;
  const { message } = error;
  if (/No space left/i.test(message) || !/^(Conversion|Invalid Input|IO) Error/.test(message)) return error;
  const index = Math.max(
    files.findIndex((file) => message.includes(file)),
    0,
  );
  const [file, label] = [files[index] ?? '', labelOf(request, index)];
  const invalid = (text: string) => new UserError('DataInvalid', text, { cause: error });
  const malformed = /Malformed JSON in file .*, at byte \d+ in line (\d+): (.*?)\.? *(?:Try |$)/m.exec(message);
  if (malformed) {
    // It counts the line that follows.
    const line = await lineOf(file, Number(malformed[1]) - 1);
    return invalid(`${label} line ${line}: this is not one whole JSON object: ${malformed[2]}`);
  }
  const line = / in line (\d+)/.exec(message)?.[1];
  const at = line ? `${label} line ${await lineOf(file, Number(line))}` : label;
  const other = /Expected OBJECT, but got (\w+)/.exec(message)?.[1];
  if (other) return invalid(`${at}: each line must hold one object with a row's values, and this is ${other}`);
  const twice = /has duplicate key "([\s\S]*?)"\n/.exec(message)?.[1];
  if (twice !== undefined) return invalid(`${at}: the key ${twice} stands twice in one object; rename one of them`);
  return invalid(`${label}: ${plain(message).replaceAll(file, label)}`);
}

/** The engine does not count lines without anything on them. */
async function lineOf(file: string, filled: number): Promise<number> {
  let [line, seen] = [0, 0];
  const input = createReadStream(file);
  try {
    for await (const each of createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY })) {
      line++;
      if (each.trim() !== '' && ++seen === filled) return line;
    }
  } finally {
    input.destroy();
  }
  return line;
}
