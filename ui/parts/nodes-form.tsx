// Where the nodes are. It is a plain GET form, so that using it puts both addresses into the page's own.
import { addressIn } from '../nodes/addresses.ts';
import { NODES, nodes, rememberTyped } from '../state/nodes.ts';
import { Popover } from './popover.tsx';

export function NodesForm() {
  return (
    <Popover label="Nodes" class="settings">
      <form id="settings" method="get" onSubmit={({ currentTarget }) => remember(currentTarget)}>
        <Address label="Node A, which begins as the primary" name="primary" url={nodes.a.url} />
        <Address label="Node B, which begins as the replica" name="replica" url={nodes.b.url} />
        <div class="buttons">
          <button type="submit" class="main">
            Use these
          </button>
          <a href="?">Defaults</a>
        </div>
      </form>
    </Popover>
  );
}

function Address({ label, name, url }: { label: string; name: string; url: string }) {
  return (
    <label>
      {label}
      <input type="url" name={name} required pattern="https?://.+" title="An http or https URL" defaultValue={url} />
    </label>
  );
}

/** What stands there as the link had it was not typed. */
function remember(form: HTMLFormElement): void {
  const given = new FormData(form);
  const fields = NODES.map((node) => ({ ...node, typed: addressIn(String(given.get(node.beginsAs))) }));
  const own = fields.filter(({ isFromLink, url, typed }) => !isFromLink || typed !== url);
  rememberTyped(own.flatMap(({ typed }) => typed ?? []));
}
