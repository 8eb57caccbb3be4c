/** `readme.txt` of a pack: for whoever has nothing of ours. docs/audit.md says the same at length. */

/** By hand: what is signed is DSSE's own spelling of the statement. A test runs these very lines. @internal */
export const byHand = `sed 's/.*"payload":"\\([^"]*\\)".*/\\1/' pack.dsse.json | base64 -d > /tmp/statement.json
sed 's/.*"sig":"\\([^"]*\\)".*/\\1/' pack.dsse.json | base64 -d > /tmp/signature
{ printf 'DSSEv1 28 application/vnd.in-toto+json %d ' "$(wc -c < /tmp/statement.json)"; cat /tmp/statement.json; } > /tmp/signed
openssl pkeyutl -verify -pubin -inkey public-key.pem -rawin -in /tmp/signed -sigfile /tmp/signature
grep -o '"digest":{"sha256":"[0-9a-f]*"},"name":"[^":]*"' /tmp/statement.json |
  sed 's/.*"sha256":"\\([0-9a-f]*\\)"},"name":"\\(.*\\)"/\\1  \\2/' | sha256sum -c --strict`;

export const howToVerify = (model: string, version: string): string => `Audit pack of version ${version} of ${model}

pack.dsse.json is a DSSE envelope around an in-toto Statement v1: it lists every other file of this folder by
SHA-256, and is signed with Ed25519. Nothing else may lie here. public-key.pem is the key that it says it was
signed with: ask whoever gave you this pack, by another way, whether it is theirs.

With Ratchet:   ratchet model audit . --verify --key trusted.pem

Without, in this folder:

${byHand}

events.jsonl is what happened, a line an event; "before" is the SHA-256 of the line before, without its line feed.
`;
