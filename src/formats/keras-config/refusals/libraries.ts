import type { LayerSpec } from '../layer-spec.ts';

const CODE = ", whose Python code Espalier can't read";
const QUANTISED =
  "TensorFlow's model optimization toolkit for training with quantisation, which Espalier does not execute; give the model from before quantize_model";

/** Libraries by the package that their classes are registered in, or the root of their modules. */
const PACKAGES: Readonly<Record<string, string>> = {
  Addons: `TensorFlow Addons${CODE}`,
  tensorflow_addons: `TensorFlow Addons${CODE}`,
  tensorflow_hub: `TensorFlow Hub${CODE}`,
  tensorflow_probability: `TensorFlow Probability${CODE}`,
  tensorflow_model_optimization: `TensorFlow's model optimization toolkit${CODE}; strip its wrappers first`,
  official: `TensorFlow's Model Garden${CODE}`,
  Vision: `TensorFlow's Model Garden${CODE}`,
  keras_cv: `KerasCV${CODE}`,
  keras_hub: `KerasHub${CODE}`,
  keras_nlp: `KerasHub${CODE}`,
  keras_contrib: `keras-contrib${CODE}`,
  kecam: `keras_cv_attention_models${CODE}`,
  keras_cv_attention_models: `keras_cv_attention_models${CODE}`,
  tfimm: `tfimm${CODE}`,
  larq: `Larq${CODE}`,
  Larq: `Larq${CODE}`,
  qkeras: `QKeras${CODE}`,
  spektral: `Spektral${CODE}`,
  vit_keras: `vit-keras${CODE}`,
  efficientnet: `the efficientnet package${CODE}; its networks are in keras.applications too`,
};

/** Classes that older files name without a package. */
const CLASSES: Readonly<Record<string, string>> = {
  KerasLayer: PACKAGES.tensorflow_hub,
  FixedDropout: PACKAGES.efficientnet,
  QuantizeLayer: QUANTISED,
  QuantizeWrapper: QUANTISED,
  QuantizeWrapperV2: QUANTISED,
  QuantizeAnnotate:
    "TensorFlow's model optimization toolkit, which only marks layers; give the model from before quantize_annotate_model",
  ClusterWeights:
    "TensorFlow's model optimization toolkit, which Espalier does not execute; call strip_clustering first",
  ...Object.fromEntries(
    'QConv2D QDense QActivation QDepthwiseConv2D QBatchNormalization QConv2DBatchnorm QSeparableConv2D'
      .split(' ')
      .map((name) => [name, PACKAGES.qkeras]),
  ),
  ...Object.fromEntries(
    'QuantConv2D QuantDense QuantDepthwiseConv2D QuantSeparableConv2D QuantConv2DTranspose'
      .split(' ')
      .map((name) => [name, PACKAGES.larq]),
  ),
};

/** Which library a class is of, and what follows, in words; undefined for Keras' own and for the user's. */
export function libraryOf(layer: LayerSpec): string | undefined {
  const names = [layer.registered, layer.className].map((name) => name?.split('>') ?? []);
  const own = (table: Readonly<Record<string, string>>, key: string | undefined) =>
    key !== undefined && Object.hasOwn(table, key) ? table[key] : undefined;
  const root = layer.module.split('.')[0];
  for (const parts of names) {
    const known =
      own(CLASSES, parts.at(-1)) ?? (parts.length > 1 ? own(PACKAGES, parts[0].split('/')[0]) : undefined);
    if (known) return known;
  }
  return own(PACKAGES, root);
}
