import * as z from 'zod';
import type { Frozen } from '../terms/frozen.ts';
import type { Contract } from './contract.ts';
import { assessment, dataFound, dataView, draft, method } from './plan.ts';
import { runStatus, runSummary, writtenFiles } from './runs.ts';
import { reachTable } from './reach.ts';
import { diff, diffFormat, measuring, network, sensitivity, sensitivityQuestion, side } from './views.ts';
import { listedEvent } from '../terms/run-events.ts';
import { candidateOfRun, candidateRef } from '../terms/candidates.ts';
import { costKeys } from '../terms/cost.ts';

const nothing = z.object({});
const tab = z.enum(['network', 'plan', 'tradeoff', 'curves', 'diff', 'runs']);
export type Tab = Frozen<z.infer<typeof tab>>;

/** What can be opened beside the panel. */
const openable = z.enum(['file', 'log', 'report', 'doctor', 'trust']);
export type Openable = z.infer<typeof openable>;

/** What the trade-off's axis of costs may show. */
export const costChoice = z.enum([...costKeys, 'latency']);

const pick = candidateRef.nullable();
/** A target that was moved along the axis of costs: what fits under it is picked. */
const heldTarget = z.object({
  cost: costChoice,
  /** where it rests, in the cost's unit: which of the targets it is */
  limit: z.number(),
  /** where it is held */
  at: z.number(),
  /** what was picked before, for when it is put back */
  before: pick,
});
export type HeldTarget = Frozen<z.infer<typeof heldTarget>>;

/** How the user left a run: what it was ranked by and what was chosen. */
export const runView = z.object({
  /** null: the run's own */
  coefficients: z.object({ accuracy: z.number(), efficiency: z.number() }).nullable(),
  /** null: the run's choice, or what is best under the coefficients */
  picked: pick,
  second: pick,
  held: heldTarget.nullable().default(null),
  /** milliseconds since 1970: the oldest are forgotten first */
  at: z.number(),
});
export type RunView = Frozen<z.infer<typeof runView>>;

/** What a panel remembers of itself (setState, and the serializer's state after a reload). */
export const panelState = z.object({
  version: z.literal(1),
  model: z.string().nullable(),
  compare: z.object({ a: side, b: side }).nullable(),
  run: z.string().nullable(),
  tab,
  draft: draft.partial().nullable(),
  /** how views were set, by view */
  views: z.record(z.string(), z.unknown()),
  /** how runs were left, by folder */
  runs: z.record(z.string(), runView).default({}),
});
export type PanelState = Frozen<z.infer<typeof panelState>>;

/** A candidate of the run that the panel shows. */
const which = candidateOfRun;

/** What the panel asks of its host. */
export const host = {
  requests: {
    /** first of all: what this panel is about. `strings`: translations of the panel's texts, by English text */
    ready: {
      params: z.object({ protocol: z.number() }),
      result: z.object({
        protocol: z.number(),
        /** absolute path; null where a comparison of two files is all there is */
        model: z.string().nullable(),
        name: z.string(),
        workspace: z.string().nullable(),
        trusted: z.boolean(),
        /** the comparison to open at once */
        compare: z.object({ a: side, b: side }).nullable(),
        /** the run to show at once (folder) */
        run: z.string().nullable(),
        tab,
        methods: z.array(method),
        preprocesses: z.array(z.string()),
        strings: z.record(z.string(), z.string()),
        /** defaults from the settings: method, effort, seed, roundTo, controls, backend, threads */
        defaults: draft.partial(),
        /** which backend a run would use, for the status line; null until known */
        backend: z.string().nullable(),
        /** what this panel has asked the host to remember: all of it where it comes back, of a new one only how runs were left */
        past: panelState.nullable(),
      }),
    },
    /** what the panel remembers of itself, kept by the host too: the editor writes its own copy down only now and then */
    remember: { params: z.object({ state: panelState }), result: nothing },
    network: {
      params: z.object({ freeze: z.array(z.string()), interiorOutputs: z.boolean() }),
      result: network,
    },
    /**
     * the narrowest networks there are, for the rule of what can be reached (reach.ts): once for a network, whatever its
     * goals, method and rounding; `multiple`: one more than the usual ones
     */
    reach: {
      params: z.object({
        freeze: z.array(z.string()),
        interiorOutputs: z.boolean(),
        multiple: z.number().int().min(1).max(1024).optional(),
      }),
      result: reachTable,
    },
    findData: { params: nothing, result: z.object({ found: z.array(dataFound) }) },
    /** a dialogue; null where it was closed */
    pickData: {
      params: z.object({ kind: z.enum(['folder', 'file']) }),
      result: z.object({ path: z.string().nullable() }),
    },
    openData: {
      params: z.object({
        path: z.string(),
        limit: z.number().int().positive().optional(),
        validationImages: z.number().int().positive().optional(),
        labelsOf: z.string().optional(),
        noLabels: z.literal(true).optional(),
      }),
      result: dataView,
    },
    assess: { params: z.object({ draft, measure: z.boolean() }), result: assessment },
    /**
     * what the network loses where one group alone is narrowed. It goes on while the page is out of sight, and is there
     * when that comes back; called off, it ends. No question: what is known or under way, with what was asked; else null
     */
    sensitivity: {
      params: z.object({ question: sensitivityQuestion.nullable() }),
      result: z.object({ question: sensitivityQuestion, view: sensitivity }).nullable(),
    },
    start: { params: z.object({ draft }), result: z.object({ folder: z.string() }) },
    runs: { params: nothing, result: z.object({ runs: z.array(runSummary) }) },
    /** shows this run from now on: its events come as notices, from the first on */
    follow: { params: z.object({ run: z.string() }), result: runSummary },
    stop: { params: z.object({ run: z.string() }), result: nothing },
    pause: { params: z.object({ run: z.string() }), result: nothing },
    /** a paused run goes on; a stopped or failed one is started again from its checkpoint */
    resume: { params: z.object({ run: z.string() }), result: nothing },
    remove: { params: z.object({ run: z.string() }), result: z.object({ removed: z.boolean() }) },
    /** cuts, recalibrates, fine-tunes and tests another candidate than the chosen one, as the run did with its own */
    fineTune: { params: which, result: nothing },
    /** writes a candidate's model and config (fine-tuned where it was); asks where. null: the dialogue was closed */
    write: {
      params: which,
      result: writtenFiles.nullable(),
    },
    /**
     * asks what to commit, on which branch, and commits. null: it was called off.
     * `sha256`: of the files that are shown; refused where others stand there
     */
    commit: {
      params: z.object({ config: z.string(), sha256: writtenFiles.shape.sha256.optional() }),
      result: z.object({ hash: z.string(), files: z.array(z.string()) }).nullable(),
    },
    diff: { params: z.object({ a: side, b: side }), result: diff },
    /** asks for a second file to compare with; null where it was called off */
    pickSide: { params: nothing, result: z.object({ side: side.nullable() }) },
    exportDiff: {
      params: z.object({ a: side, b: side, format: diffFormat }),
      result: z.object({ file: z.string().nullable() }),
    },
    star: { params: which.extend({ starred: z.boolean() }), result: nothing },
    stars: {
      params: z.object({ run: z.string() }),
      result: z.object({ starred: z.array(candidateRef) }),
    },
    /** opens a file beside the panel, the log, or a page of help */
    open: {
      params: z.object({
        what: openable,
        path: z.string().optional(),
      }),
      result: nothing,
    },
  },
  notices: {
    /** events of the followed run, in order, without gaps; `reset` before the first of a (re-)follow */
    events: z.object({ run: z.string(), reset: z.boolean(), events: z.array(listedEvent) }),
    status: z.object({
      run: z.string(),
      status: runStatus,
      /** queued: another run is at work */
      queued: z.boolean(),
      /** why it can't be paused, stopped or resumed from here, with what to do; null where it can */
      fixed: z.string().nullable(),
      /** why it failed or was refused, with what to do; null where all is well */
      message: z.string().nullable(),
      /** last lines of its log */
      log: z.array(z.string()),
      /** megabytes of the run's process */
      memory: z.number().nullable(),
    }),
    /** how far measuring the sensitivity is */
    measuring,
    /** the list of runs changed */
    runs: z.object({ runs: z.array(runSummary) }),
    show: z.object({ tab, compare: z.object({ a: side, b: side }).nullable(), run: z.string().nullable() }),
    /** trust was given, the backend was found, settings changed */
    host: z.object({ trusted: z.boolean(), backend: z.string().nullable() }),
    /** the model's file changed on disk (or is gone): say `message`, and ask for the network again */
    changed: z.object({ message: z.string() }),
  },
} as const satisfies Contract;
export type Host = typeof host;
