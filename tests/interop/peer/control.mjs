// What a test can make the people of the peer do: POST /control/<verb> with a JSON document.

import { parseNodeInfo } from "@fedify/fedify/nodeinfo";
import { signRequest } from "@fedify/fedify/sig";
import {
  Announce,
  Article,
  Block,
  Create,
  Delete,
  Flag,
  Follow,
  Like,
  Move,
  Note,
  PUBLIC_COLLECTION,
  Question,
  Tombstone,
  Undo,
  Update,
} from "@fedify/vocab";
import { Account, audience, writtenObject } from "./actors.mjs";
import { json } from "./web.mjs";

const ACTIVITY_TYPE = "application/activity+json";
const KINDS = { Note, Article, Question };

export class Control {
  constructor(federation, state, witness) {
    this.federation = federation;
    this.state = state;
    this.witness = witness;
  }

  /** Does what is asked in the name of `actor` and answers when every delivery has been made. */
  async answer(request, verb) {
    const { origin, searchParams } = new URL(request.url);
    const context = this.federation.createContext(new URL(origin), {});
    if (verb === "requests") return json(this.witness.requests);
    if (verb === "sent") return json(this.witness.sent);
    if (verb === "lookup") return json(await this.lookup(context, searchParams));
    if (verb === "webfinger") return json(await context.lookupWebFinger(new URL(searchParams.get("uri"))));
    if (verb === "nodeinfo") return json(await readNodeInfo(searchParams.get("uri")));
    const wish = await request.json();
    if (verb === "join") return json({ uri: await this.join(context, wish) });
    const account = this.state.accounts.get(wish.actor);
    if (!VERBS.has(verb) || account == null) return json({ error: "no such verb or actor" }, 404);
    return json((await this[verb](context, account, wish)) ?? {});
  }

  /** What Fedify makes of a document elsewhere, fetched with a signature of `actor` when one is named. */
  async lookup(context, parameters) {
    const actor = parameters.get("actor");
    const documentLoader = actor ? await context.getDocumentLoader({ identifier: actor }) : context.documentLoader;
    const object = await context.lookupObject(new URL(parameters.get("uri")), { documentLoader });
    return object && (await object.toJsonLd({ ...context, format: "compact" }));
  }

  /** A new person; its URI. */
  async join(context, { actor, hasOnlyRsa, ...settings }) {
    this.state.accounts.set(actor, Object.assign(await Account.create(actor, hasOnlyRsa), settings));
    return context.getActorUri(actor).href;
  }

  follow(context, account, { target }) {
    return this.send(context, account, Follow, { object: new URL(target) }, [target]);
  }

  like(context, account, { object, author }) {
    return this.send(context, account, Like, { object: new URL(object) }, [author]);
  }

  announce(context, account, { object, author }) {
    const fields = { object: new URL(object), ...audience(context, account, "public", [new URL(author)]) };
    return this.send(context, account, Announce, fields, [author], true);
  }

  block(context, account, { target }) {
    return this.send(context, account, Block, { object: new URL(target) }, [target]);
  }

  flag(context, account, { target, objects, content }) {
    const reported = [target, ...(objects ?? [])].map((uri) => new URL(uri));
    return this.send(context, account, Flag, { objects: reported, content }, [target]);
  }

  /** Create of a Note, an Article or a Question; with `inReplyTo` it is a reply. */
  write(context, account, wish) {
    const kind = KINDS[wish.kind ?? "Note"];
    const id = context.getObjectUri(kind, { identifier: account.name, id: crypto.randomUUID() });
    wish.published = new Date().toISOString();
    const object = this.keep(context, account, id, wish);
    return this.send(context, account, Create, { object, ...audienceOf(object) }, wish.mentions, true);
  }

  /** Update of an object; what is not named stays as it was. */
  update(context, account, { object: uri, ...changes }) {
    const wish = Object.assign(this.state.wishes.get(uri), changes, { updated: new Date().toISOString() });
    const object = this.keep(context, account, new URL(uri), wish);
    return this.send(context, account, Update, { object, ...audienceOf(object) }, wish.mentions, true);
  }

  delete(context, account, { object: uri }) {
    const { mentions } = this.state.wishes.get(uri);
    this.state.objects.delete(uri);
    const fields = { object: new Tombstone({ id: new URL(uri) }), tos: [PUBLIC_COLLECTION] };
    return this.send(context, account, Delete, fields, mentions, true);
  }

  async profile(context, account, { displayName, summary }) {
    Object.assign(account, { displayName, summary });
    const fields = { object: await account.person(context), tos: [PUBLIC_COLLECTION] };
    return this.send(context, account, Update, fields, [], true);
  }

  undo(context, account, { activity, receiver }) {
    const object = this.state.activities.get(activity);
    return this.send(context, account, Undo, { object, ...audienceOf(object) }, [receiver]);
  }

  move(context, account, { target }) {
    account.movedTo = target;
    const fields = { object: context.getActorUri(account.name), target: new URL(target) };
    return this.send(context, account, Move, fields, [], true);
  }

  leave(context, account) {
    account.isGone = true;
    const fields = { object: context.getActorUri(account.name), tos: [PUBLIC_COLLECTION] };
    return this.send(context, account, Delete, fields, [], true);
  }

  /** Passes on what somebody else has written, as it is, to the inbox of `target`; gives the status of the answer. */
  async forward(context, account, { activity, target }) {
    const { inboxId } = await context.lookupObject(new URL(target));
    const body = JSON.stringify(activity);
    const request = new Request(inboxId, { method: "POST", headers: { "Content-Type": ACTIVITY_TYPE }, body });
    const [{ privateKey, keyId }] = await context.getActorKeyPairs(account.name);
    const { status } = await fetch(await signRequest(request, privateKey, keyId));
    return { status };
  }

  /** Settings of an account: `aliases`, `answersFollowsWith` ("Accept", "Reject" or "nothing"). */
  settings(context, account, { actor, ...changes }) {
    Object.assign(account, changes);
  }

  keep(context, account, id, wish) {
    const object = writtenObject(context, account, id, wish);
    this.state.objects.set(id.href, object);
    this.state.wishes.set(id.href, wish);
    return object;
  }

  /** Sends to the actors named, and to the followers when `andFollowers`; each server is told once. */
  async send(context, account, kind, fields, uris = [], andFollowers = false) {
    const id = new URL(`/activities/${crypto.randomUUID()}`, context.origin);
    const activity = new kind({ id, actor: context.getActorUri(account.name), ...fields });
    this.state.activities.set(id.href, activity);
    const named = await Promise.all(uris.map((uri) => context.lookupObject(new URL(uri))));
    const receivers = andFollowers ? [...account.followers.values(), ...named] : named;
    await context.sendActivity({ identifier: account.name }, receivers, activity, { preferSharedInbox: andFollowers });
    return { activity: id.href, object: activity.objectId?.href };
  }
}

const VERBS = new Set([
  "announce",
  "block",
  "delete",
  "flag",
  "follow",
  "forward",
  "leave",
  "like",
  "move",
  "profile",
  "settings",
  "undo",
  "update",
  "write",
]);

function audienceOf(object) {
  return { tos: [...object.toIds], ccs: [...object.ccIds] };
}

/** Fedify's strict reading of a server's NodeInfo. Its own client for it never visits a private address. */
async function readNodeInfo(origin) {
  const { links } = await (await fetch(new URL("/.well-known/nodeinfo", origin))).json();
  const link = links.find(({ rel }) => rel === "http://nodeinfo.diaspora.software/ns/schema/2.1");
  return parseNodeInfo(await (await fetch(link.href)).json());
}
