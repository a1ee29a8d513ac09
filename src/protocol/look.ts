import * as z from 'zod';
import type { Contract } from './contract.ts';
import { assessment, dataFound, dataView, draft, method } from './plan.ts';
import { endStatus, runSummary, writtenFiles } from './runs.ts';
import { reachTable } from './reach.ts';
import { diff, diffFormat, measuring, network, sensitivity, sensitivityQuestion, side } from './views.ts';
import { listedEvent } from '../terms/run-events.ts';
import { candidateOfRun } from '../terms/candidates.ts';
import { workStatus } from '../terms/run-folder.ts';
import type { Frozen } from '../terms/frozen.ts';

const nothing = z.object({});
/** folders of the workspace: below them the source of a config may lie */
const roots = z.array(z.string()).optional();

/** Something that a run does beyond training and writing into its own folders (src/run/plan/consent.ts). */
const deed = z.object({
  kind: z.enum(['script', 'write']),
  /** the command, or the folder or file that is written */
  what: z.string(),
});
export type Deed = Frozen<z.infer<typeof deed>>;

/**
 * What applying a config came to. same: the bytes that the run wrote; alike: the network that the run wrote, in another
 * format or container; there: the file held what would be written, and was left; cut: not trained, as asked; other: not
 * the bytes that the run wrote; unknown: nothing to compare with (a config of an older version)
 */
const applyOutcome = z.enum(['same', 'alike', 'there', 'cut', 'other', 'unknown']);
export type ApplyOutcome = z.infer<typeof applyOutcome>;

/** What the looking process answers: all that reads; what trains (apply) is asked of a process of its own. It stays quick while a run works. */
export const look = {
  requests: {
    /** `trusted`: the user trusts the workspace, from now on; until then no backend is looked for */
    hello: {
      params: z.object({ protocol: z.number(), trusted: z.boolean().optional() }),
      result: z.object({
        protocol: z.number(),
        engine: z.string(),
        pid: z.number(),
        node: z.string(),
        methods: z.array(method),
        preprocesses: z.array(z.string()),
      }),
    },
    doctor: {
      params: nothing,
      result: z.object({
        /** what a run would use */
        backend: z.string(),
        why: z.string(),
        /** one line each: name and what was found */
        lines: z.array(z.object({ name: z.string(), ok: z.boolean(), text: z.string() })),
        /** the command or step that fixes what is missing; null where all is well */
        fix: z.string().nullable(),
      }),
    },
    /** fetches or finds TensorFlow's libraries and builds the addon; progress by the notice `setup` */
    setup: {
      params: nothing,
      result: z.object({ ready: z.boolean(), why: z.string(), fix: z.string().nullable() }),
    },
    inspect: {
      params: z.object({
        model: z.string(),
        freeze: z.array(z.string()).default([]),
        interiorOutputs: z.boolean().default(false),
      }),
      result: network,
    },
    /**
     * the narrowest networks there are, for the rule of what can be reached (reach.ts): once for a network, whatever its
     * goals, method and rounding; `multiple`: one more than the usual ones
     */
    reach: {
      params: z.object({
        model: z.string(),
        freeze: z.array(z.string()),
        interiorOutputs: z.boolean(),
        multiple: z.number().int().min(1).max(1024).optional(),
      }),
      result: reachTable,
    },
    /** image sets below the folders that suit, nearest first; stops after a bounded search */
    findData: {
      params: z.object({ folders: z.array(z.string()), model: z.string() }),
      result: z.object({ found: z.array(dataFound) }),
    },
    openData: {
      params: z.object({
        path: z.string(),
        model: z.string(),
        limit: z.number().int().positive().optional(),
        validationImages: z.number().int().positive().optional(),
        labelsOf: z.string().optional(),
        noLabels: z.literal(true).optional(),
      }),
      result: dataView,
    },
    /** `measure`: runs a few training steps of this model for the predicted time, seconds of work; else what is known */
    assess: { params: z.object({ draft, measure: z.boolean() }), result: assessment },
    /**
     * what the network loses where one group alone is narrowed. Keeps the machine busy: ask a process of its own; by the
     * notice `measuring` it tells how far it is
     */
    sensitivity: { params: sensitivityQuestion.extend({ model: z.string() }), result: sensitivity },
    /** makes the folder of a new run, ready to be started; nothing runs yet */
    create: { params: z.object({ draft }), result: z.object({ folder: z.string(), id: z.string() }) },
    /** what a run would do that its user has not agreed to: scripts, files outside the workspace */
    deeds: { params: z.object({ folder: z.string() }), result: z.object({ deeds: z.array(deed) }) },
    /** notes that the user agrees to what was shown */
    agree: { params: z.object({ folder: z.string(), deeds: z.array(deed) }), result: nothing },
    runs: { params: z.object({ workspace: z.string() }), result: z.object({ runs: z.array(runSummary) }) },
    /** events of a run's file from `from` on, at most so many; more while next is not null */
    readRun: {
      params: z.object({ folder: z.string(), from: z.number(), most: z.number().int().positive().max(5000) }),
      result: z.object({ summary: runSummary, events: z.array(listedEvent), next: z.number().nullable() }),
    },
    diff: { params: z.object({ a: side, b: side, roots }), result: diff },
    exportDiff: {
      params: z.object({ a: side, b: side, format: diffFormat, roots }),
      result: z.object({ text: z.string() }),
    },
    /**
     * writes a candidate's model and config into a folder: fine-tuned where it was, else as cut and recalibrated;
     * under names at which nothing else stands
     */
    write: {
      params: candidateOfRun.extend({ out: z.string() }),
      result: writtenFiles,
    },
    /** with `data` it trains as the config says: ask a process of its own; by the notice `applying` it tells how far it is */
    apply: {
      params: z.object({
        config: z.string(),
        out: z.string().optional(),
        /** where the images are */
        data: z.string().optional(),
        cutOnly: z.boolean().optional(),
        force: z.boolean().optional(),
        roots,
      }),
      result: z.object({
        /** or what it needs first, and nothing was done */
        outcome: z.enum([...applyOutcome.options, 'images', 'weights', 'occupied']),
        /** the model's file; empty where nothing was done */
        model: z.string(),
        /** what was otherwise than the config records, or why nothing was done */
        notes: z.array(z.string()),
      }),
    },
    /** SHA-256 of a model with its weight files */
    hash: { params: z.object({ model: z.string() }), result: z.object({ sha256: z.string() }) },
    verify: {
      params: z.object({ config: z.string(), roots }),
      result: z.object({
        ok: z.boolean(),
        checks: z.array(z.object({ what: z.string(), ok: z.boolean(), text: z.string() })),
      }),
    },
  },
  notices: {
    setup: z.object({ text: z.string() }),
    applying: z.object({ done: z.number(), total: z.number() }),
    measuring,
  },
} as const satisfies Contract;
export type Look = typeof look;

/** What a process that works on one run answers, over the local pipe that its folder's engine.json names. */
export const work = {
  requests: {
    hello: {
      params: z.object({ protocol: z.number(), token: z.string() }),
      result: z.object({ protocol: z.number(), engine: z.string(), pid: z.number(), id: z.string() }),
    },
    /** from now on events come as notices; those before `seq` are read from the file with `readRun` */
    attach: { params: nothing, result: z.object({ seq: z.number(), status: workStatus }) },
    pause: { params: nothing, result: nothing },
    resume: { params: nothing, result: nothing },
    /** saves a checkpoint and ends; answers before it ends */
    stop: { params: nothing, result: nothing },
    /** whether it goes on when the last one that is attached goes away */
    keep: { params: z.object({ alone: z.boolean() }), result: nothing },
  },
  notices: {
    /** at most four times a second */
    events: z.object({ events: z.array(listedEvent) }),
    /** every second: what tells a hung process from a busy one */
    heartbeat: z.object({ rss: z.number(), status: workStatus }),
    /** the last word: how it ended */
    ended: z.object({ status: endStatus, message: z.string() }),
  },
} as const satisfies Contract;
export type Work = typeof work;
