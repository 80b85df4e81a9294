// What this tab remembers, for as long as it is open. A browser that is told to store nothing throws when asked for it: then it
// is remembered as long as the page is.

const kept = new Map<string, string>();

export const tab = {
  get: (name: string): string => storage()?.getItem(name) ?? kept.get(name) ?? '',

  /** @param text empty: it is forgotten */
  set(name: string, text: string): void {
    kept.set(name, text);
    if (text === '') storage()?.removeItem(name);
    else storage()?.setItem(name, text);
  },
};

function storage(): Storage | undefined {
  try {
    return sessionStorage;
  } catch {
    return undefined;
  }
}
