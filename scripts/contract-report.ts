// `npm run contract`: runs the store's contract, and prints which engine passes what, and where engines differ and why.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ROOT } from './build.ts';

interface TestResult {
  readonly ancestorTitles: readonly string[];
  readonly title: string;
  readonly status: string;
}

interface Report {
  readonly testResults: readonly {
    readonly name: string;
    /** Why a file could not be run. */
    readonly message: string;
    readonly assertionResults: readonly TestResult[];
  }[];
}

/** As tests/contract/store.ts names its suites. */
const SUITE = /^The store "(.*)"$/;
/** As tests/contract/fixture.ts names the test of a declared difference. */
const DIFFERENCE = /^(.*) \(differs: (.*)\)$/;

const { testResults } = await runContract();
const engines = new Map<string, Map<string, string>>();
const differences: string[] = [];
let hasFailed = false;
for (const { name, message, assertionResults } of testResults) {
  if (assertionResults.length === 0) console.error(`${name} cannot be run.\n${message}`);
  hasFailed ||= assertionResults.length === 0;
  for (const result of assertionResults) tell(result);
}
const names = [...engines.keys()].sort();
const tests = [...new Set([...engines.values()].flatMap((results) => [...results.keys()]))];
print([
  ['test', ...names],
  ...tests.map((test) => [test, ...names.map((engine) => engines.get(engine)?.get(test) ?? '-')]),
]);
console.log(['', 'Differences:', ...differences.map((each) => `- ${each}`)].join('\n'));
process.exitCode = hasFailed ? 1 : 0;

function tell({ ancestorTitles: [suite = '', ...groups], title, status }: TestResult): void {
  hasFailed ||= status !== 'passed';
  // What an engine's own file tests beside the contract is no part of it.
  const engine = SUITE.exec(suite)?.[1];
  if (engine === undefined) return;
  const [, usual = title, reason] = DIFFERENCE.exec(title) ?? [];
  const test = [...groups, usual].join(' ');
  const results = engines.get(engine) ?? new Map<string, string>();
  engines.set(engine, results.set(test, reason !== undefined && status === 'passed' ? 'differs' : status));
  if (reason !== undefined) differences.push(`${engine}: ${test}: ${reason}.`);
}

async function runContract(): Promise<Report> {
  const folder = await mkdtemp(join(tmpdir(), 'tandem-contract-'));
  try {
    const file = join(folder, 'report.json');
    const jest = [
      '--experimental-vm-modules',
      '--disable-warning=ExperimentalWarning',
      'node_modules/jest/bin/jest.js',
    ];
    const options = ['tests/contract', '--json', '--silent', `--outputFile=${file}`, ...process.argv.slice(2)];
    const run = spawn(process.execPath, [...jest, ...options], { cwd: ROOT, stdio: ['ignore', 'ignore', 'inherit'] });
    await once(run, 'exit');
    return JSON.parse(await readFile(file, 'utf8')) as Report;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function print(rows: readonly (readonly string[])[]): void {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => [...(row[column] ?? '')].length)));
  for (const row of rows)
    console.log(
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    );
}
