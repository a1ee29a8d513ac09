export { parseKerasConfig } from './parse.ts';
export type { LayerWeights, ParsedConfig } from './types.ts';
export { updateKerasConfig } from './update.ts';
