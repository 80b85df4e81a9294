// A request as a command line: curl for bash, Invoke-RestMethod for PowerShell. The token stands in neither: both take it
// from the environment variable TOKEN. Keys, values and addresses may be made by strangers, and a line may be pasted into another
// shell than it is for: so no character is in it that bash, PowerShell or cmd.exe could take for more than text.

/** What a command line is made of. */
export interface LineRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | undefined;
  readonly hasToken?: boolean;
}

/** cmd.exe has no single quotes: there these end a command, or name a variable. Terminals obey control characters. */
const UNSAFE = '\\p{Cc}\\u2028\\u2029&|<>^!';
/** A name of a variable does not begin with a digit, so most of what is percent-encoded can stay. */
const VARIABLE = '%(?!\\d)';
/** PowerShell takes typographic quotes for quotes too. */
const QUOTES = "'\u2018\u2019\u201a\u201b";
const UNSAFE_IN_BASH = new RegExp(`[${UNSAFE}${QUOTES}]|${VARIABLE}`, 'gu');
const UNSAFE_IN_POWERSHELL = new RegExp(`[${UNSAFE}]|${VARIABLE}`, 'gu');

/** As bytes of UTF-8, which every bash and zsh reads within $''. */
const escaped = (character: string) =>
  [...new TextEncoder().encode(character)].map((byte) => `\\x${byte.toString(16).padStart(2, '0')}`).join('');

function inBash(text: string): string {
  if (text.search(UNSAFE_IN_BASH) === -1) return `'${text}'`;
  return `$'${text.replaceAll('\\', '\\\\').replace(UNSAFE_IN_BASH, escaped)}'`;
}

function inPowerShell(text: string): string {
  const quoted = `'${text.replace(new RegExp(`[${QUOTES}]`, 'g'), '$&$&')}'`;
  const line = quoted.replace(UNSAFE_IN_POWERSHELL, (character) => `' + [char]${character.charCodeAt(0)} + '`);
  return line === quoted ? quoted : `(${line})`;
}

function bash({ method, url, headers, body, hasToken }: LineRequest): string {
  return [
    'curl',
    ...(method === 'GET' ? [] : [`-X ${method}`]),
    inBash(url),
    ...(hasToken ? ['-H "Authorization: Bearer $TOKEN"'] : []),
    ...Object.entries(headers).map(([name, value]) => `-H ${inBash(`${name}: ${value}`)}`),
    ...(body === undefined ? [] : [`--data-raw ${inBash(body)}`]),
  ].join(' ');
}

function powershell({ method, url, headers, body, hasToken }: LineRequest): string {
  const { 'Content-Type': contentType = 'application/json', ...others } = headers;
  const table = [
    ...(hasToken ? [`'Authorization' = "Bearer $env:TOKEN"`] : []),
    ...Object.entries(others).map(([name, value]) => `${inPowerShell(name)} = ${inPowerShell(value)}`),
  ];
  return [
    'Invoke-RestMethod',
    `-Method ${method.slice(0, 1)}${method.slice(1).toLowerCase()}`,
    `-Uri ${inPowerShell(url)}`,
    ...(table.length > 0 ? [`-Headers @{ ${table.join('; ')} }`] : []),
    ...(body === undefined
      ? []
      : [`-ContentType ${inPowerShell(contentType + charset(body))}`, `-Body ${inPowerShell(body)}`]),
  ].join(' ');
}

/** Without it Windows PowerShell 5.1 sends ISO 8859-1. */
const charset = (body: string) => (/[\u0080-\uffff]/.test(body) ? '; charset=utf-8' : '');

export const commandLine = { bash, powershell };
export type Shell = keyof typeof commandLine;
