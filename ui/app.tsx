// The page: the stage and its plot above, what one asks of the nodes and their keys below, and the drawers.
import { KeysCard } from './keys/keys-card.tsx';
import { Drawers } from './parts/drawers.tsx';
import { Header } from './parts/header.tsx';
import { Plot } from './plot/plot.tsx';
import { RequestBar } from './request/request-bar.tsx';
import { Happened } from './stage/happened.tsx';
import { Stage } from './stage/stage.tsx';
import { announcement } from './state/announcement.ts';
import { drawingScale } from './state/presenting.ts';

export function App() {
  return (
    <>
      <Header />
      <main>
        <Stage />
        <Happened />
        {/* It is drawn anew for a projector. */}
        <Plot key={drawingScale.value} />
        <RequestBar />
        <KeysCard />
      </main>
      <Drawers />
      <p id="announcement" class="hidden" role="status">
        {announcement}
      </p>
    </>
  );
}
