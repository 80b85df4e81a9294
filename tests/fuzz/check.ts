// What every answer must be like, whatever was asked.
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import formats from 'ajv-formats';
import { type ErrorCode, MAX_EXCERPT } from '../../lib/errors.ts';
import { openApiDocument } from '../../lib/http/openapi/document.ts';
import { PROBLEMS } from '../../lib/http/problem.ts';
import { ROUTES } from '../../lib/http/routes.ts';
import type { FuzzRequest } from './requests.ts';
import type { FuzzAnswer } from './send.ts';

const DOCUMENT = openApiDocument() as {
  readonly paths: Readonly<Record<string, Readonly<Record<string, { responses: Record<string, Described> }>>>>;
};

interface Described {
  readonly content?: Readonly<Record<string, { readonly schema: object }>>;
}

const ajv = new Ajv2020({ strict: false });
formats.default(ajv);
ajv.addSchema(openApiDocument(), 'openapi');

/** What the gateway refuses before it is a request of any route: no route describes it. */
const UNREADABLE = [400, 408, 413, 417, 431, 501];

/**
 * @param isReadable whether what was sent is certainly HTTP
 * @returns what is wrong with an answer, in words; nothing if it is as it should be
 */
export function problemsOf(request: FuzzRequest, answer: FuzzAnswer, isReadable: boolean): string[] {
  const { status, body, headers } = answer;
  const parsed = parse(body);
  if (parsed === undefined) return [`the body is no JSON: ${body.slice(0, 200)}`];
  const problems: string[] = [];
  const isEmpty = body === '';
  const isProblem = status >= 400;
  const type = headers['content-type'];
  if (!isEmpty && type !== (isProblem ? 'application/problem+json' : 'application/json'))
    problems.push(`the content type is ${type}`);
  const isOfGateway = !isReadable && UNREADABLE.includes(status);
  if (status >= 500 && !isOfGateway) problems.push(...failureProblems(answer, parsed));
  if (isEmpty && request.method !== 'HEAD' && status !== 304) problems.push('there is no body');
  if (isProblem && !isEmpty) problems.push(...detailProblems(request, status, parsed));
  if (isOfGateway) return problems;
  problems.push(...describedProblems(request, answer, parsed));
  return problems;
}

function parse(body: string): unknown {
  try {
    return body === '' ? null : JSON.parse(body);
  } catch {
    return undefined;
  }
}

/** 503 says when to try again; a full store is the only other failure of a node that works. */
function failureProblems({ status, headers }: FuzzAnswer, body: unknown): string[] {
  const { code = '' } = Object(body) as { code?: string };
  if (status === 507) return [];
  if (status !== 503) return [`it is a ${status} (${code})`];
  return headers['retry-after'] === undefined ? ['a 503 without Retry-After'] : [];
}

function detailProblems(request: FuzzRequest, status: number, body: unknown): string[] {
  const { code, detail, status: said } = Object(body) as { code?: ErrorCode; detail?: string; status?: number };
  const problems = invalid({ $ref: 'openapi#/components/schemas/Problem' }, body);
  if (code === undefined || PROBLEMS[code]?.status !== status || said !== status)
    problems.push(`${code} is not ${status}`);
  for (const [name, text] of Object.entries(Object(body)))
    if (typeof text === 'string' && repeats(request, text))
      problems.push(`${name} repeats what was sent: ${text.slice(0, 300)}`);
  if (typeof detail === 'string' && detail.length > 1000) problems.push(`the detail has ${detail.length} characters`);
  return problems;
}

/** Whether more than 100 characters in a row are those that were sent. */
function repeats({ target, headers, body }: FuzzRequest, text: string): boolean {
  const length = MAX_EXCERPT + 1;
  if (text.length < length) return false;
  const sent = [target, decoded(target), ...Object.values(headers), body?.toString() ?? ''].join('\n');
  for (let i = 0; i + length <= text.length; i++) if (sent.includes(text.slice(i, i + length))) return true;
  return false;
}

function decoded(target: string): string {
  try {
    return decodeURIComponent(target);
  } catch {
    return target;
  }
}

/** Each status of a route is in the OpenAPI document, and what comes with it is as described there. */
function describedProblems({ method, target }: FuzzRequest, { status, body }: FuzzAnswer, parsed: unknown): string[] {
  const path = pathOf(method, target);
  if (path === undefined || status === 404 || status === 405) return [];
  const described = DOCUMENT.paths[path]?.[method.toLowerCase()]?.responses[String(status)];
  if (described === undefined) return [`${status} is not described for ${method} ${path}`];
  const schema = described.content?.['application/json']?.schema;
  if (schema === undefined || body === '') return [];
  return invalid(JSON.parse(JSON.stringify(schema).replaceAll('"#/components', '"openapi#/components')), parsed);
}

/** The path of the OpenAPI document that a request is for; `undefined` for none, or none that is plain to see. */
function pathOf(method: string, target: string): string | undefined {
  const [path = ''] = target.split('?');
  if (/%|\/\.|\/\//.test(path.replace(/^\/(key|status|divergent)\/.*/, ''))) return undefined;
  for (const route of ROUTES) {
    const [of = '', pattern = ''] = route.split(' ');
    const [prefix = '', isGreedy] = pattern.split(/\{\w+(\+?)\}/);
    const rest = path.startsWith(prefix) ? path.slice(prefix.length) : '';
    const isFound = isGreedy === undefined ? path === pattern : rest !== '' && (isGreedy !== '' || !rest.includes('/'));
    if (of === method && isFound && !/\/\.\.?(\/|$)/.test(path)) return pattern.replace('+', '');
  }
  return undefined;
}

function invalid(schema: object, value: unknown): string[] {
  const key = JSON.stringify(schema);
  const validate = cached(key, schema);
  return validate(value)
    ? []
    : [`not as described: ${ajv.errorsText(validate.errors)}: ${JSON.stringify(value)?.slice(0, 300)}`];
}

const byText = new Map<string, ValidateFunction>();
function cached(key: string, schema: object): ValidateFunction {
  const known = byText.get(key) ?? ajv.compile(schema);
  byText.set(key, known);
  return known;
}
