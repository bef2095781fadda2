// The people of the peer, what they wrote, and how both look in ActivityStreams.

import {
  Article,
  Collection,
  Endpoints,
  Image,
  Mention,
  Note,
  PUBLIC_COLLECTION,
  Person,
  PropertyValue,
  Question,
} from "@fedify/vocab";
import { Temporal } from "@js-temporal/polyfill";

const OBJECTS = { Note, Article, Question };

/** A person of the peer. `followers` maps a follower's URI to where it receives. */
export class Account {
  constructor(name, keys) {
    this.name = name;
    this.keys = keys;
    this.displayName = name;
    this.summary = "";
    this.followers = new Map();
    this.aliases = [];
    this.movedTo = null;
    this.answersFollowsWith = "Accept";
  }

  /** With an RSA key alone, which signs everything but object integrity proofs, or with an Ed25519 key as well. */
  static async create(name, hasOnlyRsa) {
    return new Account(name, hasOnlyRsa ? [await rsaKeys()] : [await rsaKeys(), await ed25519Keys()]);
  }

  async person(context) {
    const keys = await context.getActorKeyPairs(this.name);
    return new Person({
      id: context.getActorUri(this.name),
      preferredUsername: this.name,
      name: this.displayName,
      summary: this.summary,
      url: context.getActorUri(this.name),
      published: Temporal.Instant.from("2026-01-02T03:04:05Z"),
      inbox: context.getInboxUri(this.name),
      outbox: context.getOutboxUri(this.name),
      followers: context.getFollowersUri(this.name),
      following: context.getFollowingUri(this.name),
      endpoints: new Endpoints({ sharedInbox: context.getInboxUri() }),
      manuallyApprovesFollowers: this.answersFollowsWith !== "Accept",
      discoverable: true,
      indexable: true,
      attachments: [new PropertyValue({ name: "Union", value: "Dockers" })],
      icon: new Image({ url: new URL(`/avatars/${this.name}.png`, context.origin), mediaType: "image/png" }),
      aliases: this.aliases.map((uri) => new URL(uri)),
      successor: this.movedTo && new URL(this.movedTo),
      publicKey: keys[0].cryptographicKey,
      assertionMethods: keys.map((pair) => pair.multikey),
    });
  }
}

/** Builds the object of a Create or Update from what a test asked for. */
export function writtenObject(context, account, id, wish) {
  const kind = OBJECTS[wish.kind ?? "Note"];
  const mentions = (wish.mentions ?? []).map((uri) => new URL(uri));
  const copies = (wish.copiesTo ?? []).map((uri) => new URL(uri));
  const options = (wish.options ?? []).map((name) => option(name, wish.votes?.[name] ?? 0));
  return new kind({
    id,
    attribution: context.getActorUri(account.name),
    content: wish.content,
    name: wish.title,
    summary: wish.summary,
    sensitive: wish.summary != null,
    url: id,
    replyTarget: wish.inReplyTo && new URL(wish.inReplyTo),
    quoteUrl: wish.quote && new URL(wish.quote),
    published: Temporal.Instant.from(wish.published),
    updated: wish.updated && Temporal.Instant.from(wish.updated),
    tags: mentions.map((href) => new Mention({ href, name: href.href })),
    ...audience(context, account, wish.visibility ?? "public", [...mentions, ...copies]),
    ...(kind === Question && {
      [wish.multiple ? "inclusiveOptions" : "exclusiveOptions"]: options,
      endTime: Temporal.Now.instant().add({ hours: 1 }),
      voters: Object.values(wish.votes ?? {}).reduce((sum, votes) => sum + votes, 0),
    }),
  });
}

export function audience(context, account, visibility, mentions) {
  const followers = context.getFollowersUri(account.name);
  const all = {
    public: { tos: [PUBLIC_COLLECTION], ccs: [followers, ...mentions] },
    unlisted: { tos: [followers], ccs: [PUBLIC_COLLECTION, ...mentions] },
    private: { tos: [followers], ccs: mentions },
    direct: { tos: mentions },
  };
  return all[visibility];
}

function option(name, votes) {
  return new Note({ name, replies: new Collection({ totalItems: votes }) });
}

// Fedify's own function makes 4096 bits, which takes seconds.
function rsaKeys() {
  const algorithm = { name: "RSASSA-PKCS1-v1_5", modulusLength: 2048, publicExponent: new Uint8Array([1, 0, 1]) };
  return crypto.subtle.generateKey({ ...algorithm, hash: "SHA-256" }, true, ["sign", "verify"]);
}

function ed25519Keys() {
  return crypto.subtle.generateKey("Ed25519", true, ["sign", "verify"]);
}
