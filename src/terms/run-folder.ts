/** Where runs are kept: `.espalier/runs/<id>` of a workspace, and what lies in one (docs/architecture.md). */
export const espalierFolder = '.espalier';
export const runsFolder = 'runs';

/** Files of a run's folder. */
export const runFiles = {
  /** the plan, complete */
  plan: 'run.json',
  /** a line each event */
  events: 'events.jsonl',
  /** while a process works on it: where that listens */
  engine: 'engine.json',
  /** after it failed: why */
  failure: 'failure.json',
  checkpoint: 'checkpoint',
  /** the one before, until the newer is whole */
  oldCheckpoint: 'checkpoint.old',
  newCheckpoint: 'checkpoint.new',
  /** what its process printed */
  log: 'run.log',
  report: 'report.html',
  markdown: 'report.md',
} as const;
