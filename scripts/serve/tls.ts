// The certificate of a node, read from its files: again every minute, so that one that was renewed counts without a restart.
import { readFile } from 'node:fs/promises';
import type { Server } from 'node:https';
import { createSecureContext } from 'node:tls';
import { ConfigError } from '../../lib/config/environment.ts';

export interface TlsFiles {
  readonly cert: string;
  readonly key: string;
}

/** What the files hold, in PEM. */
export type TlsPair = TlsFiles;

const EVERY_MS = 60_000;

/** @throws ConfigError when a file cannot be read, or is not what it should be */
export async function readTls(files: TlsFiles): Promise<TlsPair> {
  try {
    const [cert, key] = await Promise.all([readFile(files.cert, 'utf8'), readFile(files.key, 'utf8')]);
    // Without either Node would make a context, too: one that no client can speak to.
    if (cert.trim() === '' || key.trim() === '') throw new Error('a file is empty.');
    createSecureContext({ cert, key });
    return { cert, key };
  } catch (error) {
    throw new ConfigError(
      `TLS_CERT_FILE and TLS_KEY_FILE must be the files of a certificate and of its key, in PEM: ${(error as Error).message}`,
    );
  }
}

/**
 * @param warn is told when new files cannot be used: the certificate stays as it was
 * @param everyMs how often the files are looked at, in milliseconds
 */
export function renewTls(
  server: Server,
  files: TlsFiles,
  first: TlsPair,
  warn: (message: string) => void,
  everyMs = EVERY_MS,
): void {
  let present = first;
  const look = async () => {
    try {
      const found = await readTls(files);
      if (found.cert === present.cert && found.key === present.key) return;
      server.setSecureContext(found);
      present = found;
    } catch (error) {
      warn((error as Error).message);
    }
  };
  setInterval(look, everyMs).unref();
}
