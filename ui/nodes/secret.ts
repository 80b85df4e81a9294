// The secret that the page shows to nodes of this machine where it was opened as a file: as such it has no origin by which they
// could know it. The first node that starts makes it, as a script beside the data, which no server serves.

declare global {
  interface Window {
    tandemConsoleSecret?: string | undefined;
  }
}

const SCRIPT = '../.data/console-secret.js';

export const isFile = (): boolean => location.protocol === 'file:';

let loading: Promise<void> | undefined;

export const isSecretShownTo = ({ isLocal }: { readonly isLocal: boolean }): boolean => isFile() && isLocal;

/** The header for a node. Nodes of other machines neither need nor get it. */
export async function secretHeaderFor(node: { readonly isLocal: boolean }): Promise<Record<string, string>> {
  if (!isSecretShownTo(node)) return {};
  if (!window.tandemConsoleSecret) await load();
  return window.tandemConsoleSecret ? { 'Tandem-Console': window.tandemConsoleSecret } : {};
}

/** Has the next request load it again: there may be another one since. */
export function forgetSecret(): void {
  window.tandemConsoleSecret = undefined;
}

/** Resolves also while there is none: a node that starts makes it. */
function load(): Promise<void> {
  loading ??= new Promise<void>((resolve) => {
    const script = document.createElement('script');
    const end = () => {
      script.remove();
      loading = undefined;
      resolve();
    };
    script.addEventListener('load', end);
    script.addEventListener('error', end);
    script.src = SCRIPT;
    document.head.append(script);
  });
  return loading;
}
