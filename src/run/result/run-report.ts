import { titled } from '../../data/pixels/preprocess.ts';
import type { ReportArm, ReportCandidate, ReportLoss, RunReport } from '../../report/types.ts';
import type { Plan } from '../plan/plan.ts';
import type { RunEvent } from '../store/events.ts';
import type { Candidate } from '../../methods/types.ts';
import { candidateOfArm } from '../../protocol/events.ts';

type Writable<T> = { -readonly [K in keyof T]: T[K] };

interface Building extends Omit<Writable<ReportArm>, 'candidates' | 'generations' | 'losses'> {
  candidates: ReportCandidate[];
  generations: { generation: number; reward: number }[];
  losses: ReportLoss[];
}

/** What a run's report shows, read off its recorded events alone: also of a run that has not ended. */
export function summarise(plan: Plan, engine: string, events: readonly RunEvent[]): RunReport {
  const report: Writable<RunReport> = {
    model: plan.model.path.split('/').at(-1)!,
    format: '',
    engine,
    method: plan.method,
    seed: plan.seed,
    effort: plan.effort,
    cost: { macs: 0, params: 0, bytes: 0, peakActivationBytes: 0 },
    budgets: [],
    original: {},
    arms: [],
    groups: [],
    layers: [],
    samples: [],
    warnings: [],
    seconds: events.at(-1)?.at ?? 0,
  };
  const arms = new Map<string, Building>();
  const began = new Map<string, number>();
  const warnings: string[] = [];
  const armOf = (name: string): Building => {
    const known = arms.get(name);
    if (known) return known;
    const control = arms.size > 0;
    const arm: Building = {
      name,
      control,
      scores: {},
      candidates: [],
      generations: [],
      losses: [],
      seconds: 0,
    };
    arms.set(name, arm);
    return arm;
  };
  for (const event of events) {
    // another candidate's fine-tuning is no part of what the run was about
    if ('arm' in event && event.arm !== undefined && candidateOfArm(event.arm)) continue;
    if ('arm' in event && event.arm !== undefined && event.at !== undefined) {
      if (!began.has(event.arm)) began.set(event.arm, event.at);
      armOf(event.arm).seconds = event.at - began.get(event.arm)!;
    }
    switch (event.type) {
      case 'opened':
        Object.assign(report, { format: event.model.format, cost: event.cost });
        Object.assign(report, { groups: event.groups, layers: event.layers });
        break;
      case 'backend':
        report.backend = `${event.name}, ${event.threads} threads`;
        break;
      case 'data':
        report.data = { ...event, preprocess: titled(event.preprocess) };
        break;
      case 'budgets':
        report.budgets = event.budgets;
        break;
      case 'candidate':
        armOf(event.arm).candidates.push(candidateOf(event.candidate));
        break;
      case 'generation':
        armOf(event.arm).generations.push(event);
        break;
      case 'loss':
        if (event.arm !== undefined) armOf(event.arm).losses.push(event);
        break;
      case 'chosen':
        Object.assign(armOf(event.arm), { chosen: candidateOf(event.candidate), kept: event.candidate.kept });
        break;
      case 'fineTuning':
        armOf(event.arm).epochs = event.settings.epochs;
        break;
      case 'score':
        if (event.arm === undefined) report.original = { ...report.original, [event.split]: event.score };
        else armOf(event.arm).scores = { ...armOf(event.arm).scores, [event.step]: event.score };
        break;
      case 'latency':
        report.latency = event;
        break;
      case 'samples':
        report.samples = event.samples;
        break;
      case 'warning':
        warnings.push(event.message);
        break;
    }
  }
  return { ...report, warnings, arms: [...arms.values()] };
}

function candidateOf({ id, origin, cost, accuracies, reward }: Candidate): ReportCandidate {
  return { id, origin, cost, accuracies, reward };
}
