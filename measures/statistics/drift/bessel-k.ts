/** Modified Bessel function of the second kind of order 1/4, x > 0: ∫₀^∞ exp(−x cosh t) cosh(t/4) dt by the trapezoidal rule, which converges exponentially for it. */
export function besselKQuarter(x: number): number {
  const step = 1 / 32;
  // exp(−x) apart: the integrand then starts at 1.
  let sum = 0.5;
  for (let i = 1; ; i++) {
    const t = i * step;
    const term = Math.exp(-x * (Math.cosh(t) - 1)) * Math.cosh(t / 4);
    sum += term;
    if (term < 1e-18 * sum) return sum * step * Math.exp(-x);
  }
}
