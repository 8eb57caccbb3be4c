/** `NAME@champion` in place of a service's name: what that version was trained with, asked of the registry now and then. */
import { UserError } from '#contracts/failures.ts';
import { Refusal } from './refusal.ts';

/** @returns the service's name. @throws UserError for a version that there is not, or that other definitions served */
export type ServiceOfModel = (model: string) => Promise<string>;

/** How long an answer counts: a promotion is served by then. */
const FRESH_MS = 5_000;
/** A model that somebody makes up is not kept for ever. */
const MOST_KEPT = 1_000;

interface Known {
  readonly service: Promise<string>;
  readonly at: number;
}

/**
 * @param lookup asks the registry; null: there is none
 * @param now milliseconds
 * @param late is told of a registry that does not answer: what it said last goes on counting
 */
export function modelServices(
  lookup: ServiceOfModel | null,
  now: () => number,
  late: (model: string, error: Error) => void,
): (service: string | undefined) => Promise<string | undefined> {
  const known = new Map<string, Known>();

  async function ask(model: string, before: Known | undefined): Promise<string> {
    if (!lookup)
      throw new Refusal(
        'unprocessable',
        `"${model.slice(0, 100)}" is a model's version, and this server has no registry.`,
        'Name a service.',
      );
    try {
      return await lookup(model);
    } catch (error) {
      const away = error instanceof UserError && /^Outside/.test(error.type);
      if (!away || !before) throw error;
      late(model, error);
      return before.service;
    }
  }

  return async (service) => {
    if (!service?.includes('@')) return service;
    const held = known.get(service);
    if (held && now() - held.at < FRESH_MS) return held.service;
    const asked = { service: ask(service, held), at: now() };
    known.delete(service);
    known.set(service, asked);
    for (const oldest of known.keys()) if (known.size > MOST_KEPT) known.delete(oldest);
    // What failed is asked again by the next one.
    asked.service.catch(() => known.get(service) === asked && known.delete(service));
    return asked.service;
  };
}
