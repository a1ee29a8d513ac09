import type { Measuring, SensitivityQuestion, SensitivityView } from '../../protocol/views.ts';
import { Failure } from '../../protocol/rpc.ts';
import type { Engine } from '../types.ts';

/** One measurement of what narrowing each group does: what was asked, how far it is, what it comes to. */
interface Asked {
  readonly key: string;
  readonly abort: AbortController;
  readonly answer: Promise<SensitivityView>;
  progress: Measuring;
  done: boolean;
}

/**
 * What a panel measured last, in a process of its own. The page may come and go meanwhile: made anew, it asks for what is
 * under way or known.
 */
export class Measurement {
  private last: Asked | null = null;

  constructor(
    private readonly engine: Pick<Engine, 'apart'>,
    /** tells the page how far it is */
    private readonly tell: (progress: Measuring) => void,
  ) {}

  /**
   * The answer to a question: what is under way is joined. A signal that is aborted ends it.
   * @param measure else what is known or under way, or null
   */
  async ask(
    model: string,
    question: SensitivityQuestion,
    measure: boolean,
    signal: AbortSignal,
  ): Promise<SensitivityView | null> {
    const key = JSON.stringify([model, question]);
    const known = this.last?.key === key ? this.last : null;
    const stale = known === null || known.done;
    if (!measure && known === null) return null;
    const now = measure && stale ? this.begin(key, model, question) : known!;
    if (!now.done) this.tell(now.progress);
    const stop = () => {
      now.abort.abort();
      if (this.last === now) this.last = null;
    };
    signal.addEventListener('abort', stop, { once: true });
    try {
      return await now.answer;
    } finally {
      signal.removeEventListener('abort', stop);
    }
  }

  /** Ends what is under way and forgets what is known: the panel is closed, or the model's file is another. */
  clear(): void {
    this.last?.abort.abort();
    this.last = null;
  }

  private begin(key: string, model: string, question: SensitivityQuestion): Asked {
    this.clear();
    const abort = new AbortController();
    const answer = this.engine.apart(async (client) => {
      const off = client.on('measuring', (progress) => {
        if (this.last !== made) return;
        made.progress = progress;
        this.tell(progress);
      });
      // the process ends with this: it isn't waited for, whatever it is amid
      const calledOff = new Promise<never>((_, reject) => {
        abort.signal.addEventListener('abort', () => reject(new Failure('cancelled', 'stopped')));
      });
      try {
        const measured = client.request('sensitivity', { ...question, model }, abort.signal);
        return await Promise.race([measured, calledOff]);
      } finally {
        off();
      }
    });
    const made: Asked = { key, abort, answer, progress: { done: 0, total: 0, seconds: null }, done: false };
    this.last = made;
    answer.then(
      () => (made.done = true),
      () => {
        // asked again, it is tried again
        if (this.last === made) this.last = null;
      },
    );
    return made;
  }
}
