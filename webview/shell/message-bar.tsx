import { message } from '../state.ts';
import { said } from '../said.ts';
import { t } from '../strings.ts';
import { Button } from '../ui.tsx';

/** What went wrong or was done, above the view, until it is closed. */
export function MessageBar() {
  const told = message.value;
  return (
    <div class="live" aria-live="polite">
      {told && (
        <div class={`message ${told.kind}`} role={told.kind === 'error' ? 'alert' : 'status'}>
          <span class="sign" aria-hidden="true">
            {told.kind === 'error' ? '✕' : '✓'}
          </span>
          <span class="text">
            {said(told.text)}
            {told.detail && (
              <details>
                <summary>{t('Details')}</summary>
                <pre>{told.detail}</pre>
              </details>
            )}
          </span>
          <span class="grow" />
          {told.actions.map((action) => (
            <Button key={action.label} onClick={action.run}>
              {action.label}
            </Button>
          ))}
          <Button kind="icon" label={t('Close')} onClick={() => (message.value = null)}>
            ✕
          </Button>
        </div>
      )}
    </div>
  );
}
