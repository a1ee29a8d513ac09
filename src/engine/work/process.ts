import { writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { engineVersion } from '../../config/version.ts';
import { failureOf } from '../../protocol/rpc.ts';
import { runCandidate } from '../../run/steps/extra-candidate.ts';
import type { RunFolder } from '../../run/store/folder.ts';
import type { Plan } from '../../run/plan/plan.ts';
import { runPrune } from '../../run/prune.ts';
import { defaultPorts } from '../../run/steps/default-ports.ts';
import type { RunPorts } from '../../run/steps/ports.ts';
import type { CandidateRef } from '../../terms/candidates.ts';
import { panelEvent } from '../panel-events.ts';
import { Gate } from './gate.ts';
import { tellOpening } from './opening.ts';
import { Outbox } from './outbox.ts';
import { Pipe } from './pipe.ts';
import type { ListedEvent } from '../../terms/run-events.ts';
import { runFiles } from '../../terms/run-folder.ts';
import type { FailureFile, WorkStatus } from '../../terms/run-folder.ts';
import type { EndStatus } from '../../protocol/runs.ts';

/** Seconds for which a process that nobody is attached to waits for somebody: after its start, and later. */
const timeouts = { first: 60, later: Number(process.env.ESPALIER_ALONE_SECONDS) || 10 };

type End = {
  readonly status: EndStatus;
  readonly message: string;
  readonly code: number;
};

/** One process at work on one run: it pulls the run's events, tells them, and does what it is asked over its pipe. */
export class RunProcess {
  private readonly stop = new AbortController();
  private readonly gate = new Gate();
  private readonly outbox = new Outbox((events) => this.tell(events));
  private telling: Promise<unknown> = Promise.resolve();
  private readonly pipe: Pipe;
  private loaded!: () => void;
  private readonly standing = new Promise<void>((resolve) => (this.loaded = resolve));
  private keep = false;
  private alone: NodeJS.Timeout | undefined;

  constructor(
    private readonly run: RunFolder,
    private readonly plan: Plan,
    private readonly candidate: CandidateRef | undefined,
  ) {
    this.pipe = new Pipe(run, {
      attach: async () => {
        await this.standing;
        // events from here on reach the client as notices; those before must be in the file when it reads it
        const seq = run.length;
        await run.flush();
        return { seq, status: this.status };
      },
      pause: async () => await this.hold(true),
      resume: async () => await this.hold(false),
      stop: () => this.end(),
      keep: ({ alone }) => {
        this.keep = alone;
        this.watchAlone(timeouts.later);
      },
      onClients: () => this.watchAlone(timeouts.later),
    });
  }

  private get status(): WorkStatus {
    return this.gate.held ? 'paused' : 'running';
  }

  /** @returns the exit code */
  async work(): Promise<number> {
    await rm(this.run.file(runFiles.failure), { force: true });
    const release = this.onSignals();
    const beat = setInterval(
      () => this.pipe.tell('heartbeat', { rss: process.memoryUsage.rss(), status: this.status }),
      1000,
    );
    let end: End;
    try {
      await this.pipe.open();
      this.watchAlone(timeouts.first);
      say(
        `espalier ${engineVersion} works on ${this.run.id}, process ${process.pid}, node ${process.version}`,
      );
      end = await this.pull();
    } catch (error) {
      end = this.failed(error);
    }
    clearInterval(beat);
    clearTimeout(this.alone);
    this.outbox.flush();
    await this.telling;
    // who hears of the end finds the folder as it will stay
    await this.pipe.withdraw();
    await this.run.close();
    await this.pipe.close({ status: end.status, message: end.message });
    release();
    return end.code;
  }

  /** Tells what is in the file by then: who hears of a candidate may ask the looking process about it. */
  private tell(events: ListedEvent[]): void {
    const recorded = this.telling.then(() => this.run.flush());
    // the run itself reports that it can't be written
    this.telling = recorded.catch(() => {}).then(() => this.pipe.tell('events', { events }));
  }

  private async pull(): Promise<End> {
    const options = {
      signal: this.stop.signal,
      onLoaded: this.loaded,
      heldSeconds: () => this.gate.seconds,
      ...tellOpening((event) => this.outbox.add(event)),
    };
    // where the command line's works: its words may name files of the workspace
    const cwd = this.run.workspace;
    const ports: RunPorts = {
      ...defaultPorts,
      script: (command, file, limits) => defaultPorts.script(command, file, { ...limits, cwd }),
    };
    const events = this.candidate
      ? runCandidate(this.run, this.plan, this.candidate, ports, options)
      : runPrune(this.run, this.plan, ports, options);
    for (;;) {
      await this.gate.pass();
      const next = await events.next();
      if (next.done) return { status: 'done', message: '', code: 0 };
      const event = panelEvent(next.value);
      if (event) this.outbox.add(event);
    }
  }

  private failed(error: unknown): End {
    const failure = failureOf(error);
    if (failure.kind === 'cancelled' || this.stop.signal.aborted) {
      say('stopped');
      return { status: 'stopped', message: '', code: 130 };
    }
    const kind = failure.kind === 'input' ? 'input' : 'internal';
    this.recordFailure(kind, failure.message, failure.detail);
    return { status: 'failed', message: failure.message, code: kind === 'input' ? 2 : 1 };
  }

  /** At once: the process may be about to end. */
  private recordFailure(kind: FailureFile['kind'], message: string, detail: string | undefined): void {
    say(message.replace(/\s*\n\s*/g, ' '));
    if (detail) say(detail);
    try {
      writeFileSync(this.run.file(runFiles.failure), `${JSON.stringify({ message, kind, detail })}\n`);
    } catch (error) {
      say(`the failure can't be recorded: ${String(error)}`);
    }
  }

  private async hold(held: boolean): Promise<void> {
    if (held) this.gate.hold();
    else this.gate.release();
    await this.pipe.announce(this.status);
    this.pipe.tell('heartbeat', { rss: process.memoryUsage.rss(), status: this.status });
  }

  private end(): void {
    this.stop.abort();
    this.gate.release();
  }

  /** Ends the run after a while in which nobody is attached, unless it was asked to go on. */
  private watchAlone(seconds: number): void {
    clearTimeout(this.alone);
    if (this.keep || this.pipe.attached > 0) return;
    this.alone = setTimeout(() => {
      say(`nobody was attached for ${seconds} seconds: stopping`);
      this.end();
    }, seconds * 1000);
  }

  private onSignals(): () => void {
    const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
    const onSignal = (): void => {
      if (this.stop.signal.aborted) process.exit(130);
      this.end();
    };
    const onCrash = (error: unknown): void => {
      const { message, stack } = error instanceof Error ? error : new Error(String(error));
      this.recordFailure('internal', message, stack);
      process.exit(1);
    };
    for (const signal of signals) process.on(signal, onSignal);
    process.on('uncaughtException', onCrash);
    process.on('unhandledRejection', onCrash);
    return () => {
      for (const signal of signals) process.off(signal, onSignal);
      process.off('uncaughtException', onCrash);
      process.off('unhandledRejection', onCrash);
    };
  }
}

function say(line: string): void {
  process.stderr.write(`${line}\n`);
}
