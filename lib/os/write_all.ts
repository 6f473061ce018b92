/** What takes bytes: as many as it has room for, and says how many these were. */
export interface ByteSink {
  write(bytes: Uint8Array): Promise<number>;
}

/** Writes all of some bytes, in as many writes as it takes. @throws {Error} As the sink does. */
export async function writeAll(sink: ByteSink, bytes: Uint8Array): Promise<void> {
  for (let done = 0; done < bytes.length;) done += await sink.write(bytes.subarray(done));
}
