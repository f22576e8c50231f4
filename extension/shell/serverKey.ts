/** Returns the name of a server's key in VS Code's secrets. A key is sent only to the server it was given for. */
export function serverKeyName(url: string): string {
  return `steplens.serverKey:${new URL(url).origin}`;
}
