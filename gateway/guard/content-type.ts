/** What a body may be. */
import type { Operation } from '../operation.ts';
import { Problem } from '../problem.ts';

/** @throws Problem unsupported-media-type. A page of another site can send forms and plain text without asking first, and nothing of what is listed here. */
export function guardContentType(
  { types, optional }: Pick<NonNullable<Operation['body']>, 'types' | 'optional'>,
  headers: Headers,
): void {
  const given = headers.get('content-type');
  const type = (given ?? '').split(';')[0]?.trim().toLowerCase() ?? '';
  const charset = /;\s*charset="?([^";\s]+)/i.exec(given ?? '')?.[1]?.toLowerCase() ?? 'utf-8';
  const known = types.includes(type) || (types.includes('*/*') && (optional || type !== ''));
  const plain = ['', 'identity'].includes(headers.get('content-encoding')?.toLowerCase() ?? '');
  if (known && plain && ['utf-8', 'utf8', 'us-ascii'].includes(charset)) return;
  const detail = plain
    ? `The content type is ${given === null ? 'not given' : `"${given.slice(0, 80)}"`}.`
    : 'The body is compressed.';
  throw new Problem('unsupported-media-type', detail, {
    next: `Send ${types.filter((one) => one !== '*/*').join(' or ')}, as UTF-8 and not compressed.`,
  });
}
