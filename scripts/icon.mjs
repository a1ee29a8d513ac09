// Draws media/icon.png from media/source/icon.svg: run after the drawing changes.
import { renameSync } from 'node:fs';
import sharp from 'sharp';

const target = 'media/icon.png';
await sharp('media/source/icon.svg', { density: 144 })
  .resize(256, 256)
  .png({ compressionLevel: 9, palette: true })
  .toFile(`${target}.tmp`);
renameSync(`${target}.tmp`, target);
