import { describe, expect, it } from 'vitest';
import { Random } from '../../../src/graph/random.ts';
import { Agent, type AgentSettings } from '../../../src/methods/agent/agent.ts';
import { Gru } from '../../../src/methods/agent/learner/gru.ts';
import { Replay } from '../../../src/methods/agent/learner/replay.ts';
import { squash } from '../../../src/methods/agent/learner/squashed.ts';
import { clearGradients, type Parameter } from '../../../src/methods/rl/parameter.ts';
import { toySettings, toySweep } from './toys.ts';

const drawn = (length: number, random: Random, scale = 1) =>
  Float32Array.from({ length }, () => scale * random.normal());

describe('the squashed policy', () => {
  it.each([
    [0, 0, -1, 1],
    [0.7, -1.2, 0, 1],
    [-2, 0.5, 0.3, 0.8],
    [0.1, -3, 0.2, 0.25],
  ])(
    'mean %d, log sigma %d in [%d, %d]: its density integrates to one over its bounds',
    (mean, logSigma, low, high) => {
      // density times the length of a, over cells of equal noise
      const action = (noise: number) => squash(mean, logSigma, noise, low, high).action;
      let sum = 0;
      for (let noise = -8; noise < 8; noise += 0.01) {
        const { logDensity } = squash(mean, logSigma, noise + 0.005, low, high);
        sum += Math.exp(logDensity) * (action(noise + 0.01) - action(noise));
      }
      expect(action(-1000)).toBeCloseTo(low, 9);
      expect(action(1000)).toBeCloseTo(high, 9);
      expect(sum).toBeCloseTo(1, 3);
    },
  );

  it('has an entropy of at most 0 over the unit interval, and no density where there is no choice', () => {
    const random = new Random(1);
    for (const logSigma of [-2, 0, 1]) {
      let entropy = 0;
      for (let i = 0; i < 5000; i++)
        entropy -= squash(0, logSigma, random.normal(), 0.2, 0.4, 'unit').logDensity / 5000;
      expect(entropy).toBeLessThan(0.02);
    }
    expect(squash(0.3, 0, 1, 0.5, 0.5)).toEqual({
      action: 0.5,
      logDensity: 0,
      actionBy: [0, 0],
      logDensityBy: [0, 0],
    });
  });

  it('has the derivatives that finite differences give', () => {
    const random = new Random(2);
    for (let i = 0; i < 50; i++) {
      const [m, s, noise] = [random.normal(), 0.5 * random.normal(), random.normal()];
      const here = squash(m, s, noise, 0.1, 0.7);
      const h = 1e-5;
      for (const k of [0, 1] as const) {
        const at = (sign: number) =>
          squash(k === 0 ? m + sign * h : m, k === 1 ? s + sign * h : s, noise, 0.1, 0.7);
        const slope = (of: 'action' | 'logDensity') => (at(1)[of] - at(-1)[of]) / (2 * h);
        expect(here.actionBy[k]).toBeCloseTo(slope('action'), 6);
        expect(here.logDensityBy[k]).toBeCloseTo(slope('logDensity'), 4);
      }
    }
    expect(squash(0, 5, 1, 0, 1).actionBy[1]).toBe(0);
    expect(Number.isFinite(squash(30, 2, 3, 0, 1).logDensity)).toBe(true);
  });
});

describe('the recurrent model', () => {
  it('has the gradients that finite differences give, of parameters and inputs', () => {
    const random = new Random(5);
    const gru = new Gru('gru', 3, 4, random);
    for (const p of gru.parameters) if (/ias/.test(p.name)) p.value.set(drawn(p.value.length, random, 0.3));
    const steps = 6;
    const x = drawn(3 * steps, random);
    const weights = drawn(4 * steps, random);
    const loss = () =>
      gru
        .forward(x, steps)
        .hidden.slice(4)
        .reduce((sum, h, i) => sum + weights[i] * h, 0);
    const dx = gru.backward(gru.forward(x, steps), weights);
    for (const [values, gradient] of [...gru.parameters.map((p) => [p.value, p.gradient]), [x, dx]])
      values.forEach((at, i) => {
        const h = 1e-2;
        values[i] = at + h;
        const above = loss();
        values[i] = at - h;
        const below = loss();
        values[i] = at;
        expect(gradient[i]).toBeCloseTo((above - below) / (2 * h), 2);
      });
  });

  it('is the formula, written again for one unit', () => {
    const gru = new Gru('gru', 1, 1, new Random(6));
    const [w, r, b, rb] = gru.parameters.map((p) => p.value);
    b.set([0.1, -0.2, 0.3]);
    rb.set([0.2, 0.1, -0.4]);
    const sigmoid = (v: number) => 1 / (1 + Math.exp(-v));
    let h = 0;
    const x = [0.5, -1, 2];
    const { hidden } = gru.forward(Float32Array.from(x), 3);
    x.forEach((v, t) => {
      const reset = sigmoid(w[0] * v + b[0] + r[0] * h + rb[0]);
      const update = sigmoid(w[1] * v + b[1] + r[1] * h + rb[1]);
      const candidate = Math.tanh(w[2] * v + b[2] + reset * (r[2] * h + rb[2]));
      h = (1 - update) * candidate + update * h;
      expect(hidden[t + 1]).toBeCloseTo(h, 5);
    });
  });
});

describe('the environment representation', () => {
  const norm = (parameters: readonly Parameter[]) =>
    Math.sqrt(parameters.reduce((sum, p) => sum + p.gradient.reduce((s, g) => s + g * g, 0), 0));

  function busyAgent(changes: Partial<AgentSettings> = {}): Agent {
    const agent = new Agent(toySweep, 4, { ...toySettings, ...changes }, new Random(3));
    const random = new Random(4);
    for (let epoch = 0; epoch < 3; epoch++) {
      agent.begin();
      for (let i = 0; i < 4; i++) agent.remember(agent.rollout('sampled'), random.uniform());
    }
    return agent;
  }
  const batchOf = (agent: Agent) => {
    const batch = agent.replay.sample(16, agent.replay.scaled('standard'), new Random(9));
    const { size } = agent.representation;
    const all = agent.representation.all();
    const z = new Float32Array(16 * size);
    batch.epoch.forEach((e, i) => z.set(all.subarray(e * size, (e + 1) * size), i * size));
    return { batch, z };
  };

  it('gets gradients from the decoder: embeddings, every matrix of the recurrent model', () => {
    const agent = busyAgent();
    const { representation } = agent;
    representation.gradients({ ...batchOf(agent).batch, reward: drawn(16, new Random(1)) });
    expect(norm([representation.embeddings])).toBeGreaterThan(1e-6);
    for (const p of representation.gru.parameters) expect([p.name, norm([p]) > 1e-6]).toEqual([p.name, true]);
    expect(norm(representation.decoder.parameters)).toBeGreaterThan(1e-6);
    expect(norm(agent.sac.actor.parameters)).toBe(0);
  });

  it('gets none from the losses of actor and critics, though both depend on z; the critics none from the actor', () => {
    const agent = busyAgent();
    const { sac, representation } = agent;
    const { batch, z } = batchOf(agent);
    const loss = sac.criticGradients(batch, z, new Random(1));
    expect(
      sac.criticGradients(
        batch,
        z.map((v) => v + 1),
        new Random(1),
      ),
    ).not.toBe(loss);
    for (const critic of sac.critics) expect(norm(critic.parameters)).toBeGreaterThan(0);
    for (const critic of sac.critics) clearGradients(critic.parameters);
    sac.actorGradients(batch, z, new Random(1));
    expect(norm(sac.actor.parameters)).toBeGreaterThan(0);
    for (const net of [...sac.critics, ...sac.targets]) expect(norm(net.parameters)).toBe(0);
    expect(norm(representation.parameters)).toBe(0);
    const before = representation.parameters.map((p) => p.value.slice());
    for (let i = 0; i < 3; i++) agent.learnPolicy();
    expect(representation.parameters.map((p) => p.value)).toEqual(before);
    agent.learnRepresentation();
    representation.parameters.forEach((p, k) => expect(p.value).not.toEqual(before[k]));
  });

  it("the actor's gradient is the one that finite differences of its loss give", () => {
    const agent = busyAgent();
    const { sac } = agent;
    const { batch, z } = batchOf(agent);
    sac.actorGradients(batch, z, new Random(7));
    const last = sac.actor.parameters.at(-2)!;
    const gradient = last.gradient.slice();
    for (let i = 0; i < 10; i++) {
      const at = last.value[i];
      const loss = (value: number) => {
        last.value[i] = value;
        return sac.actorGradients(batch, z, new Random(7)).actor;
      };
      const slope = (loss(at + 0.01) - loss(at - 0.01)) / 0.02;
      last.value[i] = at;
      expect(gradient[i]).toBeCloseTo(slope, 2);
    }
  });

  it('learns to tell epochs of different rewards apart', () => {
    const fresh = new Agent(toySweep, 3, toySettings, new Random(1));
    for (let epoch = 0; epoch < 3; epoch++) {
      fresh.begin();
      for (let i = 0; i < 10; i++) fresh.remember(fresh.rollout('random'), [0.2, 0.8, 0.4][epoch]);
    }
    const first = fresh.learnRepresentation();
    let error = first;
    for (let i = 0; i < 150; i++) error = fresh.learnRepresentation();
    expect(first).toBeGreaterThan(0.5);
    expect(error).toBeLessThan(0.02);
  });

  it('goes on from a snapshot byte for byte', () => {
    const agent = busyAgent();
    const go = (one: Agent) => {
      const events: number[] = [];
      one.begin();
      for (let i = 0; i < 3; i++) {
        const episode = one.rollout('sampled');
        one.remember(episode, episode.decided[0] / 10);
        events.push(...episode.decided, one.learnRepresentation(), one.learnPolicy().critic);
      }
      return [events, one.rollout('greedy').decided, one.snapshot()];
    };
    agent.learnRepresentation();
    agent.learnPolicy();
    const { json, arrays } = agent.snapshot();
    const kept = new Map([...arrays].map(([name, values]) => [name, values.slice()]));
    const expected = go(agent);
    const again = new Agent(toySweep, 4, toySettings, new Random(99));
    again.restore({ json: JSON.parse(JSON.stringify(json)) as unknown, arrays: kept });
    expect(go(again)).toEqual(expected);
    expect(() => again.restore({ json: {}, arrays: kept })).toThrow(/not one of an agent/);
  });
});

describe('the replay buffer', () => {
  it('keeps whole episodes, the newest, and knows their ends', () => {
    const replay = new Replay(3, 2, 7);
    const episode = (value: number) => ({
      steps: [0, 1, 2].map((i) => ({
        state: Float32Array.of(value, i),
        bounds: { low: i / 10, high: 1 },
        action: value + i / 10,
      })),
      last: Float32Array.of(value, 3),
      decided: [],
    });
    for (let v = 1; v <= 5; v++) replay.add(episode(v), 10 * v, v);
    expect(replay.size).toBe(2);
    const { n, state, next, action, nextLow, done, epoch, outcome } = replay.sample(
      60,
      replay.scaled('plain'),
      new Random(1),
    );
    const seen = new Set<string>();
    for (let i = 0; i < n; i++) {
      const [value, step] = [state[2 * i], state[2 * i + 1]];
      seen.add(`${value} ${step}`);
      expect([next[2 * i], next[2 * i + 1]]).toEqual([value, step + 1]);
      expect(action[i]).toBeCloseTo(value + step / 10, 5);
      expect(done[i]).toBe(step === 2 ? 1 : 0);
      expect(nextLow[i]).toBeCloseTo(step === 2 ? 0 : (step + 1) / 10, 5);
      expect([epoch[i], outcome[i]]).toEqual([value, 10 * value]);
    }
    expect([...seen].sort()).toEqual(['4 0', '4 1', '4 2', '5 0', '5 1', '5 2']);
    expect(replay.sample(20, replay.scaled('plain'), new Random(1), true).done.every((d) => d === 1)).toBe(
      true,
    );
    expect([...replay.scaled('standard')].map(Math.abs)).toEqual([1, 1]);
    expect([...replay.scaled('epoch')]).toEqual([0, 0]);
  });
});
