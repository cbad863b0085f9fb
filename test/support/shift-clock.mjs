/**
 * Loaded into a command with `--import`: sets its clock wrong, as that of a machine whose clock is off.
 * SHIFT_CLOCK_MS is by how much it is ahead; negative: behind.
 */
const shiftMs = Number(process.env.SHIFT_CLOCK_MS);
const own = Date.now;
globalThis.Date = class extends Date {
  constructor(...given) {
    super(...(given.length === 0 ? [own() + shiftMs] : given));
  }

  static now() {
    return own() + shiftMs;
  }
};
