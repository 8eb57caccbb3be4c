/**
 * Python's `re` in RE2, as far as they meet: `\w \d \s` are Unicode, `$` also matches before a last line feed.
 * RE2 has no look-around and no back-references.
 */

const inside: Record<string, string> = { w: '\\p{L}\\p{N}_', d: '\\p{Nd}', s: '\\s\\x0b\\x1c-\\x1f\\x{85}\\p{Z}' };

/** The pattern for RE2, or why there is none. */
export function regexForRe2(pattern: string): { pattern: string } | { problem: string } {
  if (/\(\?(=|!|<=|<!)/.test(pattern))
    return { problem: `the pattern ${pattern} looks ahead or behind, which is not supported; write it without` };
  let out = '';
  let set = false;
  for (let i = 0; i < pattern.length; i++) {
    const char = pattern[i]!;
    if (char === '\\') {
      const next = pattern[++i] ?? '';
      if (!set && /[1-9]/.test(next))
        return { problem: `the pattern ${pattern} refers back to a group (\\${next}), which is not supported` };
      out += escaped(next, set) ?? `\\${next}`;
      if (set && /[WDS]/.test(next))
        return {
          problem: `the pattern ${pattern} holds \\${next} inside of [ ], which is not supported; list the characters`,
        };
    } else if (set) {
      if (char === ']') set = false;
      out += char === '[' ? '\\[' : char;
    } else if (char === '[') {
      set = true;
      out += char;
      // A bracket right after the opening one is a character.
      if (pattern[i + 1] === '^') out += pattern[++i];
      if (pattern[i + 1] === ']') {
        out += '\\]';
        i++;
      }
    } else out += char === '$' ? '(?:\\n?\\z)' : char;
  }
  return { pattern: out };
}

function escaped(letter: string, set: boolean): string | null {
  if (letter === 'Z') return '\\z';
  const lower = inside[letter.toLowerCase()];
  if (!lower) return null;
  if (letter === letter.toLowerCase()) return set ? lower : `[${lower}]`;
  return `[^${lower}]`;
}
