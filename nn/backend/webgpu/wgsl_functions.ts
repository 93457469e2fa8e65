/**
 * Functions that kernels may call. WGSL lets its own exp and log be off by so much that tests fail (log near 1 by
 * 13,711 units in the last place on one driver), has no double precision, and lets compilers reorder sums.
 */

const FUNCTIONS: Readonly<Record<string, string>> = {
  /** eˣ by the polynomial of Cephes' expf; 0 and infinity where float32 has nothing else. */
  exponential: `fn exponential(x: f32) -> f32 {
  let y = clamp(x, -104.0, 89.0); let n = round(y * 1.44269504088896341);
  let r = fma(n, 2.12194440e-4, opaque(fma(n, -0.693359375, y)));
  var p = fma(1.9875691500e-4, r, 1.3981999507e-3);
  p = fma(p, r, 8.3334519073e-3); p = fma(p, r, 4.1665795894e-2);
  p = fma(p, r, 1.6666665459e-1); p = fma(p, r, 5.0000001201e-1);
  let half = i32(n) / 2; let rest = i32(n) - half;
  return (fma(p, r * r, r) + 1.0) * bitcast<f32>(u32(half + 127) << 23u) * bitcast<f32>(u32(rest + 127) << 23u);
}`,
  /** ln x of a normal x > 0, by the polynomial of Cephes' logf. */
  logarithm: `fn logarithm(x: f32) -> f32 {
  let bits = bitcast<u32>(x);
  var e = i32(bits >> 23u) - 126; var m = bitcast<f32>((bits & 0x7fffffu) | 0x3f000000u);
  if (m < 0.70710678) { e--; m = m + m; }
  let f = m - 1.0; let z = f * f;
  var p = fma(7.0376836292e-2, f, -1.1514610310e-1);
  p = fma(p, f, 1.1676998740e-1); p = fma(p, f, -1.2420140846e-1); p = fma(p, f, 1.4249322787e-1);
  p = fma(p, f, -1.6668057665e-1); p = fma(p, f, 2.0000714765e-1); p = fma(p, f, -2.4999993993e-1);
  p = fma(p, f, 3.3333331174e-1);
  let low = fma(z, -0.5, fma(f32(e), -2.12194440e-4, p * f * z));
  return fma(f32(e), 0.693359375, f + low);
}`,
  /** ln(1 + eˣ). What 1 + a loses to rounding is made good by the factor. */
  softplus: `fn softplus(x: f32) -> f32 {
  let a = exponential(-abs(x)); let w = 1.0 + a;
  let tail = select(a, logarithm(w) * (a / (w - 1.0)), w != 1.0);
  return max(x, 0.0) + tail;
}`,
  /** 1/(1 + e⁻ˣ), without overflow. */
  sigmoid: `fn sigmoid(x: f32) -> f32 {
  let a = exponential(-abs(x)); return select(a, 1.0, x >= 0.0) / (1.0 + a);
}`,
  /** The activations of \`Activation\`, told apart at 0 as there. */
  activate: `fn activate(slope: f32, x: f32) -> f32 { return x * slope_at(slope, x); }`,
  slope_at:
    `fn slope_at(slope: f32, x: f32) -> f32 { return select(slope, 1.0, x > 0.0 || (x == 0.0 && slope != 0.0)); }`,
  /** Rounded down. Integers are divided one by one on many machines; the quotient of small ones as floats is 1 off at most. */
  quotient: `fn quotient(a: u32, b: u32) -> u32 {
  if (a >= 2097152u) { return a / b; }
  let q = u32(f32(a) / f32(b)); let less = select(q, q - 1u, q * b > a);
  return select(less, less + 1u, a - less * b >= b);
}`,
  /** An index as digits of these bases, the last the fastest. */
  digits: `fn digits(i: u32, size: vec3u) -> vec3u { return position(i, size).yzw; }`,
  /** Sample and voxel of an index into \`[n, D, H, W]\`. */
  position: `fn position(i: u32, size: vec3u) -> vec4u {
  let row = quotient(i, size.z); let plane = quotient(row, size.y); let n = quotient(plane, size.x);
  return vec4u(n, plane - n * size.x, row - plane * size.y, i - row * size.z);
}`,
  /** The index of a voxel. */
  voxel_at: `fn voxel_at(n: u32, v: vec3u, size: vec3u) -> u32 {
  return ((n * size.x + v.x) * size.y + v.y) * size.z + v.z;
}`,
  /** How many there are from \`first\` below \`size\`, a stride apart. */
  strided: `fn strided(size: vec3u, first: vec3u, stride: vec3u) -> vec3u {
  return select(vec3u(0u), (size - first + stride - 1u) / stride, first < size);
}`,
  /** A word with one of its bytes replaced. */
  with_byte: `fn with_byte(word: u32, byte: u32, value: u32) -> u32 {
  return (word & ~(0xffu << (8u * byte))) | (value << (8u * byte));
}`,
  /** The same number, of which the compiler knows nothing: it may not put terms together that are kept apart. */
  opaque: `fn opaque(x: f32) -> f32 { return bitcast<f32>(bitcast<u32>(x) ^ P.zero); }`,
  opaques: `fn opaques(x: vec2f) -> vec2f { return bitcast<vec2f>(bitcast<vec2u>(x) ^ vec2u(P.zero)); }`,
  /** Two sums, each kept as what float32 can hold of it and what that lacks. */
  Sum: `struct Sum { high: vec2f, low: vec2f }`,
  /** Knuth's two-sum. */
  add: `fn add(sum: Sum, x: vec2f) -> Sum {
  let high = opaques(sum.high + x); let taken = opaques(high - sum.high); let kept = opaques(high - taken);
  return Sum(high, sum.low + (opaques(sum.high - kept) + opaques(x - taken)));
}`,
  merge: `fn merge(a: Sum, b: Sum) -> Sum { let sum = add(a, b.high); return Sum(sum.high, sum.low + b.low); }`,
  /** a·b as the rounded product and what it lacks, by halves of 12 bits whose products are exact. */
  product: `fn product(a: f32, b: f32) -> vec2f {
  let a1 = bitcast<f32>(bitcast<u32>(a) & 0xfffff000u); let a2 = a - a1;
  let b1 = bitcast<f32>(bitcast<u32>(b) & 0xfffff000u); let b2 = b - b1;
  let high = opaque(a * b);
  return vec2f(high, opaque(opaque(a1 * b1 - high) + a1 * b2 + a2 * b1) + a2 * b2);
}`,
};

/** Code with the functions that it calls before it. */
export function withFunctions(code: string): string {
  const needed = new Set<string>();
  const need = (text: string) => {
    for (const name of Object.keys(FUNCTIONS)) {
      if (needed.has(name) || !new RegExp(`\\b${name}\\b`).test(text)) continue;
      needed.add(name);
      need(FUNCTIONS[name]);
    }
  };
  need(code);
  return [...needed].map((name) => FUNCTIONS[name]).join("\n") + "\n" + code;
}
