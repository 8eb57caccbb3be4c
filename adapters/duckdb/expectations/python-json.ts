/** Is a text what Python's `json.loads` reads? JSON, and NaN, Infinity and -Infinity besides. */
export function isJson(text: string): boolean {
  return parses(text) || (/NaN|Infinity/.test(text) && parses(withoutTheirs(text)));
}

function parses(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** Their words outside of strings as a number; a text that has a word elsewhere stays wrong. */
function withoutTheirs(text: string): string {
  return text.replace(/("(?:[^"\\]|\\.)*")|(?<![\w.+-])(?:NaN|-?Infinity)(?![\w.+-])/g, (all, quoted?: string) =>
    quoted === undefined ? '0' : all,
  );
}
