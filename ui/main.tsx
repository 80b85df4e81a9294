// Puts the page together.
import './language.ts';
import { render } from 'preact';
import { App } from './app.tsx';
import { startOpenKey } from './keys/open-key.ts';
import { startTable } from './keys/table-state.ts';
import { replayPath } from './plot/replay-link.ts';
import { lead } from './state/nodes.ts';
import { openFromAddress } from './tour/state.ts';
import { startFollowing } from './watch/follow.ts';
import { lookAtHeld, startHeld } from './watch/held.ts';
import { lookAtLauncher } from './watch/launcher.ts';
import { afterEachLook, lookAtBacklog, startWatching } from './watch/watch.ts';

afterEachLook(() => lookAtBacklog(lead.value.leader));
afterEachLook(lookAtLauncher);
afterEachLook(lookAtHeld);

const place = document.getElementById('app');
if (place) {
  place.replaceChildren();
  openFromAddress();
  render(<App />, place);
}
// What a link replays is seen without nodes: none is asked for anything.
if (replayPath(location.search) === undefined) {
  startHeld();
  startTable();
  startOpenKey();
  startWatching();
  startFollowing();
}
