// Stands between the network and Fedify and writes down what comes in and goes out, and how it was signed.

import { getDocumentLoader } from "@fedify/fedify/runtime";
import { detachSignature, verifyJsonLd, verifyObject, verifyRequest } from "@fedify/fedify/sig";
import { Activity } from "@fedify/vocab";

const CAVAGE = "draft-cavage";
const RFC9421 = "rfc9421";

export class Witness {
  constructor(federation, { refuses, refusesOnly }) {
    this.federation = federation;
    this.refuses = refuses;
    this.refusesOnly = refusesOnly;
    this.requests = [];
    this.sent = [];
    // Fedify's own loader keeps documents for minutes; this one sees at once what has changed.
    this.documentLoader = getDocumentLoader({ allowPrivateAddress: true });
    this.keys = new KnownKeys();
    this.watchFetch();
  }

  /** Writes down what Fedify sends, for it knocks again in the other generation without a word. */
  watchFetch() {
    const { fetch } = globalThis;
    globalThis.fetch = async (input, options) => {
      const request = input instanceof Request ? input : new Request(input, options);
      const { method, url } = request;
      const entry = { method, url, generation: generationOf(request) };
      this.sent.push(entry);
      const response = await fetch(input, options);
      entry.status = response.status;
      return response;
    };
  }

  /** Lets Fedify answer, unless the request is signed in the generation that is refused. */
  async pass(request) {
    const entry = { method: request.method, path: new URL(request.url).pathname, generation: generationOf(request) };
    this.requests.push(entry);
    if (this.isRefused(entry)) {
      entry.status = 401;
      return new Response("This generation of signatures is not understood here.", { status: 401 });
    }
    if (request.method === "POST") await this.examine(request.clone(), entry);
    const contextData = {};
    const response = await this.federation.fetch(request, { contextData });
    entry.status = response.status;
    entry.reachedListener = contextData.reachedListener === true;
    return response;
  }

  isRefused({ method, generation }) {
    return generation !== null && generation === this.refuses && (this.refusesOnly ?? method) === method;
  }

  /** Fedify is content with one proof of origin; here each kind is verified by itself. */
  async examine(request, entry) {
    const { contextLoader } = this.federation.createContext(new URL(request.url), {});
    const loaders = { documentLoader: this.documentLoader, contextLoader, keyCache: this.keys };
    entry.activity = await request.clone().json();
    const key = await verifyRequest(request, loaders);
    entry.keyId = key?.id?.href ?? null;
    entry.keyOwner = key?.ownerId?.href ?? null;
    entry.hasProof = entry.activity.proof != null;
    // The proof is made before the Linked Data signature is added.
    const proven = detachSignature(entry.activity);
    entry.isProofValid = entry.hasProof && (await verifyObject(Activity, proven, loaders)) !== null;
    entry.hasLinkedDataSignature = entry.activity.signature != null;
    entry.isLinkedDataSignatureValid = entry.hasLinkedDataSignature && (await verifyJsonLd(entry.activity, loaders));
  }
}

/** Keys seen before: with them the last words of an actor that is gone can be verified. */
class KnownKeys {
  keys = new Map();

  async get(id) {
    return this.keys.get(id.href);
  }

  async set(id, key) {
    if (key !== null) this.keys.set(id.href, key);
  }
}

function generationOf(request) {
  if (request.headers.has("Signature-Input")) return RFC9421;
  return request.headers.has("Signature") ? CAVAGE : null;
}
