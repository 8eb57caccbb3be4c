/** A time's text in lexical units, after `_timelex` of python-dateutil 2.9 (Apache-2.0 or BSD-3-Clause). */

const isWord = (char: string) => /^\p{L}$/u.test(char);
const isNumber = (char: string) => /^\d$/.test(char);
/** Python's, which has four control characters more. */
const isSpace = (char: string) => /^[\s\u0085\p{Z}]$/u.test(char) || (char >= '\u001c' && char <= '\u001f');

type State = '' | 'a' | '0' | 'a.' | '0.';

export function tokensOf(text: string): string[] {
  const chars = [...text].filter((char) => char !== '\0');
  const tokens: string[] = [];
  let at = 0;
  while (at < chars.length) {
    let token = '';
    let state: State = '';
    let letters = false;
    for (; at < chars.length; at++) {
      const char = chars[at] ?? '';
      if (state === '') {
        token = isSpace(char) ? ' ' : char;
        if (isWord(char)) state = 'a';
        else if (isNumber(char)) state = '0';
        else {
          at++;
          break;
        }
      } else {
        if (state.startsWith('a')) letters = true;
        const next = follows(state, char, token);
        if (next === null) break;
        token += char;
        state = next;
      }
    }
    tokens.push(...parts(token, state, letters));
  }
  return tokens;
}

/** The state after `char`, or null when it begins another token. */
function follows(state: State, char: string, token: string): State | null {
  if (state === 'a') return isWord(char) ? 'a' : char === '.' ? 'a.' : null;
  if (state === '0') return isNumber(char) ? '0' : char === '.' || (char === ',' && token.length >= 2) ? '0.' : null;
  if (char === '.') return state;
  if (state === 'a.') return isWord(char) ? 'a.' : isNumber(char) && token.endsWith('.') ? '0.' : null;
  return isNumber(char) ? '0.' : isWord(char) && token.endsWith('.') ? 'a.' : null;
}

/** A dot may separate, or begin the fraction of a number. */
function parts(token: string, state: State, letters: boolean): string[] {
  const dots = token.split('.').length - 1;
  if ((state === 'a.' || state === '0.') && (letters || dots > 1 || /[.,]$/.test(token))) {
    const [first = '', ...rest] = token.split(/([.,])/);
    return [state === '0.' && !first.includes('.') ? first.replaceAll(',', '.') : first, ...rest.filter(Boolean)];
  }
  return [state === '0.' && dots === 0 ? token.replaceAll(',', '.') : token];
}
