/** Vectors as they were served, in files of JSON lines: what the feature server writes and the measure of skew reads. */
import { z } from 'zod';
import { FeatureName } from './names.ts';

/**
 * `at` is when it was answered (ISO, UTC). `given:NAME` are join keys and fields of the request, `served:VIEW:FEATURE` what was answered. All
 * values are texts, which their declared types read back exactly; null where there was none, or one that was too old.
 */
export type SampledVector = Readonly<Record<string, string | null>>;

export interface SampleName {
  readonly service: string;
  readonly version: string;
  /** When its newest vector was served. */
  readonly at: Date;
  readonly id: string;
}

/** Begins the keys of a service's samples. */
export const samplesOf = (service: string): string => `features/served/${service}/`;

const digitsOf = (version: string) => version.replace(/^sha256:/, '').slice(0, 12);

/** Sorts by time within a version. */
export const sampleKey = ({ service, version, at, id }: SampleName): string =>
  `${samplesOf(service)}${digitsOf(version)}/${at.toISOString().replace(/[-:.]/g, '')}-${id}.jsonl`;

const Key = z.tuple([
  FeatureName,
  z.string().regex(/^[0-9a-f]{12}$/),
  z.string().regex(/^\d{8}T\d{9}Z$/),
  z.string().regex(/^[0-9a-f-]{36}$/),
]);

/** Null for a key of something else; `version` are its first twelve digits. */
export function sampleNameOf(key: string): SampleName | null {
  const found = /^features\/served\/([^/]+)\/([^/]+)\/([^/-]+)-([^/]+)\.jsonl$/.exec(key);
  const parts = Key.safeParse(found?.slice(1));
  if (!parts.success) return null;
  const [service, version, at, id] = parts.data;
  const [, date, time] = /^(\d{8})T(\d{9})Z$/.exec(at) ?? [];
  const iso = `${date?.replace(/(\d{4})(\d\d)(\d\d)/, '$1-$2-$3')}T${time?.replace(/(\d\d)(\d\d)(\d\d)(\d{3})/, '$1:$2:$3.$4')}Z`;
  return { service, version, at: new Date(iso), id };
}

/** Files that are read at most: the newest. */
const MOST_FILES = 5_000;
/** Vectors of one file are seconds apart, or as far as a store that did not answer held them up. */
const LATE_MS = 3_600_000;

/**
 * Those that may hold vectors of [from, to) of the service in this version, in the order of their times; and how many files are of other versions.
 * @param names of one service's files
 */
export function samplesWithin<N extends SampleName>(
  names: readonly N[],
  { version, from, to }: { readonly version: string; readonly from: string; readonly to: string },
): { readonly own: readonly N[]; readonly others: ReadonlyMap<string, number> } {
  const digits = digitsOf(version);
  const within = names.filter(({ at }) => at.getTime() >= Date.parse(from) && at.getTime() <= Date.parse(to) + LATE_MS);
  const others = new Map<string, number>();
  for (const each of within) if (each.version !== digits) others.set(each.version, (others.get(each.version) ?? 0) + 1);
  const own = within.filter((each) => each.version === digits).sort((a, b) => a.at.getTime() - b.at.getTime());
  return { own: own.slice(-MOST_FILES), others };
}
