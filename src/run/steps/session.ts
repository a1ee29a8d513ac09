import { Interrupted } from '../../graph/errors.ts';
import type { Snapshot } from '../../runtime/types.ts';
import type { RunFolder } from '../store/folder.ts';
import { CheckpointPace } from '../store/checkpoint-pace.ts';
import type { Opening, RunOptions } from './ports.ts';
import type { State } from '../store/state.ts';
import { newState, readState } from '../store/state.ts';
import type { RunEvent, RunEventBody } from '../../terms/run-events.ts';

interface Inner {
  readonly kind: string;
  readonly random?: readonly [number, number, number, number];
  readonly snapshot: Snapshot;
}

/** Milliseconds that a stop waits for a checkpoint. */
const patience = 2000;

type Slot = 'inner' | 'innerExtra';

/** One session of a run: its state, what it records, and when it is saved. */
export class Session {
  state: State = newState();
  /** weights of the arms under way, and of the main one */
  readonly weights = new Map<string, ReadonlyMap<string, Float32Array>>();
  /** what the goal's search has learned for the cheaper points; null where there is nothing, and once none needs it */
  learned: Snapshot | null = null;
  /** events recorded in earlier sessions that still count */
  earlier: readonly RunEvent[] = [];
  /** what is under way: with the run itself, and with an extra arm. A session works on one and keeps the other */
  private readonly under: Record<Slot, Inner | null> = { inner: null, innerExtra: null };
  private readonly began = performance.now();
  private before = 0;
  private stoppedAt: number | null = null;

  private readonly pace: CheckpointPace;

  constructor(
    readonly run: RunFolder,
    private readonly options: RunOptions,
    /** which of the two this session works on */
    private readonly slot: Slot = 'inner',
  ) {
    this.pace = new CheckpointPace(options.checkpointSeconds);
  }

  /** Goes back to the run's checkpoint. Returns whether there was one. */
  async load(): Promise<boolean> {
    const { snapshot, events } = await this.run.resume();
    this.earlier = events;
    if (!snapshot) return false;
    const { state, weights, ...arrays } = readState(snapshot);
    this.state = state;
    this.before = state.seconds;
    for (const [arm, values] of weights) this.weights.set(arm, values);
    if (state.learned) this.learned = { json: state.learned.json, arrays: arrays.learned };
    for (const slot of ['inner', 'innerExtra'] as const) {
      const one = state[slot];
      if (!one) continue;
      const { kind, json } = one;
      const random = one.random as Inner['random'];
      this.under[slot] = { kind, random, snapshot: { json, arrays: arrays[slot] } };
    }
    return true;
  }

  /** called with how far the images are being opened */
  get opening(): Opening {
    const { onListed, onRead, onTried } = this.options;
    return { onListed, onRead, onTried };
  }

  get signal(): AbortSignal | undefined {
    return this.options.signal;
  }

  /** Seconds of work, over all sessions. */
  get seconds(): number {
    return this.before + (performance.now() - this.began) / 1000 - (this.options.heldSeconds?.() ?? 0);
  }

  /** Records an event. */
  async record(body: RunEventBody): Promise<RunEvent> {
    return await this.run.record(body, this.seconds);
  }

  /** Throws Interrupted where the user asked for a stop. */
  checkStop(): void {
    if (this.options.signal?.aborted) throw new Interrupted();
  }

  /**
   * The same within a stage, where a stop should lose nothing: it waits a little for the stage's next checkpoint.
   * @param saved a checkpoint was offered just now, and so was taken (see `due`)
   */
  checkStopWithin(saved: boolean): void {
    if (!this.options.signal?.aborted) return;
    this.stoppedAt ??= performance.now();
    if (saved || performance.now() - this.stoppedAt > patience) throw new Interrupted();
  }

  /** What was under way at the checkpoint, once. */
  takeInner(kind: string): Inner | undefined {
    const inner = this.under[this.slot];
    this.under[this.slot] = null;
    return inner?.kind === kind ? inner : undefined;
  }

  /** Whether a checkpoint within a stage is worth its time now. */
  due(): boolean {
    if (this.options.signal?.aborted) return true;
    return this.pace.due();
  }

  /** Saves where the run stands; `inner`: what is under way within the stage. */
  async save(inner?: Inner): Promise<void> {
    await this.pace.save(() => this.write(inner));
  }

  private async write(inner?: Inner): Promise<void> {
    const arrays = new Map<string, Float32Array>();
    for (const [arm, weights] of this.weights)
      for (const [param, values] of weights) arrays.set(`weights/${arm}/${param}`, values);
    this.state.seconds = this.seconds;
    const state: Record<string, unknown> = { ...this.state };
    for (const slot of ['inner', 'innerExtra'] as const) {
      const one = slot === this.slot ? inner : this.under[slot];
      state[slot] = one ? { kind: one.kind, random: one.random, json: one.snapshot.json } : undefined;
      for (const [name, values] of one?.snapshot.arrays ?? []) arrays.set(`${slot}/${name}`, values);
    }
    state.learned = this.learned ? { json: this.learned.json } : undefined;
    for (const [name, values] of this.learned?.arrays ?? []) arrays.set(`learned/${name}`, values);
    await this.run.checkpoint(state, arrays);
  }
}
