import { createCatalog } from './catalog/create.ts';
import { listCatalogs } from './catalog/list.ts';
import { pullCatalogs } from './catalog/pull.ts';
import { pushCatalog } from './catalog/push.ts';
import { searchCatalogs } from './catalog/search.ts';
import { addServersTo, inspectServer, listServers, removeServersFrom } from './catalog/servers.ts';
import { showCatalog } from './catalog/show.ts';
import { removeCatalog, tagCatalog } from './catalog/tagRemove.ts';

/* The entry of a bundle of its own: see esbuild.mjs. */
export {
  addServersTo,
  createCatalog,
  inspectServer,
  listCatalogs,
  listServers,
  pullCatalogs,
  pushCatalog,
  removeCatalog,
  removeServersFrom,
  searchCatalogs,
  showCatalog,
  tagCatalog,
};
