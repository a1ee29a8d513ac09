import { run } from '../state.ts';
import { whole } from '../format.ts';
import { plural } from '../strings.ts';
import { said } from '../said.ts';

/** What the shown run has said of itself beside figures: what it trains, what its outputs learn by, what it left out. */
export function RunNotes() {
  const remarks = [...new Set((run.value?.warnings ?? []).map(({ message }) => said(message)))];
  if (remarks.length === 0) return null;
  return (
    <details class="run-notes">
      <summary class="dim">
        {plural(remarks.length, '{0} remark of the run', '{0} remarks of the run', whole(remarks.length))}
      </summary>
      <ul>
        {remarks.map((message) => (
          <li key={message} class="small">
            {message}
          </li>
        ))}
      </ul>
    </details>
  );
}
