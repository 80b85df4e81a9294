// What came of the last request. It has one size, whatever came: what is longer scrolls in it.
import { Json } from '../parts/json.tsx';
import { outcome } from '../state/request.ts';

export function Result() {
  const told = outcome.value;
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls can be scrolled with the keyboard
    <div id="result" class="result" role="status" aria-label="Result" tabIndex={0}>
      {told ? (
        <>
          <p>
            <span class={`badge ${told.tone}`}>{told.label}</span> {told.text}
            {told.code !== undefined && (
              <>
                {' '}
                <code>{told.code}</code>
              </>
            )}
          </p>
          {told.value !== undefined && (
            <pre>
              <Json text={told.value} />
            </pre>
          )}
        </>
      ) : (
        <p class="hint">The answer appears here.</p>
      )}
    </div>
  );
}
