import { describe, expect, it } from 'vitest';
import { InputError, Interrupted } from '../../../src/graph/errors.ts';
import { Failure } from '../../../src/protocol/rpc.ts';
import { NeedsTrust, tell } from '../../../src/extension/window/errors.ts';

describe('a failed command', () => {
  it('tells what the user can fix as it is, as a warning', () => {
    expect(tell(new InputError('broken.h5: is no HDF5 file'))).toMatchObject({
      severity: 'warning',
      text: 'broken.h5: is no HDF5 file',
      actions: ['log'],
    });
  });

  it('tells what is our fault in one line, with the log and the health of the engine', () => {
    const told = tell(
      new Failure('internal', 'the engine ended\nsegmentation fault\nat 0x0', 'whole stack'),
    )!;
    expect(told).toMatchObject({
      severity: 'error',
      text: 'Espalier failed: the engine ended',
      actions: ['log', 'health'],
      detail: 'whole stack',
    });
    expect(tell(new Error('x'.repeat(2000)))!.text.length).toBeLessThan(350);
  });

  it('offers to resume what happened to a run, and to set up what is missing', () => {
    expect(tell(new Failure('internal', 'killed'), true)!.actions).toContain('resume');
    expect(tell(new InputError('no TensorFlow was found on this machine'))!.actions).toEqual(['setup']);
    expect(tell(new NeedsTrust())!.actions).toEqual(['trust']);
  });

  it('says nothing of what the user stopped', () => {
    expect(tell(new Interrupted())).toBeNull();
    expect(tell(new Failure('cancelled', 'stopped'))).toBeNull();
  });
});
