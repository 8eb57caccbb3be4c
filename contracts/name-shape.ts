/** How a name is written: known to the command line's options, which load no schemas. */

/** A letter, then letters, digits, `_`, `.` or `-`; at most 64 characters. */
export const nameShape = /^[A-Za-z][A-Za-z0-9_.-]{0,63}$/;

export const nameInWords = 'a name starts with a letter and holds letters, digits, "_", "." and "-", at most 64';
