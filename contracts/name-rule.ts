import { z } from 'zod';

/** A pipeline's, step's or model's name: a letter, then letters, digits, `_`, `.` or `-`; at most 64 characters. */
export const Name = z
  .string()
  .regex(
    /^[A-Za-z][A-Za-z0-9_.-]{0,63}$/,
    'a name starts with a letter and holds letters, digits, "_", "." and "-", at most 64',
  );
