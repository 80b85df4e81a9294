// JSON text, indented and coloured. It is never parsed as HTML, whatever it holds.
import { prettyJson } from '../nodes/json-text.ts';

export function Json({ text }: { text: string }) {
  return (
    <>
      {prettyJson(text).map(({ kind, text: piece }, i) =>
        kind === 'layout' ? (
          piece
        ) : (
          <span key={i} class={`json-${kind}`}>
            {piece}
          </span>
        ),
      )}
    </>
  );
}
