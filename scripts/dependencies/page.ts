// docs/dependencies.md: the licences and install scripts of what a deployed function is made of, and what checks the runtime.
import { type Lock, nameOf, productionPackages } from './lock.ts';

export interface Runtime {
  readonly version: string;
  /** By platform: what the registry's package of Node for it hashes to. */
  readonly integrity: Readonly<Record<string, string>>;
}

/**
 * @param allowScripts of package.json: whose install scripts run
 * @param released the day of each package's newest release, by name
 */
export function dependenciesPage(
  lock: Lock,
  allowScripts: Readonly<Record<string, boolean>>,
  { version, integrity }: Runtime,
  released: ReadonlyMap<string, string>,
): string {
  const production = productionPackages(lock).map(({ path, version, license, hasInstallScript, askedBy }) => {
    const name = nameOf(path);
    return [
      `\`${name}\``,
      version,
      license,
      hasInstallScript ? 'yes' : 'no',
      released.get(name),
      askedBy ?? 'this project',
    ];
  });
  const scripts = Object.entries(lock.packages)
    .filter(([, { hasInstallScript }]) => hasInstallScript)
    .map(([path, { version, dev }]) => [
      `\`${nameOf(path)}\``,
      version,
      dev ? 'development' : 'production',
      allowScripts[nameOf(path)] ? 'runs' : 'does not run',
    ]);
  return `# Dependencies

Written by \`npm run dependencies\`, from the lock and from what the registry tells. A test holds it against the lock.

## What a deployed function is made of

The packages that \`dependencies\` of \`package.json\` bring. The build makes one artifact of what is used of them. *Newest* is the day
of the newest release of the package, of whichever version; the script refuses a package that has had none for two years. The AWS
SDK asks for old versions of \`mnemonist\` and \`obliterator\`, for a cache of endpoints that stays empty.

${table(['package', 'version', 'licence', 'install script', 'newest', 'asked for by'], production)}

## Install scripts

All packages of the lock that have one. Which of them run is said in \`allowScripts\` of \`package.json\`, which newer
versions of npm obey. None is in the artifact. Of the packages in \`tests/package.json\` and
\`scripts/tour/package.json\` none runs.

${table(['package', 'version', 'for', 'its script'], scripts)}

## The runtime

The install script of \`node\` fetches the binary of Node ${version} for the platform from the registry, as a package that the lock does
not name. npm checks it against what the registry says. \`scripts/install.mjs\` checks that npm has found what stands here:

${table(
  ['platform', 'integrity'],
  Object.entries(integrity).map(([platform, hash]) => [platform, `\`${hash}\``]),
)}

**The exception:** a platform that is not in this table has only the registry's word. The registry from which it was written had no
such package. Which binary runs a deployed function is up to AWS.
`;
}

function table(head: readonly string[], rows: ReadonlyArray<ReadonlyArray<string | undefined>>): string {
  const line = (cells: readonly (string | undefined)[]) => `| ${cells.map((cell) => cell ?? '?').join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}
