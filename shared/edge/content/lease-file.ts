/** Where the running lease survives a restart: sealed by the device, so that a copy of the disk does not open it. */
export interface LeaseFile {
  /** Null: none, or not this machine's. */
  read(): Uint8Array | null;
  write(lease: Uint8Array): void;
  /** Overwrites and removes it. */
  erase(): void;
}

/** A lease file in memory, for tests and the simulated fleet. */
export function memoryLeaseFile(): LeaseFile {
  let held: Uint8Array | null = null;
  return {
    read: () => held,
    write: (lease) => {
      held = new Uint8Array(lease);
    },
    erase: () => {
      held = null;
    },
  };
}
