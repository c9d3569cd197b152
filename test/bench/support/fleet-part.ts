import { fleetHub } from './fleet-hub.ts';
import { beFleetProcess } from './fleet-process.ts';
import { fleetTerminals } from './fleet-terminals.ts';

/** A hub or some terminals of `fleet`: a program of nothing else, so that the memory of a hub is a hub's. */
await beFleetProcess((setup) => (setup.as === 'hub' ? fleetHub(setup) : fleetTerminals(setup)));
