import { InputError } from '../../graph/errors.ts';

const MAX_DEPTH = 200;

/**
 * The configuration without the wrappers that Keras' JSON encoders put around tuples, tensor shapes, arrays and
 * tensors, so that one schema reads all dialects.
 * @throws InputError when it is nested too deeply to be a model
 */
export function plain(value: unknown, where: string, depth = 0): unknown {
  if (depth > MAX_DEPTH)
    throw new InputError(`${where}: the model configuration is nested more than ${MAX_DEPTH} deep`);
  if (Array.isArray(value)) return value.map((item) => plain(item, where, depth + 1));
  if (value === null || typeof value !== 'object') return value;
  const object = value as Record<string, unknown>;
  if ((object.class_name === '__tuple__' || object.class_name === 'TensorShape') && 'items' in object)
    return plain(object.items, where, depth + 1);
  if (object.type === 'ndarray' && 'value' in object) return plain(object.value, where, depth + 1);
  if (
    (object.class_name === '__numpy__' || object.class_name === '__tensor__') &&
    isObject(object.config) &&
    'value' in object.config
  )
    return plain(object.config.value, where, depth + 1);
  const out: Record<string, unknown> = Object.create(null);
  for (const [key, item] of Object.entries(object)) out[key] = plain(item, where, depth + 1);
  return out;
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return value !== null && typeof value === 'object' && !Array.isArray(value);
}

/** The name that a model's configuration gives it; undefined where it gives none. */
export function modelName(config: unknown): string | undefined {
  const name = isObject(config) && isObject(config.config) ? config.config.name : undefined;
  return typeof name === 'string' && name !== '' ? name : undefined;
}
