// What Fedify serves for the peer: actors, objects, collections and inboxes.

import { MemoryKvStore, createFederation } from "@fedify/fedify";
import {
  Accept,
  Activity,
  Article,
  Create,
  Follow,
  Note,
  Question,
  Reject,
  Tombstone,
  Undo,
} from "@fedify/vocab";

/** `state` is { accounts, objects }; a listener marks what has reached it in the context's `data`. */
export function createPeer(state, { firstKnock }) {
  // Without a queue Fedify delivers and handles at once, and tells the caller what failed.
  const federation = createFederation({ kv: new MemoryKvStore(), allowPrivateAddress: true, firstKnock });
  serveActors(federation, state);
  serveObjects(federation, state);
  listen(federation, state);
  return federation;
}

function serveActors(federation, state) {
  federation
    .setActorDispatcher("/users/{identifier}", (context, name) => personOf(state, context, name))
    .setKeyPairsDispatcher((_, name) => state.accounts.get(name)?.keys ?? []);
  federation
    .setFollowersDispatcher("/users/{identifier}/followers", (_, name) => ({
      items: [...state.accounts.get(name).followers.values()],
    }))
    .setCounter((_, name) => state.accounts.get(name).followers.size);
  federation.setFollowingDispatcher("/users/{identifier}/following", () => ({ items: [] })).setCounter(() => 0);
  federation.setOutboxDispatcher("/users/{identifier}/outbox", () => ({ items: [] })).setCounter(() => 0);
  federation.setNodeInfoDispatcher("/nodeinfo/2.1", () => ({
    software: { name: "interop-peer", version: { major: 1, minor: 0, patch: 0 } },
    protocols: ["activitypub"],
    usage: { users: { total: state.accounts.size }, localPosts: state.objects.size, localComments: 0 },
  }));
}

function personOf(state, context, name) {
  const account = state.accounts.get(name);
  if (account == null) return null;
  return account.isGone ? new Tombstone({ id: context.getActorUri(name) }) : account.person(context);
}

function serveObjects(federation, state) {
  for (const kind of [Note, Article, Question]) {
    const path = `/users/{identifier}/${kind.name.toLowerCase()}s/{id}`;
    federation.setObjectDispatcher(kind, path, (context, values) => {
      const object = state.objects.get(context.getObjectUri(kind, values).href);
      return object instanceof kind ? object : null;
    });
  }
}

function listen(federation, state) {
  federation
    .setInboxListeners("/users/{identifier}/inbox", "/inbox")
    .on(Follow, async (context, follow) => {
      context.data.reachedListener = true;
      await answerFollow(state, context, follow);
    })
    .on(Undo, async (context, undo) => {
      context.data.reachedListener = true;
      const undone = await undo.getObject();
      const name = undone instanceof Follow ? context.parseUri(undone.objectId)?.identifier : undefined;
      state.accounts.get(name)?.followers.delete(undo.actorId.href);
    })
    .on(Create, async (context, create) => {
      context.data.reachedListener = true;
      await countVote(state, await create.getObject());
    })
    .on(Activity, (context) => {
      context.data.reachedListener = true;
    });
}

async function answerFollow(state, context, follow) {
  const name = context.parseUri(follow.objectId)?.identifier;
  const account = state.accounts.get(name);
  if (account == null || account.answersFollowsWith === "nothing") return;
  const answer = account.answersFollowsWith === "Accept" ? Accept : Reject;
  const follower = await follow.getActor(context);
  if (answer === Accept) account.followers.set(follower.id.href, follower);
  const id = new URL(`/activities/${crypto.randomUUID()}`, context.origin);
  const activity = new answer({ id, actor: follow.objectId, object: follow });
  await context.sendActivity({ identifier: name }, follower, activity);
}

/** A vote is a Note with a name and no text, in reply to a Question of ours. */
async function countVote(state, vote) {
  const wish = state.wishes.get(vote?.replyTargetId?.href);
  const name = vote?.name?.toString();
  if (wish?.options?.includes(name)) wish.votes = { ...wish.votes, [name]: (wish.votes?.[name] ?? 0) + 1 };
}
