import type { SealedObjectStore } from '#hub/app/content/folder-store.ts';
import type { FleetAuthority } from '#hub/pki/authority.ts';
import type { Broker } from '#hub/ports/broker.ts';
import type { CheckpointKeep } from '#hub/ports/checkpoint-keep.ts';
import type { KeyEncryption } from '#hub/ports/key-encryption.ts';
import type { HubDoors } from './http-host.ts';

/** What a hub stands on where its settings do not say: the simulation of the fleet has neither sockets nor files (DESIGN §8). */
export interface HubTechnology {
  readonly authority: FleetAuthority;
  readonly broker: Broker;
  readonly doors: HubDoors;
  readonly objects: SealedObjectStore;
  readonly keys: KeyEncryption;
  readonly checkpoints: CheckpointKeep;
}
