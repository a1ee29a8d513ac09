/**
 * Settings that no layer's output depends on once it is trained, for every layer: names, types, how weights began and
 * what held them in training, and shapes that are written elsewhere too. All others must be asked for by the layer's
 * reader, or the layer is refused (LayerCall.finish): a setting that is passed over might change what it computes.
 */
const HARMLESS = new Set(
  `name trainable dtype autocast seed rng_type batch_input_shape batchInputShape batch_shape input_shape input_dim
  input_dtype inputDType batch_size build_input_shape build_config sparse ragged optional stateful
  shared_object_id`.split(/\s+/),
);
const HARMLESS_ENDINGS = /_(initializer|regularizer|constraint)$/;

/** Whether a setting that a reader did not ask for may be passed over: it doesn't matter, or is not set. */
export function isHarmless(name: string, value: unknown): boolean {
  return (
    value === null ||
    value === undefined ||
    HARMLESS.has(name) ||
    HARMLESS_ENDINGS.test(name) ||
    (name === 'data_format' && typeof value === 'string' && /^(channels_last)?$/i.test(value))
  );
}

/** What Python takes a value of JSON for where it asks for a condition: Keras takes 1 for True. */
export function truthy(value: unknown): boolean {
  if (Array.isArray(value)) return value.length > 0;
  if (value !== null && typeof value === 'object') return Object.keys(value).length > 0;
  return Boolean(value);
}
