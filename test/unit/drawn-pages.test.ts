import { expect, it } from 'vitest';
import type { Draw } from '#activities/model/evaluate/draw-report.ts';
import { remembering } from '#activities/release/drawn-pages.ts';

type Request = Parameters<Draw>[0];
const { signal } = new AbortController();
const request = (digest: string) => ({ evidence: { digest }, digest, verdict: null }) as unknown as Request;

function counting(page: (request: Request) => string) {
  const asked: string[] = [];
  const draw: Draw = async (given) => {
    asked.push(given.digest ?? '');
    return { html: page(given), json: '{}', confusion: null };
  };
  return { asked, draw: remembering(draw) };
}

it('the same request is drawn once, another one anew', async () => {
  const { asked, draw } = counting(({ digest }) => `page of ${digest}`);
  for (const digest of ['a', 'a', 'b', 'a'])
    expect(await draw(request(digest), signal)).toEqual({ html: `page of ${digest}`, json: '{}', confusion: null });
  expect(asked).toEqual(['a', 'b']);
  await draw({ ...request('a'), files: ['more'] } as unknown as Request, signal);
  expect(asked).toEqual(['a', 'b', 'a']);
});

it('what was not asked for lately is drawn again, and what is long each time', async () => {
  const { asked, draw } = counting(({ digest }) => (digest === 'long' ? 'x'.repeat(2 ** 20 + 1) : `page of ${digest}`));
  const many = Array.from({ length: 16 }, (_, index) => `${index}`);
  for (const digest of ['first', ...many, 'first', 'long', 'long']) await draw(request(digest), signal);
  expect(asked).toEqual(['first', ...many, 'first', 'long', 'long']);
});

it('what failed is tried again', async () => {
  let failures = 1;
  const draw = remembering(async () => {
    if (failures-- > 0) throw new Error('the data host died');
    return { html: 'page', json: '{}', confusion: null };
  });
  await expect(draw(request('a'), signal)).rejects.toThrow('died');
  expect((await draw(request('a'), signal)).html).toBe('page');
});
