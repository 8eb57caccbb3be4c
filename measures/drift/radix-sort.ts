/**
 * Sorts numbers in place, rising; without NaN. Three passes over the upper 32 bits of their binary form (11, 11 and 10
 * bits), then whatever is equal there is sorted by itself: many times faster than comparing.
 * @param scratch at least as long as `values`; what it holds afterwards is of no use
 */
export function radixSort(values: Float64Array<ArrayBuffer>, scratch: Float64Array<ArrayBuffer>): void {
  const n = values.length;
  // Below, clearing the counters costs more than comparing.
  if (n < 4_096) {
    values.sort();
    return;
  }
  const counts = countDigits(values);
  let from = values;
  let to = scratch.subarray(0, n);
  for (const [pass, digits] of counts.entries()) {
    if (digits.includes(n)) continue;
    scatter(from, to, digits, pass * 11);
    [from, to] = [to, from];
  }
  if (from !== values) values.set(from);
  sortEqualHeads(values);
}

/** The upper half as a number that rises with the value: negative numbers are turned around. */
const key = (upper: number): number => upper ^ ((upper >> 31) | 0x80000000);

function countDigits(values: Float64Array<ArrayBuffer>): readonly Uint32Array[] {
  const words = new Int32Array(values.buffer, values.byteOffset, values.length * 2);
  const [low, middle, high] = [new Uint32Array(2_048), new Uint32Array(2_048), new Uint32Array(1_024)];
  for (let i = 1; i < words.length; i += 2) {
    const k = key(words[i]!);
    low[k & 0x7ff]!++;
    middle[(k >>> 11) & 0x7ff]!++;
    high[k >>> 22]!++;
  }
  return [low, middle, high];
}

function scatter(
  from: Float64Array<ArrayBuffer>,
  to: Float64Array<ArrayBuffer>,
  digits: Uint32Array,
  shift: number,
): void {
  const words = new Int32Array(from.buffer, from.byteOffset, from.length * 2);
  const places = new Uint32Array(digits.length);
  for (let digit = 1; digit < digits.length; digit++) places[digit] = places[digit - 1]! + digits[digit - 1]!;
  for (let i = 0; i < from.length; i++) {
    const digit = (key(words[2 * i + 1]!) >>> shift) & 0x7ff;
    to[places[digit]!++] = from[i]!;
  }
}

function sortEqualHeads(values: Float64Array<ArrayBuffer>): void {
  const words = new Int32Array(values.buffer, values.byteOffset, values.length * 2);
  for (let start = 0; start < values.length; ) {
    const head = words[2 * start + 1]!;
    let end = start + 1;
    let risen = true;
    while (end < values.length && words[2 * end + 1] === head) {
      if (values[end]! < values[end - 1]!) risen = false;
      end++;
    }
    if (!risen) values.subarray(start, end).sort();
    start = end;
  }
}
