// The drawers at the lower edge of the window: the wire log, the faults, the divergent writes. One is open at most, and what is on
// the page stays where it is.
import { effect } from '@preact/signals';
import type { ComponentChildren } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { AcknowledgeButton, DivergentDrawer, divergentCount } from '../divergent/divergent-drawer.tsx';
import { FaultDrawer } from '../faults/fault-drawer.tsx';
import { areFaultsOffered } from '../faults/faults-button.tsx';
import { type Drawer, drawer, toggleDrawer } from '../state/drawers.ts';
import { exchanges } from '../state/exchanges.ts';
import { TourPanel, TourSpotlight } from '../tour/tour-panel.tsx';
import { ShellChoice, WireLog } from '../wire/wire-log.tsx';

const TITLES: Readonly<Record<Drawer, string>> = {
  wire: 'On the wire',
  faults: 'Break it on purpose',
  divergent: 'Divergent writes',
};

// A drawer that has nothing in it any more closes.
effect(() => {
  if (drawer.value === 'divergent' && divergentCount.value === 0) drawer.value = undefined;
  if (drawer.value === 'faults' && !areFaultsOffered.value) drawer.value = undefined;
});

export function Drawers() {
  const open = drawer.value;
  return (
    <>
      {/* What is below a drawer can be scrolled out from under it. */}
      {open && <div class="drawer-room" />}
      <TourSpotlight />
      <div class="drawers">
        <TourPanel />
        {open === 'wire' && (
          <OpenDrawer name="wire" extra={<ShellChoice />}>
            <WireLog />
          </OpenDrawer>
        )}
        {open === 'faults' && (
          <OpenDrawer name="faults">
            <FaultDrawer />
          </OpenDrawer>
        )}
        {open === 'divergent' && (
          <OpenDrawer name="divergent" extra={<AcknowledgeButton />}>
            <DivergentDrawer />
          </OpenDrawer>
        )}
        <nav class="drawer-bar" aria-label="Drawers">
          <Tab name="wire" label="Wire log" count={exchanges.value.length} />
          {divergentCount.value > 0 && (
            <Tab name="divergent" label="Divergent" count={divergentCount.value} tone="bad" />
          )}
        </nav>
      </div>
    </>
  );
}

interface TabProps {
  readonly name: Drawer;
  readonly label: string;
  readonly count: number;
  readonly tone?: string;
}

function Tab({ name, label, count, tone = '' }: TabProps) {
  return (
    <button
      type="button"
      class="small"
      id={`tab-${name}`}
      aria-expanded={drawer.value === name}
      onClick={() => toggleDrawer(name)}
    >
      {label}
      {count > 0 && (
        <>
          {' '}
          <span class={`count ${tone}`}>{count.toLocaleString('en')}</span>
        </>
      )}
    </button>
  );
}

interface OpenDrawerProps {
  readonly name: Drawer;
  readonly extra?: ComponentChildren;
  readonly children: ComponentChildren;
}

function OpenDrawer({ name, extra, children }: OpenDrawerProps) {
  const section = useRef<HTMLElement>(null);
  const titleId = `drawer-${name}`;
  useEffect(() => {
    // It opens from several places, and the focus returns to where it came from.
    const from = document.activeElement;
    section.current?.focus({ preventScroll: true });
    return () => {
      const isInside = document.activeElement === document.body || section.current?.contains(document.activeElement);
      if (isInside && from instanceof HTMLElement) from.focus({ preventScroll: true });
    };
  }, []);
  const close = () => {
    drawer.value = undefined;
  };
  return (
    <section
      ref={section}
      class={`drawer drawer-${name}`}
      aria-labelledby={titleId}
      tabIndex={-1}
      onKeyDown={({ key, defaultPrevented }) => {
        if (key === 'Escape' && !defaultPrevented) close();
      }}
    >
      <div class="drawer-head">
        <h2 id={titleId}>{TITLES[name]}</h2>
        {extra}
        <button type="button" class="small close" onClick={close}>
          Close
        </button>
      </div>
      <div class="drawer-body">{children}</div>
    </section>
  );
}
