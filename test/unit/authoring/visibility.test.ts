import type { Ref } from 'ratchet-ml';
import { describe, expect, it } from 'vitest';
import { placesIn, userError } from './place.ts';
import { anything, compiled, fit, load, message, pipelineOf, values } from './steps.ts';

const at = placesIn(import.meta.url);

describe('a reference used where it is not visible', () => {
  it('outside of the when that may not run', () => {
    let leaked: Ref<number> | undefined;
    const text = message(({ run, when }) => {
      const data = run(load, { path: 'a' });
      const body = () => {
        leaked = run(load, { path: 'b' }).rows;
      };
      when(data.ok, body); // when made
      run(fit, { rows: anything(leaked) }); // when leak
    });
    expect(text).toBe(
      `${at('when leak')}: the input of fit uses load-2.rows, which exists only inside the body of when (${at('when made')}). ` +
        'It may never run: return the reference from the body, add .otherwise(…), and use what when(…) gives back.',
    );
  });

  it('outside of a map, as an item, an index or a node of the body', () => {
    const leaks: Ref<unknown>[] = [];
    const build = (which: number) =>
      message(({ run, map }) => {
        const data = run(load, { path: 'a' });
        map(data.parts, (item, index) => {
          leaks.push(item, index, run(load, { path: item }).rows);
        });
        run(fit, { rows: anything(leaks.splice(0)[which]) });
      });
    expect(build(0)).toContain('uses map/item, which exists only inside the body of map');
    expect(build(1)).toContain('uses map/index, which exists only inside');
    expect(build(2)).toMatch(
      /uses load-2\.rows, .* return the reference from the body and use the array that map\(…\) gives back\.$/,
    );
  });

  it('outside of repeat, attempt and always, and in the other block of an attempt', () => {
    let leaked: Ref<unknown> | undefined;
    const use = (make: Parameters<typeof pipelineOf>[0]) =>
      message((g) => {
        make(g);
        g.run(fit, { rows: anything(leaked) });
      });
    expect(
      use(({ run, repeat }) => {
        const first = run(load, { path: 'a' });
        repeat(first.rows, { max: 3 }, (state) => {
          leaked = state;
          const next = run(load, { path: 'b' });
          return { state: next.rows, until: next.ok };
        });
      }),
    ).toContain('repeat/state, which exists only inside the body of repeat');
    expect(
      use(({ run, attempt }) => {
        attempt(
          () => {
            leaked = run(load, { path: 'a' }).rows;
          },
          () => null,
        );
      }),
    ).toContain('inside the body of attempt');
    expect(
      use(({ run, always }) => {
        run(load, { path: 'a' });
        always(() => {
          leaked = run(load, { path: 'b' }).rows;
        });
      }),
    ).toContain('Nothing may depend on what is done at the end');
    expect(
      message(({ run, attempt }) => {
        attempt(
          () => {
            leaked = run(load, { path: 'a' }).rows;
          },
          () => run(fit, { rows: anything(leaked) }),
        );
      }),
    ).toContain('the input of fit uses load.rows, which exists only inside the body of attempt');
  });

  it('in what the graph returns', () => {
    expect(
      message(({ run, when }) => {
        const data = run(load, { path: 'a' });
        let leaked: unknown;
        when(data.ok, () => {
          leaked = run(load, { path: 'b' });
        });
        return { leaked };
      }),
    ).toContain('what the graph of example returns uses load-2, which exists only inside');
  });

  it('of another graph, or kept from an earlier compilation', () => {
    let kept: Ref<number> | undefined;
    const pipeline = pipelineOf(({ run }) => {
      const data = run(load, { path: 'a' });
      run(fit, { rows: kept ?? data.rows }); // kept
      kept = data.rows;
    });
    pipeline.compile({}, values);
    expect(userError(() => pipeline.compile({}, values)).message).toBe(
      `${at('kept')}: the input of fit uses load.rows, a reference of another graph or of an earlier compilation: make it with this graph's own run(…).`,
    );
  });

  it('is seen in bodies within the one that made it', () => {
    expect(() =>
      compiled(({ run, when, map }) => {
        const data = run(load, { path: 'a' });
        when(data.ok, () => map(data.parts, (part) => run(load, { path: part }).rows));
      }),
    ).not.toThrow();
  });
});
