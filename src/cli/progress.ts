import { visible } from '../report/escape.ts';
import { duration } from '../report/text.ts';

/** How far something is. */
export interface Step {
  readonly stage: string;
  readonly done: number;
  /** absent: nobody knows yet */
  readonly total?: number;
  readonly unit: string;
  readonly secondsLeft?: number;
  readonly perSecond?: number;
}

/** Progress on stderr: one line that updates on a terminal, else a plain line at times. */
export class Progress {
  private shown = false;
  private lastAt = 0;
  private stage = '';
  private stageAt = 0;
  private from = 0;
  private readonly live: boolean;

  constructor(private readonly stream: NodeJS.WriteStream = process.stderr) {
    this.live = Boolean(stream.isTTY) && process.env.TERM !== 'dumb';
  }

  private held: string[] | null = null;

  /**
   * Keeps lines back until `release`, so that a refusal is one line alone. Somebody at a terminal isn't left without a
   * word for long.
   */
  hold(milliseconds = 1500): void {
    this.held = [];
    if (this.live) setTimeout(() => this.release(), milliseconds).unref();
  }

  release(): void {
    const lines = this.held ?? [];
    this.held = null;
    for (const line of lines) this.say(line);
  }

  /** Forgets what was kept back. */
  forget(): void {
    if (this.held) this.held = [];
  }

  /** A line that stays. */
  say(text: string): void {
    if (this.held) {
      this.held.push(text);
      return;
    }
    this.clear();
    this.stream.write(`${visible(text)}\n`);
  }

  update(step: Step): void {
    const now = performance.now();
    if (step.stage !== this.stage || step.done < this.from) {
      this.stage = step.stage;
      this.stageAt = now;
      this.from = step.done;
      this.lastAt = 0;
    }
    const wait = this.live ? 100 : 10_000;
    // without a terminal the first line comes only where there is something to wait for
    if (now - (this.lastAt || (this.live ? 0 : this.stageAt)) < wait && this.lastAt + wait > now) return;
    if (!this.live && !this.lastAt && now - this.stageAt < wait) return;
    this.lastAt = now;
    const text = visible(this.text(step, now));
    if (!this.live) {
      this.stream.write(`${text}\n`);
      return;
    }
    const columns = this.stream.columns || 80;
    this.stream.write(`\r\x1b[2K${text.slice(0, columns - 1)}`);
    this.shown = true;
  }

  /** How opening a set of images reports: it may take minutes for a large one. */
  get opening() {
    const unit = 'images';
    return {
      onListed: (done: number) => this.update({ stage: 'finding images', done, unit }),
      onTried: (done: number, total: number) =>
        this.update({ stage: 'trying ways of resizing', done, total, unit }),
      onRead: (done: number, total: number) => this.update({ stage: 'reading images', done, total, unit }),
    };
  }

  clear(): void {
    if (this.shown) this.stream.write('\r\x1b[2K');
    this.shown = false;
  }

  private text(step: Step, now: number): string {
    const elapsed = (now - this.stageAt) / 1000;
    const rate = step.perSecond ?? (elapsed > 0.5 ? (step.done - this.from) / elapsed : 0);
    const { stage, done, total, unit } = step;
    const parts = [stage];
    if (total === undefined) return [...parts, `${done} ${unit}`].join(this.live ? '  ' : ', ');
    const left = step.secondsLeft ?? (rate > 0 ? (total - done) / rate : undefined);
    const share = total > 0 ? Math.min(1, done / total) : 0;
    if (this.live) parts.push(bar(share));
    parts.push(`${Math.floor(share * 100)} %`, `${done} of ${total} ${unit}`);
    if (rate > 0) parts.push(`${rate >= 10 ? Math.round(rate) : rate.toFixed(1)} ${step.unit} a second`);
    if (left !== undefined && Number.isFinite(left)) parts.push(`${duration(left)} left`);
    return parts.join(this.live ? '  ' : ', ');
  }
}

function bar(share: number): string {
  const filled = Math.round(share * 20);
  return '█'.repeat(filled) + '░'.repeat(20 - filled);
}
