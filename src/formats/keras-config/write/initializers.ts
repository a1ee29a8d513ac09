import { sizeOf } from '../../../graph/shapes.ts';
import type { Graph, Node } from '../../../graph/types.ts';
import { isObject, plain } from '../plain.ts';

/**
 * Makes a layer's initializers fit its sizes, in place: one that holds a number a channel makes weights of no other
 * size, so that Keras can't build the layer that it is about to fill from the file.
 */
export function fitInitializers(config: Record<string, unknown>, nodes: readonly Node[], graph: Graph): void {
  for (const node of nodes)
    for (const id of Object.values(node.params)) {
      const key = `${id.slice(id.lastIndexOf('/') + 1).replace(/^(depthwise|pointwise)_kernel$/, '$1')}_initializer`;
      const initializer = config[key];
      if (!isObject(initializer) || initializer.class_name !== 'Constant' || !isObject(initializer.config))
        continue;
      const count = numbers(plain(initializer.config.value, 'an initializer'));
      if (count > 1 && count !== sizeOf(graph.params[id].shape))
        config[key] = { ...initializer, class_name: 'Zeros', config: {} };
    }
}

const numbers = (value: unknown): number =>
  Array.isArray(value) ? value.reduce((sum: number, one) => sum + numbers(one), 0) : 1;
