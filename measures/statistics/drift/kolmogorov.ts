/**
 * Tail of the one-sample Kolmogorov distribution for n observations, P(D ≥ d), by the method that is precise where d
 * lies. Simard & L'Ecuyer (2011), "Computing the two-sided Kolmogorov–Smirnov distribution".
 */
import gammaln from '@stdlib/math-base-special-gammaln';

const PI2 = Math.PI ** 2;
const PI4 = PI2 ** 2;
const PI6 = PI2 ** 3;

export function kolmogorovTail(n: number, d: number): number {
  if (d >= 1) return 0;
  const t = n * d;
  if (t <= 0.5) return 1;
  // Ruben & Gambino: below 1/n the distribution has a closed form.
  if (t <= 1) return 1 - Math.exp(gammaln(n + 1) - n * Math.log(n) + n * Math.log(2 * t - 1));
  if (t >= n - 1) return clip(2 * (1 - d) ** n);
  const nd2 = t * d;
  if (d >= 0.5) return clip(2 * oneSidedTail(n, d));
  if (n <= 140) return nd2 <= 4 ? clip(1 - durbinMatrix(n, d)) : clip(2 * oneSidedTail(n, d));
  if (nd2 >= 370) return 0;
  if (nd2 >= 2.2) return clip(2 * oneSidedTail(n, d));
  return clip(1 - (n <= 100_000 && n * d ** 1.5 <= 1.4 ? durbinMatrix(n, d) : pelzGood(n, d)));
}

const clip = (p: number): number => Math.min(Math.max(p, 0), 1);

/** Smirnov's sum: d · Σ C(n,j) (d + j/n)^(j−1) (1 − d − j/n)^(n−j), all of whose terms are positive. */
function oneSidedTail(n: number, d: number): number {
  let sum = 0;
  const all = gammaln(n + 1);
  for (let j = 0; j <= Math.floor(n * (1 - d)); j++) {
    const rest = 1 - d - j / n;
    const power = n - j === 0 ? 0 : (n - j) * Math.log(rest);
    if (power === Number.NEGATIVE_INFINITY || Number.isNaN(power)) continue;
    sum += Math.exp(all - gammaln(j + 1) - gammaln(n - j + 1) + (j - 1) * Math.log(d + j / n) + power);
  }
  return d * sum;
}

const SCALE = 2 ** 128;

/** P(D < d), Marsaglia, Tsang & Wang (2003): an element of the n-th power of Durbin's matrix, scaled on the way. */
function durbinMatrix(n: number, d: number): number {
  const k = Math.ceil(n * d);
  const h = k - n * d;
  const m = 2 * k - 1;
  let base = new Float64Array(m * m);
  const inverseFactorial = new Float64Array(m + 1);
  inverseFactorial[0] = 1;
  for (let i = 1; i <= m; i++) inverseFactorial[i] = inverseFactorial[i - 1]! / i;
  for (let row = 0; row < m; row++)
    for (let column = 1; column <= Math.min(row + 1, m - 1); column++)
      base[row * m + column] = inverseFactorial[row - column + 1]!;
  const corner = 1 - 2 * h ** m + Math.max(2 * h - 1, 0) ** m;
  for (let i = 0; i < m; i++) {
    const value = (i === m - 1 ? corner : 1 - h ** (i + 1)) * inverseFactorial[i + 1]!;
    base[i * m] = value;
    base[(m - 1) * m + (m - 1 - i)] = value;
  }
  let power = new Float64Array(m * m);
  for (let i = 0; i < m; i++) power[i * m + i] = 1;
  let exponent = 0;
  let baseExponent = 0;
  for (let rest = n; rest > 0; rest = Math.floor(rest / 2)) {
    if (rest % 2 === 1) {
      power = product(power, base, m);
      exponent += baseExponent;
    }
    base = product(base, base, m);
    baseExponent *= 2;
    if (Math.abs(base[(k - 1) * m + k - 1]!) > SCALE) {
      for (let i = 0; i < base.length; i++) base[i] = base[i]! / SCALE;
      baseExponent += 128;
    }
  }
  let p = power[(k - 1) * m + k - 1]!;
  for (let i = 1; i <= n; i++) {
    p = (i * p) / n;
    if (Math.abs(p) < 1 / SCALE) {
      p *= SCALE;
      exponent -= 128;
    }
  }
  return p * 2 ** exponent;
}

function product(a: Float64Array, b: Float64Array, m: number): Float64Array<ArrayBuffer> {
  const result = new Float64Array(m * m);
  for (let i = 0; i < m; i++)
    for (let j = 0; j < m; j++) {
      const factor = a[i * m + j]!;
      if (factor === 0) continue;
      for (let column = 0; column < m; column++) result[i * m + column]! += factor * b[j * m + column]!;
    }
  return result;
}

/** P(D ≤ d), Pelz & Good (1976): K0 + K1/√n + K2/n + K3/n^1.5 in theta functions that converge for small z = d√n. */
function pelzGood(n: number, d: number): number {
  const z = Math.sqrt(n) * d;
  const [z2, z3, z4, z6, z8] = [z ** 2, z ** 3, z ** 4, z ** 6, z ** 8];
  const log = -PI2 / 8 / z2;
  if (log < -708) return 0;
  const q = Math.exp(log);
  const k1 = [-z2, PI2 / 4] as const;
  const k2 = [6 * z6 + 2 * z4, ((2 * z4 - 5 * z2) * PI2) / 4, (PI4 * (1 - 2 * z2)) / 16] as const;
  const k3 = [
    -30 * z6 - 90 * z8,
    (PI2 * (135 * z4 - 96 * z6)) / 4,
    (PI4 * (-60 * z2 + 212 * z4)) / 16,
    (PI6 * (5 - 30 * z2)) / 64,
  ] as const;
  const terms = Math.ceil((16 * z) / Math.PI);
  const sums = [0, 0, 0, 0];
  for (let k = terms; k > 0; k--) {
    const m2 = (2 * k - 1) ** 2;
    const shrink = q ** (8 * k);
    const coefficients = [
      1,
      k1[0] + k1[1] * m2,
      k2[0] + k2[1] * m2 + k2[2] * m2 ** 2,
      k3[0] + k3[1] * m2 + k3[2] * m2 ** 2 + k3[3] * m2 ** 3,
    ];
    for (let i = 0; i < 4; i++) sums[i] = sums[i]! * shrink + coefficients[i]!;
  }
  const divisors = [z, 6 * z4, 72 * z ** 7, 6480 * z ** 10];
  const root2pi = Math.sqrt(2 * Math.PI);
  for (let i = 0; i < 4; i++) sums[i] = (sums[i]! * q * root2pi) / divisors[i]!;
  const outer = Math.exp(-PI2 / 2 / z2);
  let extra2 = 0;
  let extra3 = 0;
  for (let k = terms; k > 0; k--) {
    const weight = k * k * outer ** (k * k);
    extra2 += weight;
    extra3 += (3 * z2 - PI2 * k * k) * weight;
  }
  sums[2]! += (extra2 * PI2 * root2pi) / (-36 * z3);
  sums[3]! += (extra3 * PI2 * root2pi) / (216 * z6);
  return sums.reduce((total, sum, i) => total + sum / n ** (i / 2), 0);
}
