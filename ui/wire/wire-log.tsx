// The log of exchanges, newest first: request and answer as they went over the wire, and the command that does the same.
import { signal } from '@preact/signals';
import { useLayoutEffect, useRef, useState } from 'preact/hooks';
import { type Answer, statusLine, toneOf } from '../nodes/exchange.ts';
import { clockTime } from '../nodes/words.ts';
import { Json } from '../parts/json.tsx';
import { announce } from '../state/announcement.ts';
import { deed, exchanges, type LoggedExchange } from '../state/exchanges.ts';
import { commandLine, type Shell } from './command-line.ts';

type Header = readonly [name: string, value: string];

const COPIED_MS = 1500;
const HIDDEN_TOKEN: Header = ['Authorization', 'Bearer …'];
const HIDDEN_SECRET: Header = ['Tandem-Console', '…'];

const shell = signal<Shell>(navigator.userAgent.includes('Windows') ? 'powershell' : 'bash');

export function WireLog() {
  return (
    <>
      {exchanges.value.length === 0 && (
        <p class="hint">
          Nothing sent yet. Each request you make here appears as it went over the wire, with the command line that does
          the same.
        </p>
      )}
      <ol id="wire">
        {exchanges.value.map((entry) => (
          <Entry key={entry.exchange.number} entry={entry} />
        ))}
      </ol>
    </>
  );
}

export function ShellChoice() {
  const choice = (value: Shell, name: string) => (
    <label>
      <input
        type="radio"
        name="shell"
        value={value}
        checked={shell.value === value}
        onChange={() => {
          shell.value = value;
        }}
      />
      <span>{name}</span>
    </label>
  );
  return (
    <fieldset class="source" id="shell">
      <legend class="hidden">Command line for</legend>
      {choice('bash', 'bash')}
      {choice('powershell', 'PowerShell')}
    </fieldset>
  );
}

function Entry({ entry }: { entry: LoggedExchange }) {
  const { exchange, note } = entry;
  const { request, response, startedAt, durationMs, error = '' } = exchange;
  const { pathname, search, host } = new URL(request.url);
  const path = pathname + search;
  const details = useRef<HTMLDetailsElement>(null);
  const isFresh = entry.deed === deed.value;
  // The exchanges of one deed stand out. What the user unfolds again stays so.
  useLayoutEffect(() => {
    if (details.current) details.current.open = isFresh;
  }, [isFresh]);
  const sent: Header[] = [
    ['Host', host],
    ...(request.hasToken ? [HIDDEN_TOKEN] : []),
    ...(request.hasSecret ? [HIDDEN_SECRET] : []),
    ...Object.entries(request.headers),
  ];
  return (
    <li class="card">
      <details ref={details}>
        <summary>
          <b class="code">{request.method}</b>
          <span class="code path" title={path}>
            {path}
          </span>
          <span class="sent-to">{request.nodeLabel}</span>
          <span class={`badge ${response ? toneOf(response) : 'bad'}`}>
            {response ? statusLine(response) : 'no answer'}
          </span>
          <small>
            {clockTime(startedAt)} · {Math.round(durationMs)} ms
          </small>
        </summary>
        {note !== undefined && <p class="note">{note}</p>}
        <Command line={commandLine[shell.value](request)} />
        <div class="messages">
          <Message title="Request" firstLine={`${request.method} ${path}`} headers={sent} body={request.body} />
          <Reply response={response} error={error} />
        </div>
      </details>
    </li>
  );
}

function Reply({ response, error }: { response: Answer | undefined; error: string }) {
  if (!response) return <Message title="Answer" firstLine={error} headers={[]} />;
  return <Message title="Answer" firstLine={statusLine(response)} headers={response.headers} body={response.text} />;
}

interface MessageProps {
  readonly title: string;
  readonly firstLine: string;
  readonly headers: readonly Header[];
  readonly body?: string | undefined;
}

function Message({ title, firstLine, headers, body }: MessageProps) {
  return (
    <section>
      <h3>{title}</h3>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls can be scrolled with the keyboard */}
      <pre tabIndex={0}>
        <b>{firstLine}</b>
        {headers.map(([name, value]) => (
          <span key={name}>
            {'\n'}
            <span class="header">{name}: </span>
            {value}
          </span>
        ))}
        {body && (
          <>
            {'\n\n'}
            <Json text={body} />
          </>
        )}
      </pre>
    </section>
  );
}

function Command({ line }: { line: string }) {
  const code = useRef<HTMLElement>(null);
  const [label, setLabel] = useState('Copy');
  const copy = async () => {
    const isCopied = await navigator.clipboard?.writeText(line).then(
      () => true,
      () => false,
    );
    // A page that is not on localhost or HTTPS has no clipboard.
    if (!isCopied && code.current) getSelection()?.selectAllChildren(code.current);
    setLabel(isCopied ? 'Copied' : 'Selected');
    announce(isCopied ? 'Copied.' : 'Selected: copy it with your keyboard.');
    setTimeout(() => setLabel('Copy'), COPIED_MS);
  };
  return (
    <div class="command">
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls can be scrolled with the keyboard */}
      <pre tabIndex={0}>
        <code ref={code}>{line}</code>
      </pre>
      <button type="button" aria-label="Copy the command line" onClick={copy}>
        {label}
      </button>
    </div>
  );
}
