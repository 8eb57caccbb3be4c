/** The story of a model, and its page. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { modelStory, type StoryMove, type StoryVersion } from '#records/model-story.ts';
import { modelPage } from '#reports/model/model-page.ts';
import { longLife } from '../fixtures/model-story.ts';

const nobody = { champion: null, previous: null };
const move = (to: string, at: string, more: Partial<StoryMove> = {}): StoryMove => ({
  ...{ epoch: 1, kind: 'promotion', from: null, to, by: 'run/a/1', reason: 'better', at },
  ...more,
});

describe('the champions of a model', () => {
  it('follow each other in the order of their moves, whatever order those come in', () => {
    const moves = [
      move('3', '2020-01-09T00:00:00.000Z', { kind: 'rollback', by: 'anna', reason: 'v4 is slow', epoch: 3 }),
      move('3', '2020-01-01T00:00:00.000Z'),
      move('none', '2020-02-01T00:00:00.000Z', { kind: 'by-hand', epoch: 4 }),
      move('4', '2020-01-08T00:00:00.000Z', { epoch: 2 }),
    ];
    const { reigns, moves: counted } = modelStory('m', { versions: [], holders: nobody, moves, decisions: [] });
    expect(reigns.map(({ version, from, until, began, ended }) => [version, from, until, began, ended])).toEqual([
      ['3', '2020-01-09T00:00:00.000Z', '2020-02-01T00:00:00.000Z', 'rollback', 'by-hand'],
      ['4', '2020-01-08T00:00:00.000Z', '2020-01-09T00:00:00.000Z', 'promotion', 'rollback'],
      ['3', '2020-01-01T00:00:00.000Z', '2020-01-08T00:00:00.000Z', 'promotion', 'promotion'],
    ]);
    expect(counted).toEqual({ promotion: 2, rollback: 1, 'by-hand': 1 });
  });

  it('never overlap, and one at most lasts', () => {
    const moves = fc.array(
      fc.record({
        to: fc.constantFrom('1', '2', '3', 'none'),
        at: fc.date({ min: new Date(0), max: new Date(1e12), noInvalidDate: true }).map((date) => date.toISOString()),
        epoch: fc.nat(1_000),
      }),
      { maxLength: 40 },
    );
    fc.assert(
      fc.property(moves, (drawn) => {
        const { reigns } = modelStory('m', {
          ...{ versions: [], holders: nobody, decisions: [] },
          moves: drawn.map(({ to, at, epoch }) => move(to, at, { epoch })),
        });
        const ordered = reigns.toReversed();
        expect(ordered.filter(({ until }) => until === null).length).toBeLessThanOrEqual(1);
        for (const [place, reign] of ordered.entries()) {
          const next = ordered[place + 1];
          if (next) expect(reign.until !== null && reign.until <= next.from).toBe(true);
        }
        expect(ordered).toHaveLength(drawn.filter(({ to }) => to !== 'none').length);
      }),
    );
  });

  it('are of versions that say what serves their features', () => {
    const versions: StoryVersion[] = [
      { version: '2', tags: { 'ratchet.feature_service': 'fraud@sha256:ab' } },
      { version: '1', tags: {} },
    ];
    const story = modelStory('m', { versions, holders: nobody, moves: [], decisions: [] });
    expect(story.versions.map(({ featureService }) => featureService)).toEqual(['fraud@sha256:ab', null]);
  });

  it('tells probations and what the watch found, and not the loop’s other decisions', () => {
    expect(longLife(3, 'x').probations.map(({ outcome }) => outcome)).toEqual(['rolledBack', 'confirmed', 'promoted']);
  });
});

describe('the page of a model', () => {
  const at = '2026-01-01T00:00:00.000Z';
  it('says who is champion since when and why', () => {
    const text = modelPage(longLife(30, 'better by 0.01'), [], at).replaceAll(/<[^>]*>/g, '');
    expect(text).toContain('Version 29 is champion since 2020-07-22 02:00');
    expect(text).toContain('promoted by better by 0.01: better by 0.01');
  });
  it('of a model without a champion, and without a version, says so', () => {
    const empty = modelStory('m', { versions: [], holders: nobody, moves: [], decisions: [] });
    expect(modelPage(empty, [], at)).toContain('No version was registered yet');
    const version = { version: '1', tags: {} };
    const orphan = modelPage(
      modelStory('m', { versions: [version], holders: nobody, moves: [], decisions: [] }),
      [],
      at,
    );
    expect(orphan).toContain('Nobody is champion');
    expect(orphan).toContain('none: not registered by a gate');
  });
  it('of a long life stays readable: at most 2,000 lines a table, and it says what is left out', () => {
    const page = modelPage(longLife(2_500, 'x'), [], at);
    expect(page).toContain('500 older ones: ratchet model show --json has all of them.');
    expect(page.length).toBeLessThan(4_000_000);
  });
});
