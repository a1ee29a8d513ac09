import { specOf } from '../graph/ops/index.ts';
import { channelAxis, channelsOf } from '../graph/ops/rules/layout.ts';
import { InputError } from '../graph/errors.ts';
import { inferShapes, sizeOf } from '../graph/shapes.ts';
import type { Graph } from '../graph/types.ts';
import { executionOf } from './execution.ts';

/**
 * What an output is. softmax: one of several classes; sigmoids: any of several (multi-label); sigmoid: one unit, which
 * stands for two classes; logits and logit: these without the activation, where class labels are of them, else plain
 * values; values: what no class label fits.
 */
export type HeadKind = 'softmax' | 'sigmoids' | 'sigmoid' | 'logits' | 'logit' | 'values';

/** One output of a network, as training and scoring see it. */
export interface Head {
  /** id of the node that the network returns */
  readonly output: string;
  /** for people and for --labels-of: its layer's name, with "#2", ... where one layer gives several */
  readonly name: string;
  readonly kind: HeadKind;
  /** what the network applies to its logits last */
  readonly activation: 'none' | 'softmax' | 'sigmoid';
  /** id of the node whose value is the logits; the output itself where nothing is applied */
  readonly node: string;
  /** values a sample */
  readonly size: number;
  /** over how many of them one softmax goes, or how many sigmoids stand side by side; else 1 */
  readonly units: number;
  /** how many classes its labels may name; null where no label fits */
  readonly classes: number | null;
  /** the activation that it ends in, where that is neither softmax nor sigmoid */
  readonly last?: string;
}

const known = new WeakMap<Graph, readonly Head[]>();

/** The outputs of a network, in its order. */
export function headsOf(graph: Graph): readonly Head[] {
  const before = known.get(graph);
  if (before) return before;
  if (graph.outputs.length === 0) throw new InputError('the network has no output');
  const shapes = inferShapes(graph);
  const { nodes } = executionOf(graph);
  const times = new Map<string, number>();
  const heads = graph.outputs.map((output): Head => {
    const { layer } = nodes.get(output)!;
    const time = (times.get(layer) ?? 0) + 1;
    times.set(layer, time);
    return { output, name: time === 1 ? layer : `${layer}#${time}`, ...kindOf(graph, output, shapes) };
  });
  known.set(graph, heads);
  return heads;
}

/** Looks for a softmax or sigmoid behind an output, through whatever only gives values another shape. */
function kindOf(
  graph: Graph,
  output: string,
  shapes: ReturnType<typeof inferShapes>,
): Omit<Head, 'output' | 'name'> {
  const { nodes } = executionOf(graph);
  const size = sizeOf(shapes[output]);
  // scores in one row, however many axes of length 1 are around it
  const isRow = (id: string): boolean => shapes[id].filter((d) => d !== 1).length <= 1;
  let last: string | undefined;
  for (let id = output; ;) {
    const { op, inputs } = nodes.get(id)!;
    const [node] = inputs;
    const { passes, probabilities } = specOf(op);
    const given = probabilities?.(op);
    if (given && given !== 'each') {
      const head = { kind: 'softmax', activation: 'softmax', node, size } as const;
      // over one unit it says 1 whatever it sees
      if (isRow(id)) return { ...head, units: size, classes: size === 1 ? null : size };
      // a softmax at every place of a map; one across places has no rows in memory
      if (given.along === channelAxis(shapes[id].length))
        return { ...head, units: shapes[id][given.along], classes: null };
      return { kind: 'values', activation: 'none', node: output, size, units: 1, classes: null };
    }
    if (given) {
      const units = isRow(id) ? size : channelsOf(shapes[id]);
      const head = { activation: 'sigmoid', node, size, units } as const;
      if (size === 1) return { ...head, kind: 'sigmoid', classes: 2 };
      return { ...head, kind: 'sigmoids', classes: isRow(id) ? size : null };
    }
    if (op.kind === 'activation' && op.activation !== 'linear') last = op.activation;
    if (passes !== 'value' && passes !== 'elements') break;
    id = node;
  }
  const head = { activation: 'none', node: output, size, ...(last && { last }) } as const;
  if (!isRow(output)) return { ...head, kind: 'values', units: 1, classes: null };
  if (size === 1)
    return last
      ? { ...head, kind: 'values', units: 1, classes: null }
      : { ...head, kind: 'logit', units: 1, classes: 2 };
  return { ...head, kind: 'logits', units: size, classes: size };
}

/** The network where there are no labels. @param scores ids of the outputs whose plain values are scores of classes */
export function withoutLabels(graph: Graph, scores: readonly string[]): Graph {
  return { ...graph, labelled: undefined, taught: scores };
}

/** Another network of the same outputs, under the same decision that there are no labels. */
export function taughtLike(graph: Graph, original: Graph): Graph {
  const places = (original.taught ?? []).map((id) => original.outputs.indexOf(id));
  return withoutLabels(
    graph,
    places.map((place) => graph.outputs[place]),
  );
}

/**
 * Whether an output says a class of each image, so that two networks agree on it or don't: a row of scores, or one unit
 * behind a sigmoid. Of plain values, those that were found to be scores.
 */
export function tellsClasses({ kind, classes, output }: Head, { taught = [] }: Graph): boolean {
  if (kind === 'logits') return taught.includes(output);
  return classes !== null && kind !== 'logit';
}

/** What labels are sooner taken to be of, where several outputs could have them. */
const LIKELY: readonly HeadKind[] = ['softmax', 'sigmoids', 'sigmoid', 'logits', 'logit', 'values'];

/**
 * The output that class labels are of: the one that was decided on, else the likeliest by its kind.
 * @param classes where given: of as many classes, if there is one
 */
export function labelledHead(graph: Graph, classes?: number): Head {
  const heads = headsOf(graph);
  const decided = heads.find(({ output }) => output === graph.labelled);
  if (decided && classes === undefined) return decided;
  return candidates(heads, classes)[0];
}

/** Outputs that labels fit equally well, the ones that fit best: never empty. */
function candidates(heads: readonly Head[], classes: number | undefined): readonly Head[] {
  const fit = ({ kind, classes: own }: Head): number => {
    const rank = LIKELY.length - LIKELY.indexOf(kind);
    if (own === null) return 0;
    if (classes === undefined || own === classes) return 2 * LIKELY.length + rank;
    return own > classes ? LIKELY.length + rank : rank;
  };
  const best = Math.max(...heads.map(fit));
  return heads.filter((head) => fit(head) === best);
}

/**
 * Decides which output labels of so many classes are of.
 * @param asked its name, where the user said so
 * @returns the network with its decision, and a sentence that says it; null where there is one output
 * @throws InputError where no output has the name
 */
export function decideLabels(
  graph: Graph,
  classes: number,
  asked?: string,
): { readonly graph: Graph; readonly head: Head; readonly doubt: string | null } {
  const heads = headsOf(graph);
  const named = heads.find(({ name, classes }) => name === asked && classes !== null);
  if (asked !== undefined && !named) {
    const able = heads.filter((head) => head.classes !== null).map(({ name }) => name);
    throw new InputError(
      `the network has no output "${asked}" that class labels could be of; ${able.length ? `they could be of ${able.join(', ')}` : 'nor any other that they could be of'}`,
    );
  }
  const [head, ...others] = named ? [named] : candidates(heads, classes);
  const doubt = others.length
    ? `labels of ${classes} classes would fit ${others.map(({ name }) => `"${name}"`).join(' and ')} as well`
    : null;
  if (heads.length === 1) return { graph, head, doubt };
  return { graph: { ...graph, labelled: head.output }, head, doubt };
}
