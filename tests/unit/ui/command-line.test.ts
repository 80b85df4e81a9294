// The console's command lines: each does what it says in its own shell, and nothing in another one, whatever keys, values and
// addresses hold.
import { execFileSync } from 'node:child_process';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { commandLine, type LineRequest, type Shell } from '../../../ui/wire/command-line.ts';

const SEED = 11;
const put = (body: string, url = 'http://localhost:5000/key/foo'): LineRequest => ({
  method: 'PUT',
  url,
  headers: { 'Content-Type': 'application/json', 'If-Match': '"1-1"' },
  body,
});

/** Values that end a command, begin another one or name a variable in one shell or the other. */
const HOSTILE = [
  'x & calc.exe',
  '" & calc.exe & "',
  "' & calc.exe & '",
  'x | more > out.txt < in.txt',
  '%COMSPEC% %DB_PASSWORD:~0,3% %% %',
  '!PATH! ^& ^',
  'one\r\ncalc.exe\r\n',
  "'; calc.exe; '",
  '\u2018; calc.exe; \u2019 \u201a\u201b',
  '$(calc.exe) `calc.exe` $env:TOKEN $TOKEN',
  '\\',
  "\\' & calc.exe",
  "$'\\x26'",
  '\u001b[201~calc.exe\r',
  '\u009b201~',
  'two\u2028lines\u2029here',
  '😀 & ключ',
];
const MADE_UP = fc.sample(fc.string({ unit: 'binary', maxLength: 30 }), { seed: SEED, numRuns: 300 });
/** No text of the console has NUL in it, which no argument can hold. */
const TEXTS = [...HOSTILE, ...MADE_UP.filter((text) => !text.includes('\0'))];

describe.each<Shell>(['bash', 'powershell'])('the line for %s', (shell) => {
  const line = commandLine[shell];

  test('has nothing in it that cmd.exe or a terminal would act on', () => {
    for (const text of TEXTS) {
      for (const request of [put(text), put('1', `https://evil.example/${text}`)])
        expect(line(request)).not.toMatch(/[\p{Cc}\u2028\u2029&|<>^!]|%(?!\d)/u);
    }
  });

  test('stays as people would write it where it can', () => {
    expect(line(put('{"value":"hello"}', 'http://localhost:5000/key/a%2Fb%20c'))).toBe(
      shell === 'bash'
        ? `curl -X PUT 'http://localhost:5000/key/a%2Fb%20c' -H 'Content-Type: application/json' -H 'If-Match: "1-1"' --data-raw '{"value":"hello"}'`
        : `Invoke-RestMethod -Method Put -Uri 'http://localhost:5000/key/a%2Fb%20c' -Headers @{ 'If-Match' = '"1-1"' } -ContentType 'application/json' -Body '{"value":"hello"}'`,
    );
  });
});

test('bash: no quote in a text ends a string of PowerShell', () => {
  for (const text of TEXTS) {
    const [, quoted = ''] = / --data-raw \$?'(.*)'$/s.exec(commandLine.bash(put(text))) ?? [];
    expect(quoted).not.toMatch(/['\u2018-\u201b]/);
  }
});

const onBash = process.platform === 'win32' ? test.skip : test;

onBash('bash gives the command these very texts', () => {
  const headers = Object.fromEntries(TEXTS.map((text, i) => [`X-${i}`, text]));
  const command = commandLine.bash({ method: 'GET', url: 'http://localhost:5000/keys', headers });
  const printed = execFileSync('bash', ['-c', command.replace('curl', "printf '%s\\0'")], { encoding: 'utf8' });
  expect(printed.split('\0')).toEqual([
    'http://localhost:5000/keys',
    ...TEXTS.flatMap((text, i) => ['-H', `X-${i}: ${text}`]),
    '',
  ]);
});

test('PowerShell gives the command these very texts', () => {
  for (const text of TEXTS) {
    const [, expression = ''] = / -Body (.*)$/s.exec(commandLine.powershell(put(text))) ?? [];
    expect(valueInPowerShell(expression)).toBe(text);
  }
});

/** The value of strings and characters that are added, in parentheses, or of one string. */
function valueInPowerShell(expression: string): string {
  const sum = expression.startsWith('(') ? expression.slice(1, -1) : expression;
  let value = '';
  let rest = ` + ${sum}`;
  while (rest !== '') {
    const [whole, code, text = ''] = /^ \+ (?:\[char\](\d+)|'((?:[^'‘’‚‛]|(['‘’‚‛])\3)*)')/u.exec(rest) ?? [];
    if (whole === undefined) throw new Error(`PowerShell would not read ${rest}.`);
    value += code === undefined ? text.replaceAll(/(['‘’‚‛])\1/g, '$1') : String.fromCharCode(Number(code));
    rest = rest.slice(whole.length);
  }
  return value;
}
