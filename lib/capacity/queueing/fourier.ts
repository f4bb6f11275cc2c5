/** A sequence in the frequency domain. */
export interface Spectrum {
  readonly re: Float64Array;
  readonly im: Float64Array;
}

/** The Fourier transform of real values; as many as a power of two. */
export function transform(values: Float64Array): Spectrum {
  const spectrum = { re: values.slice(), im: new Float64Array(values.length) };
  inPlace(spectrum);
  return spectrum;
}

/** The real values that a spectrum was made of. */
export function inverse({ re, im }: Spectrum): Float64Array {
  const conjugate = { re: re.slice(), im: im.map((value) => -value) };
  inPlace(conjugate);
  return conjugate.re.map((value) => value / re.length);
}

/** Cooley and Tukey's, with two branches. */
function inPlace({ re, im }: Spectrum): void {
  const size = re.length;
  reorder(re);
  reorder(im);
  for (let half = 1; half < size; half *= 2) {
    for (let k = 0; k < half; k++) {
      const angle = (-Math.PI * k) / half;
      const cos = Math.cos(angle);
      const sin = Math.sin(angle);
      for (let i = k; i < size; i += 2 * half) {
        const j = i + half;
        const a = re[i] ?? 0;
        const b = im[i] ?? 0;
        const c = re[j] ?? 0;
        const d = im[j] ?? 0;
        const real = c * cos - d * sin;
        const imaginary = c * sin + d * cos;
        re[i] = a + real;
        im[i] = b + imaginary;
        re[j] = a - real;
        im[j] = b - imaginary;
      }
    }
  }
}

function reorder(values: Float64Array): void {
  const size = values.length;
  for (let i = 1, j = 0; i < size; i++) {
    let bit = size >> 1;
    for (; j & bit; bit >>= 1) j ^= bit;
    j ^= bit;
    if (i >= j) continue;
    const value = values[i] ?? 0;
    values[i] = values[j] ?? 0;
    values[j] = value;
  }
}
