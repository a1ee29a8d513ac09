import * as z from 'zod';
import { InputError } from '../../graph/errors.ts';
import type { Snapshot } from '../../runtime/types.ts';
import { randomState } from '../random-state.ts';

const word = z.number().int().min(0);
const widths = z.array(word);

const stateSchema = z.object({
  kind: z.literal('agent-method'),
  root: randomState,
  /** epochs of weights that are done */
  epoch: word,
  /** rounds that are done: of filling the buffer, and of the agent's own */
  filled: word,
  rounds: word,
  /** episodes of the round under way with their rewards; null between rounds */
  round: z.array(z.object({ architecture: widths, reward: z.number() })).nullable(),
  /** candidates so far: the next one's id */
  candidates: word,
  /**
   * rewards of the uniform networks of all points' budgets, at the weights as they are; null where they aren't known.
   * Here and below, the default is for checkpoints of older versions
   */
  uniform: z.array(z.number()).nullable().default(null),
  /** what was chosen in earlier rounds, the latest first */
  earlier: z.array(z.object({ origin: z.string(), architecture: widths })).default([]),
  /** the best of the finalists is chosen */
  settled: z.boolean().default(true),
  /** the sub-network that weights are aligned to */
  chosen: z
    .object({
      id: word,
      origin: z.string(),
      architecture: widths,
      kept: z.array(widths),
      accuracy: z.number(),
    })
    .nullable(),
});

/** Where a run of the method stands, beside the agent and the training. */
export type AgentRunState = z.infer<typeof stateSchema>;
export type Chosen = NonNullable<AgentRunState['chosen']>;

const checkpointSchema = stateSchema.extend({ agent: z.unknown(), training: z.unknown().nullable() });

/** Where a run begins. */
export function newRunState(root: AgentRunState['root']): AgentRunState {
  return {
    kind: 'agent-method',
    root,
    epoch: 0,
    filled: 0,
    rounds: 0,
    round: null,
    candidates: 0,
    uniform: null,
    earlier: [],
    settled: false,
    chosen: null,
  };
}

/** Where a cheaper point begins, whose policy the goal's search has learned: with the choice of a network. */
export function pointState({ root, epoch, filled, rounds }: AgentRunState): AgentRunState {
  return { ...newRunState(root), epoch, filled, rounds };
}

/** One snapshot of all three. */
export function joinSnapshots(
  state: AgentRunState,
  agent: Snapshot,
  training: Snapshot | undefined,
): Snapshot {
  const arrays = new Map<string, Float32Array>();
  for (const [name, values] of agent.arrays) arrays.set(`agent/${name}`, values);
  for (const [name, values] of training?.arrays ?? []) arrays.set(`training/${name}`, values);
  return {
    json: structuredClone({ ...state, agent: agent.json, training: training?.json ?? null }),
    arrays,
  };
}

/** The three again. @throws InputError where it is not a checkpoint of this method */
export function splitSnapshot({ json, arrays }: Snapshot): {
  state: AgentRunState;
  agent: Snapshot;
  training: Snapshot | undefined;
} {
  const parsed = checkpointSchema.safeParse(json);
  if (!parsed.success) throw new InputError('the checkpoint is not one of the method agent');
  const { agent, training, ...state } = parsed.data;
  const part = (prefix: string) =>
    new Map(
      [...arrays].flatMap(([name, values]) =>
        name.startsWith(prefix) ? [[name.slice(prefix.length), values] as const] : [],
      ),
    );
  return {
    state,
    agent: { json: agent, arrays: part('agent/') },
    training: training === null ? undefined : { json: training, arrays: part('training/') },
  };
}
