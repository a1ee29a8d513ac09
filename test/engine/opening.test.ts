import { expect, it } from 'vitest';
import { tellOpening } from '../../src/engine/work/opening.ts';
import { emptyRun, withEvents } from '../../src/terms/run-data.ts';
import type { ListedEvent } from '../../src/terms/run-events.ts';
import { statusLine } from '../../webview/model/stages.ts';

it('who is attached to a run sees how far its images are being opened, before its first stage', () => {
  const events: ListedEvent[] = [];
  const { onTried, onRead } = tellOpening((event) => events.push(event));
  const line = () => statusLine(withEvents(emptyRun('run'), events), 'running', null);
  expect(line()).toBe('Starting');
  onTried!(12, 756);
  expect(line()).toMatch(/^Finding out how images are resized · 12 of 756 images/);
  onRead!(30, 600);
  expect(line()).toMatch(/^Reading the images · 30 of 600 images/);
  events.push({ type: 'stage', stage: 'original', message: 'the original', seq: 3 });
  expect(line()).toBe('Scoring the original');
});
