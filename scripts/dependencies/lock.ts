// What package-lock.json says of the packages that a deployed function may load.

export interface Lock {
  readonly packages: Readonly<Record<string, LockedPackage>>;
}

export interface LockedPackage {
  readonly version?: string;
  readonly license?: string;
  readonly dev?: boolean;
  readonly hasInstallScript?: boolean;
  readonly dependencies?: Readonly<Record<string, string>>;
}

export interface ProductionPackage extends LockedPackage {
  /** In the lock: `node_modules/valibot`. */
  readonly path: string;
  /** The package that asks for it; `undefined`: this project does. */
  readonly askedBy?: string | undefined;
}

/** What `dependencies` of package.json bring, each with the first package that asks for it; by name. */
export function productionPackages({ packages }: Lock): ProductionPackage[] {
  const found = new Map<string, ProductionPackage>();
  const visit = (from: string): void => {
    for (const name of Object.keys(packages[from]?.dependencies ?? {})) {
      const path = placeOf(packages, name, from);
      if (found.has(path)) continue;
      found.set(path, { ...packages[path], path, ...(from !== '' && { askedBy: nameOf(from) }) });
      visit(path);
    }
  };
  visit('');
  return [...found.values()].sort((a, b) => (a.path < b.path ? -1 : 1));
}

/** `node_modules/a/node_modules/@b/c` is `@b/c`. */
export function nameOf(path: string): string {
  return path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length);
}

/** Where Node finds a package: beside the one that asks for it, or above. */
function placeOf(packages: Lock['packages'], name: string, from: string): string {
  for (let folder = from; ; folder = folder.slice(0, Math.max(0, folder.lastIndexOf('/node_modules/')))) {
    const path = `${folder === '' ? '' : `${folder}/`}node_modules/${name}`;
    if (packages[path]) return path;
    if (folder === '') throw new Error(`The lock has no ${name} for ${from}.`);
  }
}
