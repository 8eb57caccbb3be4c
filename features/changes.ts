/** What differs between two documents of definitions, by name. */
import { canonicalJson, type Json } from '#contracts/json.ts';
import type { FeatureDocument } from './document.ts';

const kinds = { entities: 'entity', views: 'view', onDemand: 'on-demand', services: 'service' } as const;
type List = keyof typeof kinds;

export interface Change {
  readonly kind: (typeof kinds)[List];
  readonly name: string;
  readonly change: 'added' | 'changed' | 'removed';
  /** Of what changed: fields that differ, features as `features.NAME`. */
  readonly fields: readonly string[];
  /** Of a service: its version before and now. */
  readonly versions?: { readonly before: string | null; readonly now: string | null };
}

/** @param before null: there was none */
export function changesOf(before: FeatureDocument | null, now: FeatureDocument): Change[] {
  return (Object.keys(kinds) as List[]).flatMap((list) => {
    const [old, next] = [byName(before, list), byName(now, list)];
    return [...new Set([...old.keys(), ...next.keys()])].sort().flatMap((name): Change[] => {
      const [was, is] = [old.get(name) ?? null, next.get(name) ?? null];
      const fields = was && is ? fieldsThatDiffer(was, is) : [];
      if (was && is && fields.length === 0) return [];
      const change = was === null ? 'added' : is === null ? 'removed' : 'changed';
      const versions = { before: versionOf(was), now: versionOf(is) };
      return [{ kind: kinds[list], name, change, fields, ...(list === 'services' ? { versions } : {}) }];
    });
  });
}

type Definition = Readonly<Record<string, unknown>>;

const byName = (document: FeatureDocument | null, list: List): Map<string, Definition> =>
  new Map((document?.[list] ?? []).map((each) => [each.name, each]));

const versionOf = (definition: Definition | null) =>
  typeof definition?.version === 'string' ? definition.version : null;

function fieldsThatDiffer(was: Definition, is: Definition): string[] {
  return differing(was, is).flatMap((field) => {
    const [before, now] = [was[field], is[field]];
    // A view's are a record by name; a service's a list of names.
    if (field !== 'features' || Array.isArray(before) || !isRecord(before) || !isRecord(now)) return [field];
    return differing(before, now).map((name) => `features.${name}`);
  });
}

const isRecord = (value: unknown): value is Definition => typeof value === 'object' && value !== null;

const differing = (was: Definition, is: Definition): string[] =>
  [...new Set([...Object.keys(was), ...Object.keys(is)])].filter((key) => text(was[key]) !== text(is[key])).sort();

/** Through JSON: what is undefined is not there. */
const text = (value: unknown) => (value === undefined ? '' : canonicalJson(JSON.parse(JSON.stringify(value)) as Json));
