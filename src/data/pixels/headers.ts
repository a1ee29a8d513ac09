import { bmpHeader, isBmp } from './bmp.ts';
import { gifHeader, isGif } from './gif.ts';

/** What a file's first bytes say of its picture. */
export interface Header {
  readonly height: number;
  readonly width: number;
  /** 1: grey, with or without alpha */
  readonly channels: 1 | 3;
  /** it has inks (CMYK) and not light */
  readonly inks: boolean;
}

/**
 * Reads the header of a bmp, gif, jpeg or png; undefined for any other kind.
 * @throws Error with the reason
 */
export function headerOf(bytes: Uint8Array): Header | undefined {
  if (isBmp(bytes)) {
    const { height, width, grey } = bmpHeader(bytes);
    return { height, width, channels: grey ? 1 : 3, inks: false };
  }
  if (isGif(bytes)) {
    const { height, width, palette } = gifHeader(bytes);
    return { height, width, channels: greyColours(palette) ? 1 : 3, inks: false };
  }
  if (bytes[0] === 0xff && bytes[1] === 0xd8) return jpegHeader(bytes);
  if (bytes[0] === 0x89 && bytes[1] === 0x50) return pngHeader(bytes);
  return undefined;
}

function greyColours(palette: Uint8Array): boolean {
  for (let i = 0; i < palette.length; i += 3)
    if (palette[i] !== palette[i + 1] || palette[i] !== palette[i + 2]) return false;
  return true;
}

function pngHeader(bytes: Uint8Array): Header | undefined {
  if (bytes.length < 29) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  // grey is kind 0, or 4 with alpha
  return {
    height: view.getUint32(20),
    width: view.getUint32(16),
    channels: bytes[25] === 0 || bytes[25] === 4 ? 1 : 3,
    inks: false,
  };
}

/** Walks over the segments to the frame's, past whatever cameras put before it. */
function jpegHeader(bytes: Uint8Array): Header | undefined {
  for (let at = 2; at + 9 < bytes.length;) {
    if (bytes[at] !== 0xff) return undefined;
    const marker = bytes[at + 1];
    if (marker === 0xff) {
      at++;
      continue;
    }
    const two = (from: number): number => (bytes[from] << 8) | bytes[from + 1];
    // a frame's start is any of C0 to CF, but for tables (C4), extensions (C8) and arithmetic coding's (CC)
    if (marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc) {
      const parts = bytes[at + 9];
      return {
        height: two(at + 5),
        width: two(at + 7),
        channels: parts < 3 ? 1 : 3,
        inks: parts === 4,
      };
    }
    at += 2 + two(at + 2);
  }
  return undefined;
}
