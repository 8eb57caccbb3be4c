/** The object store, as its consumers need it. Keys are immutable and relative to the environment's prefix; see contracts/names.ts `storeKey`. */
export interface ObjectStore {
  /** `s3://bucket/prefix/key`: what references carry. */
  uri(key: string): string;
  /** The key of a URI of this store; throws UserError InvalidInput for another store's. */
  key(uri: string): string;
  /** Null when there is nothing. */
  get(key: string): Promise<Uint8Array | null>;
  /** At most `bytes` (1 or more) from byte `from` on; null when there is nothing, or nothing from there on. */
  part(key: string, from: number, bytes: number, signal?: AbortSignal): Promise<Uint8Array | null>;
  /** Size in bytes; null when there is nothing. */
  head(key: string, signal?: AbortSignal): Promise<{ bytes: number } | null>;
  put(key: string, body: Uint8Array | string, contentType?: string): Promise<void>;
  /** Streams; the file appears whole or not at all. Throws UserError OutsideRefused when there is nothing. */
  download(key: string, path: string, signal?: AbortSignal): Promise<void>;
  /** Streams; multipart above 16 MiB, in parts as large as the file's size asks for. */
  upload(path: string, key: string, signal?: AbortSignal): Promise<void>;
  /** `etag` as the store gives it, where it does: another one for other bytes. */
  list(
    prefix: string,
    signal?: AbortSignal,
  ): AsyncIterable<{ key: string; bytes: number; modified: Date; etag?: string | undefined }>;
  delete(key: string): Promise<void>;
  /** Within the store, which moves the bytes itself; the copy's time is that of the copying. False when nothing is there. */
  copy(from: string, to: string): Promise<boolean>;
  /** A link that a browser can open for a while; null when the store has none. */
  link(key: string, seconds: number): Promise<string | null>;
}

/** Uploads in parts that were begun and neither ended nor given up: nobody sees them, and they take space. */
export interface UnfinishedUploads {
  /** Throws UserError OutsideRefused where a store cannot tell. */
  unfinished(): AsyncIterable<{ key: string; id: string; began: Date }>;
  /** Also of one that has ended meanwhile. */
  giveUp(upload: { key: string; id: string }): Promise<void>;
}
