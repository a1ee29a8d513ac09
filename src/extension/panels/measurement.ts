import type { Measuring, SensitivityQuestion, SensitivityView } from '../../protocol/views.ts';
import { Failure } from '../../protocol/rpc.ts';
import type { Engine } from '../types.ts';

/** What was measured, and of what. */
interface Answer {
  readonly question: SensitivityQuestion;
  readonly view: SensitivityView;
}

/** One measurement of what narrowing each group does: what was asked, how far it is, what it comes to. */
interface Asked {
  readonly key: string;
  readonly question: SensitivityQuestion;
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
   * The answer to a question; the same one that is under way is joined. A signal that is aborted ends it.
   * @param question null: what is known or under way, if anything
   */
  async ask(
    model: string,
    question: SensitivityQuestion | null,
    signal: AbortSignal,
  ): Promise<Answer | null> {
    const key = JSON.stringify(question);
    const last = this.last;
    const joined = last && (question === null || (last.key === key && !last.done)) ? last : null;
    const now = joined ?? (question && this.begin(key, model, question));
    if (!now) return null;
    if (!now.done) this.tell(now.progress);
    const stop = () => {
      now.abort.abort();
      if (this.last === now) this.last = null;
    };
    signal.addEventListener('abort', stop, { once: true });
    try {
      return { question: now.question, view: await now.answer };
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
    const made: Asked = {
      key,
      question,
      abort,
      answer,
      progress: { done: 0, total: 0, seconds: null },
      done: false,
    };
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
