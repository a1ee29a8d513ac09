export { parseKerasConfig } from './parse.ts';
export { parsePythonJson, pythonJson } from '../json/python-json.ts';
export type { LayerWeights, ParsedConfig } from './types.ts';
export { updateKerasConfig } from './write/update.ts';
