/** How a verb is told what the files of its data cannot say of themselves: one place for all verbs that read data. */
import { type Command, InvalidArgumentError } from 'commander';
import type { Reading } from '#contracts/reading.ts';
import { oneOf } from './options.ts';

export interface ReadingFlags {
  missing?: string[];
  type?: Record<string, string>;
  date?: Record<string, string>;
  decimal?: ',' | '.';
  delimiter?: string;
  escape?: '"' | '\\';
  encoding?: string;
  hivePartitions?: boolean;
}

export function withReading(command: Command): Command {
  return command
    .option(
      '--missing <text>',
      'CSV: what means "no value" beside the empty field; default NA, \'\' for none; repeat it for more',
      (text: string, before: string[] = []) => [...before, ...(text === '' ? [] : [text])],
    )
    .option('--type <column=type>', 'zip=VARCHAR, amount=DOUBLE: refused where it would change a value', byColumn)
    .option('--date <column=format>', "CSV: how dates are written, '%m/%d/%Y' for 01/31/2013", byColumn)
    .option('--decimal <mark>', 'CSV: the decimal mark, a point or a comma; default .', oneOf('.', ','))
    .option('--delimiter <character>', 'CSV: between columns; default: by the header', character)
    .option('--escape <character>', "CSV: before quotes inside of quotes, '\\' as Spark writes", oneOf('"', '\\'))
    .option('--encoding <name>', 'CSV: latin-1, windows-1252, …; default UTF-8, or UTF-16 with its mark')
    .option('--hive-partitions', 'folders such as month=05 are columns');
}

export function readingOf(flags: ReadingFlags): Reading {
  const {
    missing,
    type: types,
    date: dates,
    decimal,
    delimiter,
    escape: beforeQuote,
    encoding,
    hivePartitions,
  } = flags;
  return { missing, types, dates, decimal, delimiter, escape: beforeQuote, encoding, hivePartitions };
}

function byColumn(text: string, before: Record<string, string> = {}): Record<string, string> {
  const at = text.lastIndexOf('=');
  if (at < 1 || at === text.length - 1)
    throw new InvalidArgumentError(`"${text}" is not COLUMN=…, for example zip=VARCHAR or day=%m/%d/%Y`);
  return { ...before, [text.slice(0, at)]: text.slice(at + 1) };
}

function character(text: string): string {
  if (text.length === 1) return text;
  if (text === '\\t' || text === 'tab') return '\t';
  throw new InvalidArgumentError(`"${text}" is not one character, for example ;`);
}
