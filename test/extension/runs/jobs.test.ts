import { describe, expect, it } from 'vitest';
import { Jobs } from '../../../src/extension/runs/jobs.ts';
import { Memory } from './memory.ts';

describe('what waits and what is this window’s', () => {
  it('is a queue, each run once, that outlives a reload', () => {
    const memory = new Memory();
    const jobs = new Jobs(memory);
    jobs.enqueue({ folder: '/a' });
    jobs.enqueue({ folder: '/b', candidate: { arm: 'l1', id: 3 } });
    jobs.enqueue({ folder: '/a' });
    const later = new Jobs(memory);
    expect(later.queue.map(({ folder }) => folder)).toEqual(['/a', '/b']);
    expect(later.dequeue('/a')).toBe(true);
    expect(later.dequeue('/a')).toBe(false);
    expect(later.next()).toEqual({ folder: '/b', candidate: { arm: 'l1', id: 3 } });
    expect(later.next()).toBeNull();
    expect(new Jobs(memory).queue).toEqual([]);
  });

  it('remembers what was at work, and when the window was last alive', () => {
    const began = Date.now();
    const memory = new Memory();
    const jobs = new Jobs(memory);
    jobs.own({ folder: '/a' });
    jobs.own({ folder: '/b' });
    jobs.disown('/a');
    const later = new Jobs(memory);
    expect(later.before.jobs).toEqual([{ folder: '/b' }]);
    expect(later.before.seen).toBeGreaterThanOrEqual(began);
    expect(later.before.seen).toBeLessThanOrEqual(Date.now());
    jobs.disown('/b');
    expect(new Jobs(memory).before.jobs).toEqual([]);
  });

  it('takes nonsense for nothing', () => {
    const memory = new Memory([
      ['espalier.queue', [{ path: 1 }]],
      ['espalier.own', 'x'],
    ]);
    const jobs = new Jobs(memory);
    expect([jobs.queue, jobs.before.jobs]).toEqual([[], []]);
  });
});
