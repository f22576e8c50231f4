/** Name of a policy server's key among VS Code's secrets: a key goes to the server it was given for, and to no other. */
export function policyKeyName(url: string): string {
  return `steplens.policyKey:${new URL(url).origin}`;
}
