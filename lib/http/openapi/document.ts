// The OpenAPI 3.1 description.
import packageJson from '../../../package.json' with { type: 'json' };
import { MAX_KEY_BYTES } from '../../limits.ts';
import type { Json } from '../json-schema.ts';
import { withExamples } from './examples.ts';
import { FAULT_PATHS } from './fault-paths.ts';
import { withHead } from './head.ts';
import { KEY_PATHS } from './key-paths.ts';
import { PEER_PATHS } from './peer-paths.ts';
import { RESPONSE_SCHEMAS } from './responses.ts';
import { STATE_PATHS } from './state-paths.ts';
import { TAGS, withTags } from './tags.ts';

const token = (description: string): Json => ({ type: 'http', scheme: 'bearer', description });

const PATHS = { ...KEY_PATHS, ...STATE_PATHS, ...FAULT_PATHS, ...PEER_PATHS };

/**
 * @param address of the node, as a client reaches it: programs that are made of the document start there
 * @returns the document, as `GET /openapi.json` serves it
 */
export function openApiDocument(address = 'http://localhost:5000'): Json {
  return {
    openapi: '3.1.0',
    info: {
      title: 'Tandem',
      version: packageJson.version,
      description:
        'A small replicated key-value store: a primary that takes writes, and a replica that holds a copy. A node that is not deployed answers requests for its own machine, and pages of that machine, only: others get 403 `forbidden_origin` from every route.',
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: [{ url: address }],
    tags: TAGS,
    paths: withTags(withHead(PATHS)),
    components: {
      schemas: withExamples(RESPONSE_SCHEMAS),
      parameters: {
        key: {
          name: 'key',
          in: 'path',
          required: true,
          description: '1 to 1,024 bytes of UTF-8, percent-encoded; slashes may stand as they are.',
          schema: { type: 'string', minLength: 1, maxLength: MAX_KEY_BYTES },
        },
      },
      headers: {
        ETag: { description: 'Names this version of the key, on both nodes.', schema: { type: 'string' } },
        Location: { description: 'Where the new key is.', schema: { type: 'string' } },
        'Last-Modified': { description: 'When it was written.', schema: { type: 'string' } },
        'Node-Role': {
          description: 'The role of the node that has answered.',
          schema: { enum: ['primary', 'replica'] },
        },
        'Node-Epoch': { description: 'The highest epoch that it has seen.', schema: { type: 'string' } },
        Staleness: {
          description:
            'Of a replica, in milliseconds: since it last heard from its primary, plus the age of the oldest write that this then owed it. Absent where it has not heard, or is being refilled.',
          schema: { type: 'string' },
        },
        'Preference-Applied': {
          description: '`respond-async`, where that was asked for.',
          schema: { type: 'string' },
        },
        'Replication-Status': {
          description: 'How its copy is doing.',
          schema: { enum: ['pending', 'replicated', 'replication_failed', 'replica'] },
        },
      },
      securitySchemes: {
        read: token('READ_TOKEN, where the node has one: it reads.'),
        write: token('WRITE_TOKEN, where the node has one: it writes and reads. A deployed node has both.'),
        peer: token('PEER_TOKEN: what the nodes show each other.'),
      },
    },
  };
}
