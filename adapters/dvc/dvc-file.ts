/**
 * `.dvc` files, as DVC 3 writes them: YAML, `outs` with `md5 size nfiles isexec hash path` in that order. What a person wrote beside it (`desc`, `meta`,
 * comments) stays.
 */
import { Document, isMap, isSeq, parseDocument, visit, type YAMLMap } from 'yaml';
import { z } from 'zod';
import { UserError } from '#contracts/failures.ts';

const DIGEST = /^[0-9a-f]{32}(\.dir)?$/;
const Out = z.looseObject({
  /** Of a folder that of its manifest, with `.dir` behind it. Absent: nothing was added yet. */
  md5: z.string().regex(DIGEST, '32 hex digits, with .dir behind them for a folder').optional(),
  /** Absent: DVC 2 wrote it, and the digest is of the text with CRLF read as LF. */
  hash: z.literal('md5').optional(),
  size: z.number().int().nonnegative().optional(),
  nfiles: z.number().int().nonnegative().optional(),
  isexec: z.boolean().optional(),
  path: z.string().min(1).refine(isInside, 'a path below the folder of the file is wanted'),
  /** false: Git keeps the bytes. */
  cache: z.boolean().optional(),
  /** false: it stays on this machine. */
  push: z.boolean().optional(),
  remote: z.string().optional(),
});
export type DvcOut = z.output<typeof Out>;
const DvcFile = z.looseObject({ outs: z.array(Out).min(1), wdir: z.string().optional() });
export type DvcFile = z.output<typeof DvcFile>;

/** What is tracked of a file or a folder. */
export interface Tracked {
  readonly md5: string;
  readonly size: number;
  readonly nfiles?: number | undefined;
  readonly isexec?: boolean | undefined;
  readonly path: string;
}

/** No part of it leads out, and none is empty. */
export function isInside(path: string): boolean {
  return (
    !path.startsWith('/') &&
    !/^[A-Za-z]:/.test(path) &&
    path.split('/').every((part) => part !== '' && part !== '..' && part !== '.' && !part.includes('\0'))
  );
}

/** @throws UserError DataInvalid with the file, the line and what is wrong */
export function readDvcFile(text: string, name: string): DvcFile {
  const document = parsed(text, name);
  let said: unknown;
  try {
    said = document.toJS({ maxAliasCount: 100 });
  } catch (error) {
    throw new UserError('DataInvalid', `${name} is no .dvc file: ${(error as Error).message}`);
  }
  const read = DvcFile.safeParse(said);
  if (read.success) return read.data;
  const [issue] = read.error.issues;
  const at = issue ? `${issue.path.join('.') || 'the file'}: ${issue.message}` : 'it has another form';
  throw new UserError('DataInvalid', `${name} is no .dvc file: ${at}`);
}

/** @param before what stands there now, of that path if it is another one; null: nothing */
export function dvcFileText(
  { md5, size, nfiles, isexec, path }: Tracked,
  before: { text: string; name: string; path?: string } | null,
): string {
  const own = {
    ...{ md5, size },
    ...(nfiles === undefined ? {} : { nfiles }),
    ...(isexec ? { isexec } : {}),
    ...{ hash: 'md5', path },
  };
  const document = before ? parsed(before.text, before.name) : new Document({ outs: [own] });
  if (before) {
    const outs = document.get('outs');
    const out = isSeq(outs)
      ? outs.items.find((item): item is YAMLMap => isMap(item) && item.get('path') === (before.path ?? path))
      : undefined;
    if (!out)
      throw new UserError(
        'DataInvalid',
        `${before.name} does not say ${path}: correct it, or remove it and add ${path} again`,
      );
    const others = out.items.filter(({ key }) => !OWN.has(String(key)));
    out.items = [...(document.createNode(own) as unknown as YAMLMap).items, ...others];
  }
  visit(document, {
    // On one line, as DVC's library writes a name with a line end in it.
    Scalar: (_, scalar) => {
      if (scalar.value === path && path.includes('\n')) scalar.type = 'QUOTE_DOUBLE';
    },
  });
  const text = document.toString({
    indentSeq: false,
    flowCollectionPadding: false,
    lineWidth: 0,
    singleQuote: true,
    blockQuote: false,
  });
  // Control characters of a name, as DVC's library writes them: \x0E, not \x0e.
  return text.replace(/^(?:- | {2})path: ".*"$/gm, (line) =>
    line.replace(/((?<!\\)(?:\\\\)*\\x)([0-9a-f]{2})/g, (_, before: string, hex: string) => before + hex.toUpperCase()),
  );
}

const OWN = new Set(['md5', 'size', 'nfiles', 'isexec', 'hash', 'path']);

function parsed(text: string, name: string) {
  const document = parseDocument(text, {
    version: '1.2',
    prettyErrors: true,
    keepSourceTokens: false,
    logLevel: 'error',
  });
  const [error] = document.errors;
  if (!error) return document;
  const [at] = error.linePos ?? [];
  throw new UserError(
    'DataInvalid',
    `${name}${at ? `, line ${at.line}, column ${at.col}` : ''}: ${error.message.split('\n')[0]}`,
  );
}
