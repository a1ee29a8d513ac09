import type { Shape } from '../../graph/types.ts';

interface LayerEntry {
  readonly class_name: string;
  readonly name: string;
  readonly config: Record<string, unknown>;
  readonly inbound_nodes: readonly unknown[];
}

export interface ConvSettings {
  readonly stride?: number;
  readonly bias?: boolean;
  readonly activation?: string;
  readonly padding?: 'same' | 'valid';
}

/**
 * Builds a functional Keras configuration of plain layers, in the dialect that both Keras 2 and Keras 3 read from an
 * .h5 file. Every method adds one layer and returns its name, which stands for its output.
 */
export class ConfigBuilder {
  private readonly layers: LayerEntry[] = [];
  private readonly inputs: string[] = [];
  private readonly name: string;

  constructor(name: string) {
    this.name = name;
  }

  input(shape: Shape, name = 'image'): string {
    this.inputs.push(name);
    return this.add('InputLayer', name, [], { batch_input_shape: [null, ...shape], sparse: false });
  }

  conv(x: string, name: string, filters: number, size: number, settings: ConvSettings = {}): string {
    return this.add('Conv2D', name, [x], {
      filters,
      kernel_size: [size, size],
      ...this.window(settings),
      kernel_initializer: heFanOut,
    });
  }

  depthwise(x: string, name: string, size: number, settings: ConvSettings = {}): string {
    return this.add('DepthwiseConv2D', name, [x], {
      kernel_size: [size, size],
      depth_multiplier: 1,
      ...this.window(settings),
      depthwise_initializer: heFanOut,
    });
  }

  dense(x: string, name: string, units: number, activation = 'linear'): string {
    return this.add('Dense', name, [x], {
      units,
      activation,
      use_bias: true,
      kernel_initializer: { class_name: 'GlorotUniform', config: { seed: null } },
      bias_initializer: { class_name: 'Zeros', config: {} },
    });
  }

  /** Momentum and epsilon as the papers' networks have them (PyTorch's 0.1 and 1e-5). */
  batchNorm(x: string, name: string): string {
    return this.add('BatchNormalization', name, [x], {
      axis: -1,
      momentum: 0.9,
      epsilon: 1e-5,
      center: true,
      scale: true,
    });
  }

  relu(x: string, name: string, maxValue?: number): string {
    return this.add('ReLU', name, [x], { max_value: maxValue ?? null, negative_slope: 0, threshold: 0 });
  }

  addition(inputs: readonly string[], name: string): string {
    return this.add('Add', name, inputs, {});
  }

  zeroPad(x: string, name: string, by: number): string {
    const padding = [
      [by, by],
      [by, by],
    ];
    return this.add('ZeroPadding2D', name, [x], { padding, data_format: 'channels_last' });
  }

  maxPool(x: string, name: string, size: number, stride: number, padding: 'same' | 'valid'): string {
    return this.add('MaxPooling2D', name, [x], {
      pool_size: [size, size],
      strides: [stride, stride],
      padding,
      data_format: 'channels_last',
    });
  }

  averagePool(x: string, name: string, size: readonly [number, number]): string {
    return this.add('AveragePooling2D', name, [x], {
      pool_size: [...size],
      strides: [...size],
      padding: 'valid',
      data_format: 'channels_last',
    });
  }

  globalAveragePool(x: string, name: string): string {
    return this.add('GlobalAveragePooling2D', name, [x], { data_format: 'channels_last' });
  }

  flatten(x: string, name: string): string {
    return this.add('Flatten', name, [x], { data_format: 'channels_last' });
  }

  /** The whole configuration: {class_name, config}. */
  build(output: string): Record<string, unknown> {
    return {
      class_name: 'Functional',
      config: {
        name: this.name,
        trainable: true,
        layers: this.layers,
        input_layers: this.inputs.map((name) => [name, 0, 0]),
        output_layers: [[output, 0, 0]],
      },
    };
  }

  private add(
    className: string,
    name: string,
    inputs: readonly string[],
    config: Record<string, unknown>,
  ): string {
    const common =
      className === 'InputLayer' ? { name, dtype: 'float32' } : { name, trainable: true, dtype: 'float32' };
    this.layers.push({
      class_name: className,
      name,
      config: { ...common, ...config },
      inbound_nodes: inputs.length > 0 ? [inputs.map((input) => [input, 0, 0, {}])] : [],
    });
    return name;
  }

  private window(settings: ConvSettings): Record<string, unknown> {
    const stride = settings.stride ?? 1;
    return {
      strides: [stride, stride],
      padding: settings.padding ?? 'same',
      data_format: 'channels_last',
      dilation_rate: [1, 1],
      activation: settings.activation ?? 'linear',
      use_bias: settings.bias ?? false,
      bias_initializer: { class_name: 'Zeros', config: {} },
    };
  }
}

const heFanOut = {
  class_name: 'VarianceScaling',
  config: { scale: 2, mode: 'fan_out', distribution: 'untruncated_normal', seed: null },
};
