import type * as tfc from '@tensorflow/tfjs-core';
import type { Tf } from '../types.ts';

type Inputs = Record<string, tfc.Tensor>;

export interface Definition<I extends Inputs, A> {
  readonly name: string;
  forward(inputs: I, attributes: A): tfc.Tensor;
  /** one function an input: it runs only where that input's gradient is wanted */
  gradient(dy: tfc.Tensor, inputs: I, attributes: A): { [K in keyof I]: () => tfc.Tensor };
}

/**
 * A differentiable operation of our own, registered with TensorFlow.js under the backend's name. Unlike tf.customGrad
 * it doesn't compute gradients that nobody asked for (a first convolution's gradient to the images).
 */
export function define<I extends Inputs, A extends object>(
  tf: Tf,
  backend: string,
  definition: Definition<I, A>,
): (inputs: I, attributes: A) => tfc.Tensor {
  const kernelName = `Espalier${definition.name}`;
  const names: string[] = [];
  tf.registerKernel({
    kernelName,
    backendName: backend,
    kernelFunc: ({ inputs, attrs }) =>
      tf.tidy(() => definition.forward(inputs as unknown as I, attrs as unknown as A)),
  });
  return (inputs, attributes) => {
    if (names.length === 0) {
      names.push(...Object.keys(inputs));
      tf.registerGradient({
        kernelName,
        inputsToSave: names,
        gradFunc: (dy, saved, attrs) => {
          const kept = Object.fromEntries(names.map((name, i) => [name, saved[i]])) as unknown as I;
          return definition.gradient(dy as tfc.Tensor, kept, attrs as unknown as A);
        },
      });
    }
    return tf.engine().runKernel(kernelName, inputs, attributes as unknown as tfc.NamedAttrMap) as tfc.Tensor;
  };
}
