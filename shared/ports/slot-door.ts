/** The door before the drive: locked while writing or destroying, so that a medium is not pulled by accident. */
export interface SlotDoor {
  lock(): Promise<void>;
  release(): Promise<void>;
}
