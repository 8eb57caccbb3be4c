import { z } from 'zod';
import { nameInWords, nameShape } from './name-shape.ts';

/** A pipeline's, step's or model's name: a letter, then letters, digits, `_`, `.` or `-`; at most 64 characters. */
export const Name = z.string().regex(nameShape, nameInWords);
