import type { ContainerEngine } from '../core/ports.ts';
import * as problems from '../core/problems.ts';
import { dataOwnerMark, dataVolumes } from '../node/dataVolumes.ts';
import type { Locations } from '../node/locations.ts';
import type { DataMethods } from '../shared/controlProtocol.ts';
import { fail, ok, type Result } from '../shared/result.ts';
import type { Instance } from './instances/instance.ts';
import type { InstancePool } from './instances/pool.ts';

type Handlers = {
  readonly [Name in keyof DataMethods]: (params: DataMethods[Name]['params']) => Promise<Result<DataMethods[Name]['result']>>;
};

interface Parts {
  readonly locations: Locations;
  readonly pool: InstancePool;
  readonly engine: () => Promise<ContainerEngine>;
}

/** What people ask for of the data that servers keep. */
export function dataHandlers({ locations, pool, engine }: Parts): Handlers {
  const usersOf = (volume: string): readonly Instance[] =>
    pool.all.filter(({ spec: { server, surroundings }, state }) => {
      const isThere = state.kind !== 'stopped' && state.kind !== 'failed';
      const isContainer = server.kind === 'image' || server.kind === 'poci';
      return isThere && isContainer && dataVolumes(locations, surroundings.profile, server).some(({ name }) => name === volume);
    });
  const list = async (): ReturnType<Handlers['data/list']> => {
    const stored = await (await engine()).listData(dataOwnerMark(locations));
    return stored.ok ? ok({ volumes: stored.value.map((one) => ({ ...one, running: usersOf(one.volume).length > 0 })) }) : stored;
  };
  return {
    'data/list': list,
    'data/remove': async ({ volumes }) => {
      const known = await list();
      if (!known.ok) {
        return known;
      }
      const removed: string[] = [];
      for (const { volume, name, server } of known.value.volumes.filter((one) => volumes.includes(one.volume))) {
        const resting = usersOf(volume).filter(({ uses }) => uses.isIdle);
        await Promise.all(resting.map((instance) => instance.stop('its data is removed')));
        const gone = await (await engine()).removeData(volume);
        if (!gone.ok || !gone.value) {
          return gone.ok ? fail(problems.dataInUse(name, server)) : gone;
        }
        removed.push(volume);
      }
      return ok({ removed });
    },
  };
}
