/**
 * Exact p-value of the two-sample Cramér–von Mises statistic for small samples: the frequencies of all values that it
 * takes over the orders of the pooled sample. Xiao, Gordon & Yakovlev (2006), Journal of Statistical Software 17(8).
 * @param u the rank distance (equation 10 of Anderson 1962)
 */
export function cramerVonMisesExact(u: number, n: number, m: number): number {
  const lcm = (n * m) / gcd(n, m);
  const [a, b] = [lcm / n, lcm / m];
  const product = n * m;
  const zeta = Math.floor((lcm ** 2 * (n + m) * (6 * u - product * (4 * product - 1))) / (6 * product ** 2));
  // frequencies[v]: value of the statistic so far → number of paths to (u, v) that have it
  let frequencies: Map<number, number>[] = [new Map([[0, 1]]), ...Array.from({ length: n }, () => new Map())];
  for (let row = 0; row <= m; row++) {
    const next: Map<number, number>[] = [];
    let left = new Map<number, number>();
    for (const [v, above] of frequencies.entries()) {
      const here = new Map<number, number>();
      const cost = (a * v - b * row) ** 2;
      for (const [value, paths] of left) here.set(value + cost, paths);
      for (const [value, paths] of above) here.set(value + cost, (here.get(value + cost) ?? 0) + paths);
      next.push(here);
      left = here;
    }
    frequencies = next;
  }
  let all = 0;
  let tail = 0;
  for (const [value, paths] of frequencies[n]!) {
    all += paths;
    if (value >= zeta) tail += paths;
  }
  return tail / all;
}

function gcd(a: number, b: number): number {
  return b === 0 ? a : gcd(b, a % b);
}
