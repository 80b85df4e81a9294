// The table of keys. Of a hundred thousand rows it draws those that are seen.
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { type NodeName, nodeLetter } from '../recording/observation.ts';
import { openKey } from '../state/keys.ts';
import { lead, roleOf } from '../state/nodes.ts';
import { open } from './open-key.ts';
import type { KeyRow } from './row.ts';
import { differenceKind, statusKind, statusText, valueText, versionText } from './row-words.ts';
import { table, view } from './table-state.ts';
import { rangeOf, rowAfter, type Scrolled, topThatShows } from './window.ts';

/** As in keys.css. */
const ROW_PX = 36;
const NARROW_ROW_PX = 64;
const NARROW = '(max-width: 47.99rem)';

export function KeysTable() {
  const scroller = useRef<HTMLDivElement>(null);
  const scrolled = useScrolled(scroller);
  const { total, rowAt, emptyWords, isOld } = table.value;
  const [active, setActive] = useState(0);
  const wantsFocus = useRef(false);
  const { first, last } = rangeOf(scrolled, total);
  const { leader } = lead.value;

  useEffect(() => view({ first, last }), [first, last]);
  useLayoutEffect(() => {
    if (!wantsFocus.current) return;
    const row = scroller.current?.querySelector<HTMLElement>(`[data-index="${active}"]`);
    if (!row) return;
    wantsFocus.current = false;
    row.focus({ preventScroll: true });
  });

  function onKeyDown(event: KeyboardEvent): void {
    const to = rowAfter(event.key, active, total, Math.max(1, Math.floor(scrolled.height / scrolled.rowHeight) - 1));
    if (to === undefined) return;
    event.preventDefault();
    setActive(to);
    wantsFocus.current = true;
    if (scroller.current) scroller.current.scrollTop = topThatShows(to, scrolled);
  }

  // One row can be reached with Tab: the active one, or the first that is drawn.
  const reachable = active >= first && active < last ? active : first;
  const indexes = Array.from({ length: last - first }, (_, i) => first + i);
  return (
    <div
      class={`keys-grid ${isOld ? 'old' : ''}`}
      role="grid"
      aria-label="Keys"
      aria-rowcount={total + 1}
      aria-colcount={5}
    >
      <div class="key-row key-head" role="row" aria-rowindex={1}>
        <span role="columnheader">Key</span>
        <span role="columnheader">Value</span>
        <NodeHead node="a" />
        <NodeHead node="b" />
        <span role="columnheader">Status</span>
      </div>
      <div ref={scroller} class="keys-scroller" role="rowgroup" onKeyDown={onKeyDown}>
        <div class="keys-space" style={{ height: `${total * scrolled.rowHeight}px` }}>
          {indexes.map((index) => {
            const row = rowAt(index);
            return (
              <Row
                key={row ? `key ${row.key}` : `unread ${index}`}
                row={row}
                index={index}
                top={index * scrolled.rowHeight}
                leader={leader}
                isReachable={index === reachable}
                onActive={setActive}
              />
            );
          })}
        </div>
        {total === 0 && <p class="hint none">{emptyWords}</p>}
      </div>
    </div>
  );
}

function NodeHead({ node }: { node: NodeName }) {
  return (
    <span role="columnheader" title={`Version on node ${nodeLetter(node)}, the ${roleOf(node)}`}>
      <span class="hidden">Version on </span>
      {nodeLetter(node)}
    </span>
  );
}

interface RowProps {
  readonly row: KeyRow | undefined;
  readonly index: number;
  /** Pixels. */
  readonly top: number;
  readonly leader: NodeName;
  readonly isReachable: boolean;
  onActive(index: number): void;
}

function Row({ row, index, top, leader, isReachable, onActive }: RowProps) {
  const style = { transform: `translateY(${top}px)` };
  if (!row) {
    return (
      <div role="row" aria-rowindex={index + 2} aria-busy="true" class="key-row unread" style={style}>
        <span role="gridcell">…</span>
      </div>
    );
  }
  const isOpen = openKey.value === row.key;
  const choose = () => {
    onActive(index);
    open(row.key);
  };
  return (
    <div
      role="row"
      aria-rowindex={index + 2}
      data-index={index}
      style={style}
      class={`key-row ${row.difference ? 'differs' : ''}`}
      tabIndex={isReachable ? 0 : -1}
      aria-selected={isOpen}
      onClick={choose}
      onFocus={() => onActive(index)}
      onKeyDown={(event) => {
        if (event.key !== 'Enter' && event.key !== ' ') return;
        event.preventDefault();
        choose();
      }}
    >
      <span role="rowheader" class="code key-text" dir="auto" title={row.key}>
        {row.key}
      </span>
      <span role="gridcell" class="code value-text" dir="auto">
        {valueText(row, leader)}
      </span>
      <CopyCell row={row} node="a" leader={leader} />
      <CopyCell row={row} node="b" leader={leader} />
      <span role="gridcell" class="status-cell">
        <span class={`badge ${statusKind(row, leader)}`}>{statusText(row, leader)}</span>
      </span>
    </div>
  );
}

function CopyCell({ row, node, leader }: { row: KeyRow; node: NodeName; leader: NodeName }) {
  const copy = row.copies[node];
  const difference = node === leader ? undefined : row.difference;
  return (
    <span role="gridcell" class="copy-cell" data-node={nodeLetter(node)}>
      <span class="number">{versionText(copy)}</span>
      {difference && <span class={`badge ${differenceKind(difference)}`}>{difference}</span>}
      {copy === 'unknown' && <span class="hidden">not known</span>}
    </span>
  );
}

/** How far the table is scrolled, and how much of it is seen. */
function useScrolled(scroller: { readonly current: HTMLDivElement | null }): Scrolled {
  const [scrolled, setScrolled] = useState<Scrolled>({ top: 0, height: 360, rowHeight: ROW_PX });
  useLayoutEffect(() => {
    const element = scroller.current;
    if (!element) return;
    const narrow = matchMedia(NARROW);
    const measure = () =>
      setScrolled({
        top: element.scrollTop,
        height: element.clientHeight,
        rowHeight: narrow.matches ? NARROW_ROW_PX : ROW_PX,
      });
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    element.addEventListener('scroll', measure, { passive: true });
    narrow.addEventListener('change', measure);
    measure();
    return () => {
      observer.disconnect();
      element.removeEventListener('scroll', measure);
      narrow.removeEventListener('change', measure);
    };
  }, [scroller]);
  return scrolled;
}
