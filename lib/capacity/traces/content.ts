import { show } from '../../core/problem';
import { reasonOf, refuse } from './samples';

/** Unpacks gzip: `gunzipSync` of `node:zlib`, or whatever a browser has. */
export type Gunzip = (packed: Uint8Array) => Uint8Array;

/** The text of a file, unpacked where it is gzip. */
export function textOf(content: Uint8Array | string, name: string, gunzip?: Gunzip): string {
  const text = typeof content === 'string' ? content : decoded(unpacked(content, name, gunzip), name);
  if (text.includes('\0')) refuse(name, `must be CSV or JSON, got ${binaryKind(text)}`);
  return text.replace(/^\ufeff/, '');
}

function unpacked(content: Uint8Array, name: string, gunzip?: Gunzip): Uint8Array {
  if (content[0] !== 0x1f || content[1] !== 0x8b) return content;
  if (gunzip === undefined) {
    refuse(name, 'must come with what unpacks it, as it is gzip: give gunzip, in Node gunzipSync of node:zlib');
  }
  try {
    return gunzip(content);
  } catch (error) {
    const reason = reasonOf(error);
    return refuse(name, `must be whole gzip, but it can't be unpacked (${reason}): fetch it again`);
  }
}

function decoded(bytes: Uint8Array, name: string): string {
  // Excel's "Unicode text".
  const encoding = bytes[0] === 0xff && bytes[1] === 0xfe ? 'utf-16le' : 'utf-8';
  try {
    return new TextDecoder(encoding, { fatal: true }).decode(bytes);
  } catch {
    const start = String.fromCharCode(...bytes.subarray(0, 8));
    return refuse(name, `must be CSV or JSON in UTF-8, got ${binaryKind(start)}`);
  }
}

const KINDS: readonly (readonly [string, string])[] = [
  ['PK', 'a ZIP, as Excel writes: save the sheet as CSV'],
  ['PAR1', 'Parquet: export it as CSV'],
  ['(\xb5/\xfd', 'zstd: unpack it first'],
  ['BZh', 'bzip2: unpack it first'],
  ['\xfd7zXZ', 'xz: unpack it first'],
];

function binaryKind(start: string): string {
  const kind = KINDS.find(([magic]) => start.startsWith(magic));
  return kind === undefined ? `binary data, starting with ${show(start.slice(0, 8).replace(/[^ -~]/g, '.'))}` : kind[1];
}
