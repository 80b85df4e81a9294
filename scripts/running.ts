// Whether the program that holds a port is Tandem itself, started before.

/** What Tandem answers, and hardly anything else does. */
export interface Sign {
  readonly url: string;
  /** It is in the body of the answer. */
  readonly text: string;
}

const LIMIT_MS = 1000;

export function signOfNode(port: number): Sign {
  // Unlike /healthz, a node answers this whatever its state.
  return { url: `http://127.0.0.1:${port}/openapi.json`, text: '"title":"Tandem"' };
}

export function signOfConsole(port: number): Sign {
  return { url: `http://127.0.0.1:${port}/`, text: '<title>Tandem</title>' };
}

/** False also when nobody answers in time, or not in HTTP. */
export async function isThere({ url, text }: Sign): Promise<boolean> {
  try {
    const answer = await fetch(url, { signal: AbortSignal.timeout(LIMIT_MS) });
    return (await answer.text()).includes(text);
  } catch {
    return false;
  }
}
