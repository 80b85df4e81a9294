// node:sqlite, loaded at its first use: a deployed node has no use for it.

export function nodeSqlite(): typeof import('node:sqlite') {
  return process.getBuiltinModule('node:sqlite');
}
