/**
 * Interleaved pixels of 1 to 4 channels to 1 or 3. Alpha is dropped, not laid on anything: what is below it is what
 * Keras, TensorFlow and PIL's convert('RGB') show a network. Grey of colour is PIL's "L", Rec. 601 in whole numbers,
 * as Keras' color_mode="grayscale" has it.
 */
export function toChannels(data: Uint8Array, from: number, to: number): Uint8Array {
  if (from === to) return data;
  const n = data.length / from;
  const out = new Uint8Array(n * to);
  const colour = from >= 3;
  for (let i = 0, p = 0, o = 0; i < n; i++, p += from, o += to) {
    const r = data[p];
    const g = colour ? data[p + 1] : r;
    const b = colour ? data[p + 2] : r;
    if (to === 1) out[o] = colour ? (r * 19595 + g * 38470 + b * 7471 + 0x8000) >> 16 : r;
    else {
      out[o] = r;
      out[o + 1] = g;
      out[o + 2] = b;
    }
  }
  return out;
}

/** Cyan, magenta, yellow and black (255: all ink) to RGB as PIL does. */
export function fromInks(inks: Uint8Array): Uint8Array {
  const n = inks.length / 4;
  const out = new Uint8Array(3 * n);
  for (let i = 0, p = 0, o = 0; i < n; i++, p += 4, o += 3) {
    const light = 255 - inks[p + 3];
    for (let c = 0; c < 3; c++) {
      const product = light * inks[p + c] + 128;
      // PIL's division by 255, rounded
      out[o + c] = light - (((product >> 8) + product) >> 8);
    }
  }
  return out;
}
