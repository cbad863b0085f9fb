const TWO_TO_32 = 2 ** 32;

/** A hash (32 bits, signed) of what went into `hash` before, or 0, and a positive safe integer. */
export function mixIn(hash: number, integer: number): number {
  return mix(mix(hash, integer), integer / TWO_TO_32);
}

/** One round of MurmurHash3 with the low 32 bits of a number. */
function mix(hash: number, value: number): number {
  const scrambled = Math.imul(value, 0xcc9e2d51);
  const mixed = hash ^ Math.imul((scrambled << 15) | (scrambled >>> 17), 0x1b873593);
  const next = Math.imul((mixed << 13) | (mixed >>> 19), 5) + 0xe6546b64;
  return next ^ (next >>> 16);
}
