/**
 * The name of a service that is exported as `identifier`: `persistMount` is
 * `persist-mount`, `tty1` stays `tty1`, `HTTPServer` is `http-server`.
 */
export function serviceName(identifier: string): string {
  return identifier
    .replace(/([a-z0-9])([A-Z])/g, "$1-$2")
    .replace(/([A-Z]+)([A-Z][a-z])/g, "$1-$2")
    .replace(/[_$]+/g, "-")
    .replace(/^-|-$/g, "")
    .toLowerCase();
}
