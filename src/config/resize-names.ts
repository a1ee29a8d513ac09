/**
 * How images of another size than the network's may be resized, the commonest first, as configs, plans and options spell
 * it (docs/resizing.md; src/data/pixels/resize.ts does it).
 */
export const resizeNames = [
  'keras',
  'keras-crop',
  'keras-pad',
  'keras-nearest',
  'nearest',
  'pil',
  'pil-crop',
  'pil-centre',
  'pil-bicubic',
  'pil-bicubic-crop',
  'pil-bicubic-centre',
  'pil-lanczos',
  'pil-lanczos-crop',
  'area',
  'area-crop',
] as const;
