import { Agent } from '../../../src/methods/constrained/agent.ts';
import type { AgentSettings, UpdateStats } from '../../../src/methods/constrained/agent.ts';
import type { Actions, Environment, Evaluation } from '../../../src/methods/constrained/environment.ts';
import { Random } from '../../../src/graph/random.ts';

/** Groups whose worth is fixed by hand, so that the best widths can be found by trying all of them. */
export interface Toy extends Environment {
  /** by widths, one a group */
  value(widths: readonly number[]): Evaluation;
  widths(actions: Actions): number[];
  /** the best reward within all limits, by trying every choice of widths */
  readonly best: { readonly reward: number; readonly widths: readonly number[] };
}

export interface ToyOptions {
  readonly seed: number;
  readonly groups?: number;
  readonly levels?: number;
  readonly limits: readonly number[];
  /** costs move in whole steps only, so that they have no slope anywhere */
  readonly stepwise?: boolean;
  readonly start?: number;
}

/** reward 100 sum v_g sqrt(w_g) / sum v_g; costs: sums of shares and products of neighbours, in percent. */
export function toy({ seed, groups = 6, levels = 8, limits, stepwise, start = 0.5 }: ToyOptions): Toy {
  const random = new Random(seed);
  const draw = () => Array.from({ length: groups }, () => Math.exp(1.2 * random.normal()));
  const values = draw();
  const prices = limits.map(() => draw());
  const sum = (all: readonly number[]) => all.reduce((a, b) => a + b, 0);
  const value = (widths: readonly number[]): Evaluation => {
    const shares = widths.map((w) => w / levels);
    const reward = (100 * sum(shares.map((s, g) => values[g] * Math.sqrt(s)))) / sum(values);
    const costs = prices.map((price, c) => {
      // the second cost is like MACs: a layer's are of its own width and the one's before
      const used = shares.map((s, g) => price[g] * (c && g ? s * shares[g - 1] : s));
      const cost = (100 * sum(used)) / sum(price);
      return stepwise ? 5 * Math.ceil(cost / 5 - 1e-9) : cost;
    });
    return { reward, costs };
  };
  const widths = (actions: Actions) => actions.map(([a]) => Math.max(1, Math.round(levels * (1 - a))));
  const one = new Float64Array([1 - start]);
  let found: Toy['best'] | undefined;
  return {
    decisions: groups,
    features: groups + 1,
    granularity: 'ratio',
    limits,
    size: () => 1,
    prior: () => one,
    most: () => 1,
    observe(d, before) {
      const seen = new Float64Array(groups + 1);
      seen[d] = 1;
      seen[groups] = sum(before.map(([a]) => a)) / groups;
      return seen;
    },
    value,
    widths,
    get best() {
      if (found) return found;
      let best = { reward: -1, widths: [] as number[] };
      for (let code = 0; code < levels ** groups; code++) {
        const w = Array.from({ length: groups }, (_, g) => 1 + (Math.floor(code / levels ** g) % levels));
        const { reward, costs } = value(w);
        if (reward > best.reward && costs.every((c, i) => c! <= limits[i])) best = { reward, widths: w };
      }
      return (found = best);
    },
  };
}

export interface Learned {
  readonly agent: Agent;
  readonly history: UpdateStats[];
  /** the best within all limits among everything that was tried */
  readonly seen: number;
  readonly greedy: Evaluation;
}

/** The agent's whole learning on a toy: the same class that prunes networks. */
export function learn(problem: Toy, settings: AgentSettings, seed: number): Learned {
  const agent = new Agent(problem, settings, new Random(seed));
  const history: UpdateStats[] = [];
  let seen = -Infinity;
  while (!agent.done) {
    const outcome = problem.value(problem.widths(agent.propose()));
    if (outcome.costs.every((c, i) => c! <= problem.limits[i])) seen = Math.max(seen, outcome.reward);
    const update = agent.tell(outcome);
    if (update) history.push(update);
  }
  return { agent, history, seen, greedy: problem.value(problem.widths(agent.greedy())) };
}
