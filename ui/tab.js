// What this tab remembers, for as long as it is open. A browser that is told to store nothing throws when asked for it: then it
// is remembered as long as the page is.
(() => {
  const kept = new Map();

  window.tandem.tab = {
    get: (name) => storage()?.getItem(name) ?? kept.get(name) ?? '',

    /** @param text empty: it is forgotten */
    set(name, text) {
      kept.set(name, text);
      if (text === '') storage()?.removeItem(name);
      else storage()?.setItem(name, text);
    },
  };

  function storage() {
    try {
      return sessionStorage;
    } catch {
      return undefined;
    }
  }
})();
