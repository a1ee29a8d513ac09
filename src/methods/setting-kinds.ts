import * as z from 'zod';
import { schedule } from '../terms/training.ts';
import { recalibrationModes } from '../runtime/training/recalibrate.ts';

/** Kinds of settings that several methods have. */

export const share = z.number().min(0).max(1);
/** 1 or more */
export const count = z.number().int().min(1);
/** 0 or more */
export const whole = z.number().int().min(0);
export const positive = z.number().positive();
export const notNegative = z.number().min(0);

/** Of a search's candidates, how many race with the baselines where the user says nothing. */
export const RACED = 4;

/** how a rate goes over a training */
export const rates = schedule.shape.kind;
/** batch norms' statistics: average of the batches', or the paper's running ones */
export const recalibrationMode = z.enum(recalibrationModes);
