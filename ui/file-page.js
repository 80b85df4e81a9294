// The secret that the page shows to nodes of this machine where it was opened as a file: as such it has no origin by which they
// could know it. The first node that starts makes it, as a script beside the data, which no server serves.
(() => {
  const { tandem } = window;
  const SCRIPT = '../.data/console-secret.js';
  const isFile = location.protocol === 'file:';
  let loading;

  tandem.consoleSecret = {
    /** The header for a node. Nodes of other machines neither need nor get it. */
    async headerFor({ isLocal }) {
      if (!isFile || !isLocal) return {};
      if (!window.tandemConsoleSecret) await load();
      return window.tandemConsoleSecret ? { 'Tandem-Console': window.tandemConsoleSecret } : {};
    },

    isShownTo: ({ isLocal }) => isFile && isLocal,

    /** Has the next request load it again: there may be another one since. */
    forget() {
      window.tandemConsoleSecret = undefined;
    },
  };

  /** Resolves also while there is none: a node that starts makes it. */
  function load() {
    loading ??= new Promise((resolve) => {
      const script = tandem.el('script', { src: SCRIPT, load: end, error: end });
      function end() {
        script.remove();
        loading = undefined;
        resolve();
      }
      document.head.append(script);
    });
    return loading;
  }
})();
