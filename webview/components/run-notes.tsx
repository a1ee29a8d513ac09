import { run } from '../state.ts';
import { whole } from '../format.ts';
import { plural } from '../strings.ts';

/** What the shown run has said of itself beside figures: what it trains, what its outputs learn by, what it left out. */
export function RunNotes() {
  const said = [...new Set((run.value?.warnings ?? []).map(({ message }) => message))];
  if (said.length === 0) return null;
  return (
    <details class="run-notes">
      <summary class="dim">
        {plural(said.length, '{0} remark of the run', '{0} remarks of the run', whole(said.length))}
      </summary>
      <ul>
        {said.map((message) => (
          <li key={message} class="small">
            {message}
          </li>
        ))}
      </ul>
    </details>
  );
}
