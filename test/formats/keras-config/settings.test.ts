import { describe, expect, it } from 'vitest';
import { parseKerasConfig } from '../../../src/formats/keras-config/index.ts';
import { OPERATIONS } from '../../../src/formats/keras-config/layers/operations.ts';
import { readClasses } from '../../../src/formats/keras-config/layers/table.ts';
import { least, network, ofKeras, parse, parseOperation, sizes, tensor, twoFor } from './one-layer.ts';
import type { Json } from './one-layer.ts';

/** Passed on here, but by their settings. */
const NOT_IN_TRAINING = new Set(
  'Add Multiply Maximum Minimum Average Identity Activation RandomCrop'.split(' '),
);

/** Classes whose settings act in training only, whatever they are: their input is passed on. */
const inTraining = readClasses.filter((name) => {
  const [node, ...rest] = parse(ofKeras(name, least[name]), twoFor(name));
  return node.op.kind === 'identity' && rest.length === 0 && !NOT_IN_TRAINING.has(name);
});

describe('a setting that nobody knows', () => {
  it('acts in training only for these layers', () => {
    expect([...inTraining].sort()).toEqual(
      `ActivityRegularization AlphaDropout AugMix CutMix Equalization GaussianDropout GaussianNoise MixUp RandAugment
      RandomBrightness RandomColorDegeneration RandomColorJitter RandomContrast RandomElasticTransform RandomErasing
      RandomFlip RandomGaussianBlur RandomGrayscale RandomHeight RandomHue RandomInvert RandomPerspective
      RandomPosterization RandomRotation RandomSaturation RandomSharpness RandomShear RandomTranslation RandomWidth
      RandomZoom Solarization StochasticDepth`.split(/\s+/),
    );
  });

  it.each(readClasses.filter((name) => !inTraining.includes(name)))('of %s is refused by name', (name) => {
    const read = (config: Json) => () => parse(ofKeras(name, { ...least[name], ...config }), twoFor(name));
    expect(read({})).not.toThrow();
    expect(read({ surprise: 1 })).toThrow(
      /layer "x" \(.*\) has the setting "surprise" \(1\), which Espalier doesn't know/,
    );
    // what is not set can't matter, nor can how weights began
    expect(read({ surprise: null, surprise_initializer: { class_name: 'Zeros' } })).not.toThrow();
  });

  it.each(Object.keys(OPERATIONS))('of the operation %s is refused by name', (name) => {
    const read = (config: Json) => () => parseOperation(name, config);
    expect(read({})).not.toThrow();
    expect(read({ surprise: 1 })).toThrow(/"surprise"/);
  });

  it('within an activation is refused too', () => {
    const of = (config: Json) => () =>
      parse(ofKeras('Activation', { activation: { class_name: 'LeakyReLU', config } }));
    expect(of({ negative_slope: 0.1 })).not.toThrow();
    expect(of({ negative_slope: 0.1, bend: 2 })).toThrow(/"bend"/);
  });

  it('among the arguments of a call is refused', () => {
    const call = (kwargs: Json) => () =>
      parse(ofKeras('Dense', { units: 2 }), { args: [tensor('i')], kwargs });
    expect(call({ training: true, mask: null })).not.toThrow();
    expect(call({ strength: 3 })).toThrow(/called with the constant 3 as "strength"/);
  });
});

describe('the kind of numbers of a layer', () => {
  const policy = (class_name: string, name: string) => ({ module: 'keras', class_name, config: { name } });
  const warnings = (dtype: unknown) =>
    parseKerasConfig(network(ofKeras('Dense', { units: 2, dtype }), { args: [tensor('i')], kwargs: {} }), 'f')
      .warnings;

  it('is said where Keras computes with fewer digits', () => {
    for (const dtype of [
      policy('DTypePolicy', 'mixed_float16'),
      policy('Policy', 'mixed_bfloat16'),
      'float16',
    ])
      expect(warnings(dtype)).toEqual([
        expect.stringMatching(/^Keras computes layers of it in \w*float16; Espalier computes all in float32/),
      ]);
    for (const dtype of [policy('DTypePolicy', 'float32'), 'float32', 'float64', null])
      expect(warnings(dtype)).toEqual([]);
    const cast = { class_name: 'TFOpLambda', config: { name: 'x', function: 'cast' } };
    const node = [[['i', 0, 0, { dtype: 'bfloat16' }]]];
    const config = network(cast, {});
    (config.config as { layers: Json[] }).layers[1].inbound_nodes = node[0];
    expect(parseKerasConfig(config, 'f').warnings[0]).toMatch(/in bfloat16/);
  });

  it('is refused where its weights are quantised', () => {
    const refused = /layer "x" \(Dense\) holds quantised weights/;
    expect(() => warnings(policy('QuantizedDTypePolicy', 'int8_from_float32'))).toThrow(refused);
    const quantization_config = { class_name: 'Int8QuantizationConfig', config: {} };
    expect(() => parse(ofKeras('Dense', { units: 2, quantization_config }))).toThrow(refused);
    expect(() => parse(ofKeras('Dense', { units: 2, quantization_config: null }))).not.toThrow();
  });
});

describe('values as Keras takes them', () => {
  const norm = (config: Json) => Object.keys(parse(ofKeras('BatchNormalization', config))[0].params);

  it('conditions are anything that Python takes for one', () => {
    expect(norm({ scale: 1, center: 1 })).toEqual(['gamma', 'beta', 'mean', 'variance']);
    expect(norm({ scale: 0, center: '' })).toEqual(['mean', 'variance']);
    expect(norm({ scale: 'yes', center: 0.5 })).toEqual(['gamma', 'beta', 'mean', 'variance']);
    expect(norm({})).toEqual(['gamma', 'beta', 'mean', 'variance']);
    const frozen = network(ofKeras('Dense', { units: 2, trainable: 0 }), { args: [tensor('i')], kwargs: {} });
    expect(Object.values(parseKerasConfig(frozen, 'f').graph.params)[0].trainable).toBe(false);
  });

  it('numbers may be booleans, and whole ones have a point', () => {
    expect(parse(ofKeras('Conv2D', { ...sizes, kernel_size: [3.0, 1], strides: true }))[0].op).toMatchObject({
      strides: [1, 1],
    });
    expect(parse(ofKeras('Dropout', { rate: false }))[0].op).toMatchObject({ rate: 0 });
    expect(() => parse(ofKeras('Conv2D', { ...sizes, filters: '8' }))).toThrow(
      '"x" (Conv2D) has filters "8"; Espalier reads a whole number from 1 on here',
    );
  });
});
