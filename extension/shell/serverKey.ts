/** Name of a server's key among VS Code's secrets: a key goes to the server it was given for, and to no other. */
export function serverKeyName(url: string): string {
  return `steplens.serverKey:${new URL(url).origin}`;
}
