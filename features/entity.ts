/** What features are about. */
import { z } from 'zod';
import { about, ColumnName, FeatureName, parsed, wrong } from './names.ts';
import { KeyType } from './value-types.ts';

export const Entity = z.strictObject({
  name: FeatureName,
  /** Columns whose values name one of them, with their types. */
  joinKeys: z.record(ColumnName, KeyType),
  ...about,
});
/**
 * What features are about, as plain JSON: see {@link entity}.
 * @example
 * ```ts
 * const customer: Entity = entity({ name: 'customer' });
 * ```
 */
export type Entity = z.output<typeof Entity>;
/**
 * What {@link entity} takes; `joinKeys` default: the name, a string.
 * @example
 * ```ts
 * const options: EntityOptions = { name: 'customer', joinKeys: { customer_id: 'int64' }, owner: 'risk' };
 * ```
 */
export type EntityOptions = Omit<z.input<typeof Entity>, 'joinKeys'> & {
  joinKeys?: z.input<typeof Entity>['joinKeys'];
};

/**
 * Something that has features: a customer, a card, an airport. Its join keys are the columns that name one of them, in the sources of
 * views and in the rows that features are asked for.
 * @param options `joinKeys` default: one of the entity's name, a string
 * @returns plain JSON
 * @throws UserError InvalidInput for a name or a key that is none
 * @example
 * ```ts
 * const customer = entity({ name: 'customer', joinKeys: { customer_id: 'int64' } });
 * ```
 */
export function entity(options: EntityOptions): Entity {
  const made = parsed('entity', Entity, { joinKeys: { [options?.name]: 'string' }, ...options });
  if (Object.keys(made.joinKeys).length === 0)
    throw wrong(
      `the entity ${made.name}`,
      "joinKeys is {}: name the columns that tell one from another, { customer_id: 'int64' }",
    );
  return made;
}
