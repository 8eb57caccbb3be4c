/** What a step's output schema says of the fields that a reference may name. Type checking says the same, where it runs. */
import type { z } from 'zod';

/** Schemas that a value may have; null: nothing is known, so every field is taken on trust. */
export type OutputShape = readonly z.core.$ZodType[] | null;

/** The shape after reading `key`; an empty array when no schema has such a field. */
export function fieldShape(shape: OutputShape, key: string): OutputShape {
  if (shape === null) return null;
  const found: z.core.$ZodType[] = [];
  for (const schema of shape) {
    const fields = schemaField(schema, key);
    if (fields === null) return null;
    found.push(...fields);
  }
  return found;
}

/** The fields that can be named, for an error message. */
export function knownFields(shape: OutputShape): string[] {
  return [...new Set((shape ?? []).flatMap((schema) => fieldNames(schema)))];
}

function schemaField(schema: z.core.$ZodType, key: string): OutputShape {
  const { def } = (schema as z.core.$ZodTypes)._zod;
  switch (def.type) {
    case 'object': {
      const field = def.shape[key];
      if (field) return [field];
      return def.catchall && def.catchall._zod.def.type !== 'never' ? null : [];
    }
    case 'array':
      return isIndex(key) ? [def.element] : [];
    case 'record':
      return [def.valueType];
    case 'union':
      return fieldShape(def.options, key);
    case 'string':
    case 'number':
    case 'boolean':
    case 'null':
    case 'literal':
    case 'enum':
      return [];
    default: {
      const inner = unwrapped(schema);
      return inner ? schemaField(inner, key) : null;
    }
  }
}

function fieldNames(schema: z.core.$ZodType): string[] {
  const { def } = (schema as z.core.$ZodTypes)._zod;
  if (def.type === 'object') return Object.keys(def.shape);
  if (def.type === 'union') return def.options.flatMap((option) => fieldNames(option));
  const inner = unwrapped(schema);
  return inner ? fieldNames(inner) : [];
}

/** What a wrapper's output is; null for a schema that wraps nothing or changes what it wraps. */
function unwrapped(schema: z.core.$ZodType): z.core.$ZodType | null {
  const { def } = (schema as z.core.$ZodTypes)._zod;
  switch (def.type) {
    case 'optional':
    case 'nullable':
    case 'default':
    case 'prefault':
    case 'nonoptional':
    case 'readonly':
    case 'catch':
      return def.innerType;
    case 'lazy':
      return def.getter();
    case 'pipe':
      return def.out;
    default:
      return null;
  }
}

const isIndex = (key: string) => /^(0|[1-9]\d*)$/.test(key);
