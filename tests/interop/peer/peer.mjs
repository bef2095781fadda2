// An ActivityPub server made with Fedify, driven by the tests through /control.
//
//   node peer.mjs '{"firstKnock": "rfc9421", "refuses": "draft-cavage", "refusesOnly": "POST"}'
//
// `firstKnock` is the signature generation it tries first, in Fedify's words; `refuses` the one it answers with 401,
// `refusesOnly` the method for which it does so. It listens on a free port of 127.0.0.1, and the first line it prints is {"port": ...}.

import { json, serve } from "./web.mjs";
import { Control } from "./control.mjs";
import { createPeer } from "./federation.mjs";
import { Witness } from "./witness.mjs";

const { firstKnock, refuses, refusesOnly } = JSON.parse(process.argv[2]);
const state = { accounts: new Map(), objects: new Map(), wishes: new Map(), activities: new Map() };
const federation = createPeer(state, { firstKnock });
const witness = new Witness(federation, { refuses, refusesOnly });
const control = new Control(federation, state, witness);

const port = await serve((request) => {
  const { pathname } = new URL(request.url);
  if (pathname.startsWith("/control/")) return control.answer(request, pathname.slice("/control/".length));
  return witness.pass(request);
});
console.log(JSON.stringify({ port }));
