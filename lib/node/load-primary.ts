// The primary of this process's node, loaded where it is needed: a replica, and a durable primary that only reads, start
// without it. An import takes Node longer each time than all else that a read does: so it is made once.

let loaded: Promise<typeof import('./primary.ts')> | undefined;

export function loadPrimary(): Promise<typeof import('./primary.ts')> {
  loaded ??= import('./primary.ts');
  return loaded;
}
