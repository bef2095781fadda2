// Stands between the network and Fedify and writes down what comes in and how it was signed.

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
    const context = this.federation.createContext(new URL(request.url), {});
    const loaders = { documentLoader: context.documentLoader, contextLoader: context.contextLoader };
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

function generationOf(request) {
  if (request.headers.has("Signature-Input")) return RFC9421;
  return request.headers.has("Signature") ? CAVAGE : null;
}
